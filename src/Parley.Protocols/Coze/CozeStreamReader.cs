using System.Text;
using System.Text.Json;
using Parley.Protocols.Sse;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>
/// Reads a Coze stream of <c>/v3/chat</c>, <c>submit_tool_outputs</c> or <c>/v1/workflows/chat</c>, in either framing, as the cloud, its
/// open-source server and its imitators send them.
/// </summary>
public sealed class CozeStreamReader : FrameReader
{
    private static readonly string[] ChatMembers =
        ["status", "usage", "last_error", "created_at", "completed_at", "failed_at", "required_action", "meta_data", "inserted_additional_messages", "code", "msg"];

    private readonly CozeAnswers _answers = new();
    private bool _started;
    private RunEnded? _end;
    private bool _ended;

    /// <inheritdoc/>
    public override void Read(in SseFrame frame, List<RunEvent> into)
    {
        if (_ended) return;
        try
        {
            ReadFrame(frame, into);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            Finish(new RunFailed(CozeErrors.Malformed("The agent sent an event that cannot be understood.")), into);
        }
    }

    /// <inheritdoc/>
    public override void End(List<RunEvent> into)
        => Finish(_end ?? new RunFailed(CozeErrors.Malformed("The agent's stream broke off.")), into);

    /// <summary>Reads a body that is no stream but one JSON text: an error, or what is none of ours.</summary>
    public static void ReadBody(ReadOnlySpan<byte> body, List<RunEvent> into) => CozeBody.Read(body, into);

    private void ReadFrame(in SseFrame frame, List<RunEvent> into)
    {
        // Most frames by far.
        if (frame.Event.SequenceEqual(CozeEvents.MessageDelta))
        {
            Start(into);
            _answers.ReadDelta(frame.Data, into);
        }
        else if (frame.Event.SequenceEqual(CozeEvents.MessageCompleted))
        {
            Start(into);
            _answers.ReadCompleted(frame.Data, into);
        }
        else if (frame.Event.SequenceEqual(CozeEvents.AudioDelta))
        {
            // Often after the chat has completed, so only "done" ends the run.
            Start(into);
            _answers.ReadAudio(frame.Data, into);
        }
        else if (frame.Event.SequenceEqual(CozeEvents.Done) || frame.Event.SequenceEqual(CozeEvents.StudioDone))
        {
            // Without a chat's end before it, the chat was cancelled. What the data says differs from server to server.
            Finish((_end ?? new RunCancelled()) with { Leftover = CozeChatFrames.DebugUrlOf(frame.Data) }, into);
        }
        else if (frame.Event.IsEmpty)
        {
            ReadUnnamed(frame.Data, into);
        }
        else if (!IsIdle(frame.Event))
        {
            ReadChat(frame, into);
        }
    }

    private void ReadChat(in SseFrame frame, List<RunEvent> into)
    {
        if (frame.Event.SequenceEqual(CozeEvents.ChatCreated))
        {
            Start(into, JsonElement.Parse(frame.Data));
        }
        else if (frame.Event.SequenceEqual(CozeEvents.ChatCompleted))
        {
            Start(into);
            _end ??= new RunCompleted(FinishReason.Stop, CozeChatFrames.UsageOf(JsonElement.Parse(frame.Data)));
        }
        else if (frame.Event.SequenceEqual(CozeEvents.ChatRequiresAction) || frame.Event.SequenceEqual(CozeEvents.StudioRequiredAction))
        {
            if (_end is not null) return;
            Start(into);
            var chat = JsonElement.Parse(frame.Data);
            _end = new RunSuspended(_answers.ReadRequired(chat, into), CozeChatFrames.UsageOf(chat));
        }
        else if (frame.Event.SequenceEqual(CozeEvents.ChatFailed) || frame.Event.SequenceEqual(CozeEvents.Error) || frame.Event.SequenceEqual(CozeEvents.StudioError))
        {
            var (error, usage) = CozeChatFrames.ErrorOf(frame.Data);
            Finish(new RunFailed(error, usage), into);
        }
        else if (frame.Event.SequenceEqual(CozeEvents.ChatCanceled) || frame.Event.SequenceEqual(CozeEvents.StudioCancelled))
        {
            _end ??= new RunCancelled(CozeChatFrames.UsageOf(JsonElement.Parse(frame.Data)));
        }
        else if (CozeChatFrames.Unknown(frame) is { } extension)
        {
            Start(into);
            into.Add(extension);
        }
    }

    private static bool IsIdle(ReadOnlySpan<byte> name)
        => name.SequenceEqual(CozeEvents.ChatInProgress) || name.SequenceEqual(CozeEvents.StudioAck) || Ascii.EqualsIgnoreCase(name, CozeEvents.Ping);

    // A body that is no stream but a plain error has no event name.
    private void ReadUnnamed(ReadOnlySpan<byte> data, List<RunEvent> into)
    {
        if (data.IsEmpty || data.SequenceEqual("[DONE]"u8)) return;
        if (CozeChatFrames.PlainErrorOf(data) is { } error) Finish(new RunFailed(error), into);
    }

    private void Start(List<RunEvent> into, JsonElement chat = default)
    {
        if (_started) return;
        _started = true;
        into.Add(new RunStarted(Upstream: CozeChatFrames.HandlesOf(chat)) { Leftover = CozeJsonText.LeftoverOf(chat, ChatMembers) });
    }

    private void Finish(RunEnded end, List<RunEvent> into)
    {
        if (_ended) return;
        _ended = true;

        // A failure before anything was accepted stands alone.
        if (end is not RunFailed) Start(into);
        _answers.Flush(end is RunFailed or RunCancelled ? ItemStatus.Incomplete : ItemStatus.Completed, into);
        into.Add(end);
    }
}
