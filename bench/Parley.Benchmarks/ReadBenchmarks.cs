using System.Text;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Parley.Protocols.ChatCompletions;
using Parley.Protocols.Coze;
using Parley.Protocols.Responses;
using Parley.Protocols.Sse;
using Parley.Protocols.Tongyi;
using Parley.Runs;

namespace Parley.Benchmarks;

/// <summary>Bytes of a stream to run events, per delta; beside it by hand, and as one would with a serializer.</summary>
[MemoryDiagnoser]
public class ReadBenchmarks
{
    private readonly List<RunEvent> _events = [];

    /// <summary>By hand: cut lines, find the one member, unescape it. It notices nothing else.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Streams.Deltas)]
    public int ChatByHand()
    {
        var rest = Streams.Chat.AsSpan();
        var length = 0;
        while (rest.IndexOf("\n\n"u8) is var end and >= 0)
        {
            var line = rest[..end];
            rest = rest[(end + 2)..];
            var at = line.IndexOf("\"content\":"u8);
            if (at < 0) continue;
            var reader = new Utf8JsonReader(line[(at + 10)..], isFinalBlock: false, default);
            if (reader.Read() && reader.TokenType == JsonTokenType.String) length += new PartDelta(0, 0, reader.GetString()!).Text.Length;
        }

        return length;
    }

    /// <summary>Parley's room.</summary>
    [Benchmark(OperationsPerInvoke = Streams.Deltas)]
    public int ChatByParley() => Read(Streams.Chat, new ChatCompletionsReader());

    /// <summary>Parley's room of Coze.</summary>
    [Benchmark(OperationsPerInvoke = Streams.Deltas)]
    public int CozeByParley() => Read(Streams.Coze, new CozeStreamReader());

    /// <summary>Parley's room of Responses.</summary>
    [Benchmark(OperationsPerInvoke = Streams.Deltas)]
    public int ResponsesByParley() => Read(Streams.Responses, new ResponsesStreamReader());

    /// <summary>Parley's room of Tongyi.</summary>
    [Benchmark(OperationsPerInvoke = Streams.Deltas)]
    public int TongyiByParley() => Read(Streams.Tongyi, new TongyiStreamReader());

    /// <summary>The same where the peer repeats the whole text.</summary>
    [Benchmark(OperationsPerInvoke = Streams.Deltas)]
    public int TongyiCumulativeByParley() => Read(Streams.TongyiCumulative, new TongyiStreamReader());

    /// <summary>A string per line, a document per event.</summary>
    [Benchmark(OperationsPerInvoke = Streams.Deltas)]
    public int ChatByDocument()
    {
        var length = 0;
        foreach (var line in Encoding.UTF8.GetString(Streams.Chat).Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            if (line == "data: [DONE]") break;
            using var document = JsonDocument.Parse(line["data: ".Length..]);
            if (document.RootElement.GetProperty("choices").EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } choice
                && choice.GetProperty("delta").TryGetProperty("content", out var content))
                length += new PartDelta(0, 0, content.GetString() ?? "").Text.Length;
        }

        return length;
    }

    private int Read(byte[] stream, FrameReader reader)
    {
        using var framer = new SseFramer();
        _events.Clear();
        for (var at = 0; at < stream.Length; at += 16384)
        {
            framer.Append(stream.AsSpan(at, Math.Min(16384, stream.Length - at)));
            while (framer.TryRead(out var frame)) reader.Read(frame, _events);
        }

        reader.End(_events);
        return _events.Count;
    }
}
