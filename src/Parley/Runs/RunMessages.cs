using System.Buffers;
using Parley.Conversations;

namespace Parley.Runs;

/// <summary>A run's output as messages, and back.</summary>
internal static class RunMessages
{
    /// <summary>The messages that a run's items make.</summary>
    public static List<Message> Of(Run run, RunState state, DateTimeOffset at) =>
    [
        .. state.Items.Select(item => new Message
        {
            Id = item.Id,
            Conversation = run.Conversation,
            Section = run.Section,
            Run = run.Id,
            Ordinal = item.Ordinal,
            Head = item.Head,
            Content = item.ToContent(),
            Status = item.Status,
            Leftover = item.Leftover,
            SourceId = item.SourceId,
            CreatedAt = item.StartedAt,
            UpdatedAt = item.EndedAt ?? at,
        }),
    ];

    /// <summary>The events of a run whose log has expired, as its messages tell them: the same items and texts, without their pieces.</summary>
    public static RunSegment ToSegment(Run run, IReadOnlyList<Message> messages)
    {
        var events = new ArrayBufferWriter<byte>();
        var count = 0L;
        void Add(RunEvent @event, DateTimeOffset at) => EventCodec.Encode(new Logged(count++, at, @event), events);

        // A failure stands alone only where nothing was said before it.
        if (run.End is not RunFailed || messages.Count > 0) Add(new RunStarted(Upstream: run.Upstream), run.CreatedAt);
        var item = 0;
        foreach (var message in messages)
        {
            Add(new ItemStarted(item, message.Head, message.Id, SourceId: message.SourceId) { Leftover = message.Leftover }, message.CreatedAt);
            for (var part = 0; part < message.Content.Count; part++)
            {
                var content = message.Content[part];
                Add(new PartStarted(item, part, content.Kind, content.Media, content.Data), message.CreatedAt);
                if (content.Text.Length > 0)
                    foreach (var delta in DeltaPieces.Of(new PartDelta(item, part, content.Text))) Add(delta, message.CreatedAt);
                foreach (var note in content.Notes) Add(new PartAnnotated(item, part, note), message.CreatedAt);
                Add(new PartCompleted(item, part), message.CreatedAt);
            }

            if (message.Status is { } status) Add(new ItemCompleted(item, status), message.UpdatedAt);
            item++;
        }

        if (run.End is not null) Add(run.End, run.EndedAt ?? run.CreatedAt);
        return new RunSegment(run.Id, 0, count - 1, EventCodec.Format, events.WrittenMemory);
    }
}
