using System.Buffers;
using Parley.Conversations;
using Parley.Protocols;
using Parley.Protocols.Json;
using Parley.Protocols.Recordings;
using Parley.Protocols.Sse;
using Parley.Runs;

namespace Parley.Cli.Conversion;

/// <summary>
/// Converts an answer while it is read: no more is in memory than one frame. Long texts that a writer repeats are kept in a file of their own meanwhile.
/// The same input gives the same output: ids and times come from a clock that stands still. Used for one answer.
/// </summary>
internal sealed class StreamConverter : IDisposable
{
    private const int FlushBytes = 64 * 1024;
    private const int KeptCharacters = 64 * 1024;

    // Ids carry the second at which they were minted: this one, and never another.
    private static readonly DateTimeOffset Time = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ReplayPlayer _player;
    private readonly StreamFormat _to;
    private readonly bool _keepsIds;
    private readonly bool _isWhole;
    private readonly RunLog _log;
    private readonly RunAppender _appender;
    private readonly RunLogReader _written;
    private readonly List<RunEvent> _events = [];
    private readonly ArrayBufferWriter<byte> _output = new(4096);
    private readonly ArrayBufferWriter<byte> _marked = new(4096);
    private readonly TextSpool _texts = new();
    private Run _run;
    private FrameWriter? _writer;

    /// <param name="from">What is read.</param>
    /// <param name="to">What is written.</param>
    /// <param name="isWhole">Writes the answer whole, as a client gets it that asked for no stream; <paramref name="to"/> must have such.</param>
    public StreamConverter(StreamFormat from, StreamFormat to, bool isWhole = false)
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
        (_player, _to, _keepsIds, _isWhole) = (new ReplayPlayer(from), to, from.Protocol == to.Protocol, isWhole);
        _log = new RunLog(id, strict: false);
        var state = new RunState();
        state.Limit(KeptCharacters);
        _appender = new RunAppender(_run, _log.Append, ids, time, state);
        _written = new RunLogReader(_log, new MemoryStore(), () => { });
    }

    /// <summary>The answer has ended: nothing more is taken.</summary>
    public bool IsOver { get; private set; }

    /// <summary>What was wrong with the answer, once it has ended; null if it was whole.</summary>
    public RunError? Problem { get; private set; }

    /// <summary>Takes what came next; what it means is given to <paramref name="output"/> in pieces.</summary>
    public async ValueTask TakeAsync(RecordingEntry? entry, Func<ReadOnlyMemory<byte>, ValueTask> output)
    {
        if (IsOver) return;
        try
        {
            _player.Take(entry);
            while (_player.TryPlay(_events))
            {
                await WriteAsync(output);
                if (_output.WrittenCount >= FlushBytes) await FlushAsync(output);
            }
        }
        catch (Exception e) when (e is InvalidDataException or RunException)
        {
            // What is written then breaks off too, but by its own rules.
            Problem = new RunError(ErrorSide.Agent, ErrorCause.Malformed, e.Message, true);
            _events.Clear();
            _events.Add(new RunFailed(Problem));
            await WriteAsync(output);
            IsOver = true;
        }

        if (_player.HasEnded || IsOver) await ConcludeAsync(output);
        if (_output.WrittenCount > 0) await FlushAsync(output);
    }

    public void Dispose()
    {
        _player.Dispose();
        _texts.Dispose();
    }

    private async ValueTask ConcludeAsync(Func<ReadOnlyMemory<byte>, ValueTask> output)
    {
        IsOver = true;

        // A failure that the peer told of is a part of the answer; one that the reader found is ours to tell.
        if (_appender.State.End is RunFailed { Error: { Side: ErrorSide.Agent } error } && (error.Cause == ErrorCause.Malformed || error.Code == ReplayPlayer.Broken)) Problem ??= error;
        if (!_isWhole) return;
        _marked.ResetWrittenCount();
        _to.WriteBody!(_run, _appender.State, _keepsIds, _marked);
        await CompleteAsync(_appender.State.Left, _to.NewWriter(_run, _keepsIds).Escaping, output);
    }

    private async ValueTask WriteAsync(Func<ReadOnlyMemory<byte>, ValueTask> output)
    {
        foreach (var @event in _events)
        {
            _appender.Accept(@event);
            await DrainAsync(output);
        }

        _events.Clear();
    }

    private async ValueTask DrainAsync(Func<ReadOnlyMemory<byte>, ValueTask> output)
    {
        // Nothing is stored here, so nothing need wait for it; and what is said to be durable may leave the memory.
        _log.MadeDurable(_log.Count);
        while (_written.TryRead(out var logged))
        {
            // The first event says which model spoke and what the peer called the run, where the input does.
            if (logged.Event is RunStarted started) _run = _run with { Agent = new AgentRef(started.Model ?? _run.Agent.Name), Upstream = started.Upstream };
            if (!_isWhole) _writer ??= NewWriter();
            if (_isWhole || _writer!.State is not null) _texts.Add(logged.Event);
            if (_isWhole) continue;
            if (logged.Event is PartDelta || _writer!.State is not { } state)
            {
                _writer!.Write(logged, _output);
                if (_output.WrittenCount >= FlushBytes) await FlushAsync(output);
                continue;
            }

            _marked.ResetWrittenCount();
            _writer.Write(logged, _marked);
            await CompleteAsync(state.Left, _writer.Escaping, output);
        }
    }

    private FrameWriter NewWriter()
    {
        var writer = _to.NewWriter(_run, _keepsIds);
        writer.State?.Limit(KeptCharacters);
        return writer;
    }

    // Puts the texts where their marks stand.
    private async ValueTask CompleteAsync(IReadOnlyList<LeftText> left, JsonEscaping escaping, Func<ReadOnlyMemory<byte>, ValueTask> output)
    {
        await foreach (var piece in LongFrames.ReadAsync(_marked.WrittenMemory, left, escaping, text => _texts.ReadAsync(text.Item, text.Part)))
        {
            _output.Write(piece.Span);
            if (_output.WrittenCount >= FlushBytes) await FlushAsync(output);
        }
    }

    private async ValueTask FlushAsync(Func<ReadOnlyMemory<byte>, ValueTask> output)
    {
        await output(_output.WrittenMemory);
        _output.ResetWrittenCount();
    }

    private sealed class StandingClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
