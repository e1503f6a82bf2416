using System.Runtime.CompilerServices;
using Parley.Agents;
using Parley.Runs;

namespace Parley.Protocols.Recordings;

/// <summary>Answers with what was recorded.</summary>
public sealed class ReplayAgent : IAgent
{
    private readonly Recording _recording;
    private readonly ReplayOptions _options;
    private readonly TimeProvider _time;
    private readonly ReplayChoice _choice;

    /// <param name="recording">The recording.</param>
    /// <param name="options">How to play it.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">There is nothing in it that can be played.</exception>
    public ReplayAgent(Recording recording, ReplayOptions options, TimeProvider time)
    {
        (_recording, _options, _time) = (recording, options, time);
        if (recording.IsBare && options.Match == ReplayMatch.Text) throw new ArgumentException("a bare stream has no request whose text could be matched");

        // What else a client asked, such as a list of models, is no answer of an agent.
        var playable = recording.Exchanges.Where(exchange => exchange.Status != 0 && (exchange.Protocol is not null || recording.IsBare && options.Format is not null)).ToList();
        if (playable.Count == 0) throw new ArgumentException(recording.IsBare ? "the protocol cannot be told from the stream: name it" : "it has no exchange that an agent could answer with");
        _choice = new ReplayChoice(playable, options);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var exchange = _choice.For(request);
        using var player = new ReplayPlayer(_options.Format ?? StreamFormat.Of(exchange.Protocol!.Value));
        using var entries = _recording.Answer(exchange).GetEnumerator();
        var begun = _time.GetTimestamp();
        var events = new List<RunEvent>();
        while (!player.HasEnded)
        {
            var entry = Next(entries);
            if (_options.Pace is null && entry is not null) await WaitAsync(TimeSpan.FromMilliseconds(entry.Milliseconds) - _time.GetElapsedTime(begun), cancellationToken);
            player.Take(entry);
            while (player.TryPlay(events))
            {
                var said = events.Count > 0;
                foreach (var @event in events) yield return @event;
                events.Clear();
                if (said && !player.HasEnded && _options.Pace is { } pace) await WaitAsync(pace, cancellationToken);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    private static RecordingEntry? Next(IEnumerator<RecordingEntry> entries)
    {
        try
        {
            return entries.MoveNext() ? entries.Current : null;
        }
        catch (Exception e) when (e is RecordingException or IOException or UnauthorizedAccessException)
        {
            throw new RunException(new RunError(ErrorSide.Agent, ErrorCause.Unavailable, "The recording cannot be read any more.", true, "replay_unreadable"), e);
        }
    }

    private Task WaitAsync(TimeSpan time, CancellationToken cancellationToken)
        => time > TimeSpan.Zero ? Task.Delay(time, _time, cancellationToken) : Task.CompletedTask;
}
