using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Parley.Protocols.ChatCompletions;
using Parley.Protocols.Coze;
using Parley.Protocols.Responses;
using Parley.Protocols.Sse;
using Parley.Protocols.Tongyi;

namespace Parley.Benchmarks;

/// <summary>Run events to bytes of a stream, per delta; beside it by hand, and as one would with a serializer.</summary>
[MemoryDiagnoser]
public class WriteBenchmarks
{
    private readonly ArrayBufferWriter<byte> _buffer = new(256 << 10);

    /// <summary>By hand: constants around the escaped text, and nothing kept for the end.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Streams.Deltas)]
    public int CozeByHand()
    {
        _buffer.ResetWrittenCount();
        foreach (var text in Streams.Texts)
        {
            _buffer.Write("event:conversation.message.delta\ndata:{\"id\":\"7710237672458944536\",\"conversation_id\":\"7710237672458944512\",\"bot_id\":\"bench\",\"role\":\"assistant\",\"type\":\"answer\",\"content\":\""u8);
            _buffer.Write(JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes);
            _buffer.Write("\",\"content_type\":\"text\",\"chat_id\":\"7710237672458944520\",\"section_id\":\"7710237672458944512\"}\n\n"u8);
        }

        return _buffer.WrittenCount;
    }

    /// <summary>Parley's room.</summary>
    [Benchmark(OperationsPerInvoke = Streams.Deltas)]
    public int CozeByParley() => Write(new CozeStreamWriter(Streams.Header(Protocol.Coze)));

    /// <summary>Parley's room of Chat Completions.</summary>
    [Benchmark(OperationsPerInvoke = Streams.Deltas)]
    public int ChatByParley() => Write(new ChatCompletionsWriter(Streams.Header(Protocol.ChatCompletions)));

    /// <summary>Parley's room of Responses.</summary>
    [Benchmark(OperationsPerInvoke = Streams.Deltas)]
    public int ResponsesByParley() => Write(new ResponsesStreamWriter(Streams.Header(Protocol.Responses)));

    /// <summary>Parley's room of Tongyi.</summary>
    [Benchmark(OperationsPerInvoke = Streams.Deltas)]
    public int TongyiByParley() => Write(new TongyiStreamWriter(Streams.Header(Protocol.Tongyi)));

    /// <summary>The same for a client that takes the whole text in every frame.</summary>
    [Benchmark(OperationsPerInvoke = Streams.Deltas)]
    public int TongyiCumulativeByParley() => Write(new TongyiStreamWriter(Streams.Cumulative));

    /// <summary>An object per event, a string per object.</summary>
    [Benchmark(OperationsPerInvoke = Streams.Deltas)]
    public int CozeBySerializer()
    {
        _buffer.ResetWrittenCount();
        foreach (var text in Streams.Texts)
        {
            var json = JsonSerializer.Serialize(new
            {
                id = "7710237672458944536",
                conversation_id = "7710237672458944512",
                bot_id = "bench",
                role = "assistant",
                type = "answer",
                content = text,
                content_type = "text",
                chat_id = "7710237672458944520",
                section_id = "7710237672458944512",
            });
            _buffer.Write(System.Text.Encoding.UTF8.GetBytes($"event:conversation.message.delta\ndata:{json}\n\n"));
        }

        return _buffer.WrittenCount;
    }

    private int Write(FrameWriter writer)
    {
        _buffer.ResetWrittenCount();
        foreach (var logged in Streams.Events) writer.Write(logged, _buffer);
        return _buffer.WrittenCount;
    }
}
