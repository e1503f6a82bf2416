using System.Buffers;
using BenchmarkDotNet.Attributes;
using Parley.Protocols;
using Parley.Protocols.Sse;
using Parley.Runs;

namespace Parley.Benchmarks;

/// <summary>What it costs to check a stream while it is written, per delta.</summary>
[MemoryDiagnoser]
public class GuardBenchmarks
{
    private readonly ArrayBufferWriter<byte> _client = new(256 << 10);
    private readonly ArrayBufferWriter<byte> _event = new(512);
    private StreamFormat _format = StreamFormat.Of(Protocol.Coze);

    /// <summary>The protocol of the stream.</summary>
    [Params("coze", "chat-completions")]
    public string Stream
    {
        get => _format.Protocol.Name;
        set => _format = StreamFormat.Of(value);
    }

    /// <summary>A stream that is not checked.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Streams.Deltas)]
    public Violation? Off() => Write(null, null);

    /// <summary>Its events are.</summary>
    [Benchmark(OperationsPerInvoke = Streams.Deltas)]
    public Violation? Events() => Write(new RunGuard(), null);

    /// <summary>Its events and its bytes are, as in the server.</summary>
    [Benchmark(OperationsPerInvoke = Streams.Deltas)]
    public Violation? EventsAndBytes() => Write(new RunGuard(), new WireGuard(_format));

    private Violation? Write(RunGuard? events, WireGuard? bytes)
    {
        _client.ResetWrittenCount();
        FrameWriter writer = _format.NewWriter(Streams.Header(_format.Protocol), false);
        foreach (var logged in Streams.Events)
        {
            if (bytes is null)
            {
                writer.Write(logged, _client);
            }
            else
            {
                _event.ResetWrittenCount();
                writer.Write(logged, _event);
                _client.Write(_event.WrittenSpan);
                bytes.Check(_event.WrittenSpan);
            }

            events?.Check(logged);
        }

        events?.End([]);
        bytes?.End([]);
        var broken = events?.Broken ?? bytes?.Broken;
        return broken is null ? null : throw new InvalidOperationException(broken.ToString());
    }
}
