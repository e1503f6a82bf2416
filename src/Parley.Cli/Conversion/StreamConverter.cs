using System.Buffers;
using Parley.Conversations;
using Parley.Protocols;
using Parley.Protocols.Sse;
using Parley.Protocols.Upstream;
using Parley.Runs;

namespace Parley.Cli.Conversion;

/// <summary>
/// Converts a recorded stream while it is read: no more is in memory than one frame and what the writer must repeat, the texts of the answer.
/// The same input gives the same output: ids and times come from a clock that stands still.
/// </summary>
internal sealed class StreamConverter
{
    private const int FlushBytes = 64 * 1024;

    // Ids carry the second at which they were minted: this one, and never another.
    private static readonly DateTimeOffset Time = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly FrameReader _reader;
    private readonly BodyReader? _readBody;
    private readonly Func<Run, FrameWriter> _newWriter;
    private readonly Run _run;
    private readonly RunLog _log;
    private readonly RunAppender _appender;
    private readonly RunLogReader _written;
    private readonly List<RunEvent> _events = [];
    private FrameWriter? _writer;

    public StreamConverter(StreamFormat from, StreamFormat to)
    {
        var time = new StandingClock(Time);
        var ids = new IdSource(time);
        var conversation = ids.Next();
        var id = ids.Next();
        _run = new Run
        {
            Id = id,
            Chat = id,
            Owner = "local",
            Conversation = conversation,
            Section = conversation,
            Agent = new AgentRef("converted"),
            Status = RunStatus.Running,
            Dialect = to.Protocol,
            Request = ModelRequest.Empty,
            CreatedAt = Time,
        };
        (_reader, _readBody, _newWriter) = (from.NewReader(), from.ReadBody, run => to.NewWriter(run, from.Protocol == to.Protocol));
        _log = new RunLog(id, strict: false);
        _appender = new RunAppender(_run, _log.Append, ids, time);
        _written = new RunLogReader(_log, new MemoryStore(), () => { });
    }

    /// <summary>Converts all of the input. The result is what was wrong with the input, or null if it was a whole stream.</summary>
    public async Task<RunError?> ConvertAsync(Stream input, Stream output, CancellationToken cancellationToken)
    {
        var into = new ArrayBufferWriter<byte>(4096);
        using var framer = new SseFramer(isCopied: true);
        bool? isBody = null;
        while (!_appender.HasEnded)
        {
            var count = await input.ReadAsync(framer.GetMemory(), cancellationToken);
            if (count == 0) framer.Complete();
            else framer.Advance(count);
            isBody ??= framer.BeginsAsJson;
            if (isBody == false) ReadFrames(framer, into);
            if (count == 0)
            {
                // Not a stream but one JSON text: an error, or an answer that was not streamed.
                if (isBody == true) ReadBody(framer.Unread);
                else _reader.End(_events);
                Write(into);
                break;
            }

            if (into.WrittenCount >= FlushBytes) await FlushAsync(into, output, cancellationToken);
        }

        await FlushAsync(into, output, cancellationToken);
        await output.FlushAsync(cancellationToken);

        // A failure that the peer told of is a part of the stream; one that the reader found is ours to tell.
        return _appender.State.End is RunFailed { Error: { Side: ErrorSide.Agent, Cause: ErrorCause.Malformed } error } ? error : null;
    }

    private void ReadBody(ReadOnlySpan<byte> body)
    {
        if (_readBody is not null)
        {
            _readBody(body, _events);
            return;
        }

        _reader.Read(new SseFrame(default, body.StartsWith("\uFEFF"u8) ? body[3..] : body), _events);
        _reader.End(_events);
    }

    private void ReadFrames(SseFramer framer, ArrayBufferWriter<byte> into)
    {
        while (!_appender.HasEnded && framer.TryRead(out var frame))
        {
            _reader.Read(frame, _events);
            Write(into);
        }
    }

    private void Write(ArrayBufferWriter<byte> into)
    {
        foreach (var @event in _events) _appender.Accept(@event);
        _events.Clear();

        // Nothing is stored here, so nothing need wait for it; and what is said to be durable may leave the memory.
        _log.MadeDurable(_log.Count);
        while (_written.TryRead(out var logged))
        {
            _writer ??= _newWriter(HeaderOf(logged.Event));
            _writer.Write(logged, into);
        }
    }

    // The first event says which model spoke and what the peer called the run, where the input does.
    private Run HeaderOf(RunEvent first)
        => first is RunStarted started ? _run with { Agent = new AgentRef(started.Model ?? _run.Agent.Name), Upstream = started.Upstream } : _run;

    private static async Task FlushAsync(ArrayBufferWriter<byte> from, Stream output, CancellationToken cancellationToken)
    {
        await output.WriteAsync(from.WrittenMemory, cancellationToken);
        from.ResetWrittenCount();
    }

    private sealed class StandingClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
