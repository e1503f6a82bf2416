using System.Text.Json;
using Parley.Protocols.OpenAi;
using Parley.Protocols.Sse;
using Parley.Runs;

namespace Parley.Protocols.ChatCompletions;

/// <summary>
/// Reads a stream of <c>chat.completion.chunk</c>s, or a whole <c>chat.completion</c>. There is one message item, opened by the first text
/// that is not empty; reasoning is closed by the text or call that follows; the end comes with <c>[DONE]</c> or the end of the stream,
/// because the usage stands behind the finish reason. Whether calls are open decides what the end is, not what the peer calls it.
/// </summary>
/// <param name="tellId">Tells the completion's id with the start, for a <see cref="ChatCompletionsWriter"/> that keeps it.</param>
public sealed class ChatCompletionsReader(bool tellId = false) : FrameReader
{
    private readonly ChatChunk _chunk = new();
    private readonly ChatDeltaShape _shape = new();
    private readonly ChatCalls _calls = new();
    private ChatOpenText _reasoning = ChatOpenText.None;
    private ChatOpenText _content = ChatOpenText.None;
    private ChatOpenText _refusal = ChatOpenText.None;
    private int _items;
    private int _message = -1;
    private int _messageParts;
    private string? _finish;
    private Usage? _usage;
    private bool _started;
    private bool _ended;

    /// <inheritdoc/>
    public override Usage? Spent => _usage;

    /// <inheritdoc/>
    public override void Read(in SseFrame frame, List<RunEvent> into)
    {
        var data = frame.Data;
        if (_ended || data.IsEmpty) return;
        if (_shape.TryMatch(data, out var text))
        {
            Say(_shape.Kind, _shape.Call, text, into);
            return;
        }

        if (data.SequenceEqual("[DONE]"u8)) End(into);
        else Parse(data, into);
    }

    /// <inheritdoc/>
    public override void End(List<RunEvent> into)
    {
        if (_ended) return;
        if (_finish is null)
        {
            Fail(new RunError(ErrorSide.Agent, ErrorCause.Malformed, "The agent's server ended its answer without saying why.", true, "upstream_incomplete"), into);
            return;
        }

        if (_finish == "error")
        {
            Fail(OpenAiErrors.Read(null, default), into);
            return;
        }

        var finish = ChatFinish.Read(_finish);
        Close(finish.IsIncomplete ? ItemStatus.Incomplete : ItemStatus.Completed, into);
        var open = finish.IsIncomplete ? [] : _calls.Open();
        into.Add(open.Count > 0 ? new RunSuspended(open, _usage) : new RunCompleted(finish, _usage));
        _ended = true;
    }

    /// <summary>Reads a body that was not streamed: one JSON object, a completion or an error.</summary>
    public static void ReadBody(ReadOnlySpan<byte> body, List<RunEvent> into)
    {
        var reader = new ChatCompletionsReader();
        if (body.StartsWith("\uFEFF"u8)) body = body[3..];
        reader.Parse(body, into);
        reader.End(into);
    }

    private void Parse(ReadOnlySpan<byte> data, List<RunEvent> into)
    {
        try
        {
            _chunk.Read(data);
        }
        catch (JsonException)
        {
            Fail(new RunError(ErrorSide.Agent, ErrorCause.Malformed, "The agent's server sent something that is not a completion.", true, "upstream_malformed"), into);
            return;
        }

        if (_chunk.Error is { } error)
        {
            Fail(error, into);
            return;
        }

        if (!_started)
        {
            _started = true;
            var upstream = tellId && _chunk.Id is { } id ? ChatUpstream.ToJson(id) : (RawJson?)null;
            into.Add(new RunStarted(string.IsNullOrEmpty(_chunk.Model) ? null : _chunk.Model, upstream));
        }

        _usage = _chunk.Usage ?? _usage;
        Apply(data, into);
        _finish = _chunk.Finish ?? _finish;
    }

    private void Apply(ReadOnlySpan<byte> data, List<RunEvent> into)
    {
        var (news, kind, call, only) = (0, ChatTextKind.None, 0, default(ChatText));
        if (!_chunk.Reasoning.IsEmpty)
        {
            (news, kind, only) = (news + 1, ChatTextKind.Reasoning, _chunk.Reasoning);
            Say(ChatTextKind.Reasoning, 0, _chunk.Reasoning.In(data), into);
        }

        if (!_chunk.Content.IsEmpty)
        {
            (news, kind, only) = (news + 1, ChatTextKind.Content, _chunk.Content);
            Say(ChatTextKind.Content, 0, _chunk.Content.In(data), into);
        }

        foreach (var text in _chunk.MoreContent ?? [])
        {
            news += 2;
            Say(ChatTextKind.Content, 0, text.In(data), into);
        }

        if (!_chunk.Refusal.IsEmpty)
        {
            news += 2;
            CloseReasoning(into);
            OpenPart(ref _refusal, PartKind.Refusal, into);
            _refusal.Say(_chunk.Refusal.In(data), into);
        }

        foreach (var note in _chunk.Annotations ?? [])
        {
            news += 2;
            CloseReasoning(into);
            OpenPart(ref _content, PartKind.Text, into);
            into.Add(new PartAnnotated(_content.Item, _content.Part, note));
        }

        foreach (var piece in _chunk.Calls)
        {
            var plain = piece is { Id: null or "", Name: null or "", IsRaw: false };
            (news, kind, call, only) = (news + (plain ? 1 : 2), ChatTextKind.Arguments, piece.Index, piece.Arguments);
            CloseReasoning(into);
            _calls.Add(piece, data, ref _items, into);
        }

        // Only what says nothing else can be the pattern of others: no end, no usage, and one text.
        if (news == 1 && _chunk.Finish is null && _chunk.Usage is null) _shape.Remember(data, only, kind, call);
    }

    private void Say(ChatTextKind kind, int call, ReadOnlySpan<byte> text, List<RunEvent> into)
    {
        if (text.IsEmpty) return;
        switch (kind)
        {
            case ChatTextKind.Content:
                CloseReasoning(into);
                OpenPart(ref _content, PartKind.Text, into);
                _content.Say(text, into);
                break;
            case ChatTextKind.Reasoning:
                if (!_reasoning.IsOpen)
                {
                    _reasoning = new ChatOpenText(_items++, 0);
                    into.Add(new ItemStarted(_reasoning.Item, new ReasoningItem()));
                    into.Add(new PartStarted(_reasoning.Item, 0, PartKind.ReasoningText));
                }

                _reasoning.Say(text, into);
                break;
            case ChatTextKind.Arguments:
                CloseReasoning(into);
                _calls.Say(call, text, into);
                break;
        }
    }

    private void OpenPart(ref ChatOpenText part, PartKind kind, List<RunEvent> into)
    {
        if (part.IsOpen) return;
        if (_message < 0)
        {
            _message = _items++;
            into.Add(new ItemStarted(_message, new MessageItem(Role.Assistant)));
        }

        part = new ChatOpenText(_message, _messageParts++);
        into.Add(new PartStarted(part.Item, part.Part, kind));
    }

    private void CloseReasoning(List<RunEvent> into)
    {
        if (!_reasoning.IsOpen) return;
        _reasoning.Close(into);
        into.Add(new ItemCompleted(_reasoning.Item));
        _reasoning = ChatOpenText.None;
    }

    private void Fail(RunError error, List<RunEvent> into)
    {
        Close(ItemStatus.Incomplete, into);
        into.Add(new RunFailed(error, _usage));
        _ended = true;
    }

    // Reasoning that is still open was cut; text that was held back comes now.
    private void Close(ItemStatus status, List<RunEvent> into)
    {
        if (_reasoning.IsOpen)
        {
            _reasoning.Close(into);
            into.Add(new ItemCompleted(_reasoning.Item, status));
            _reasoning = ChatOpenText.None;
        }

        if (_message >= 0)
        {
            if (_content.IsOpen) _content.Close(into);
            if (_refusal.IsOpen) _refusal.Close(into);
            into.Add(new ItemCompleted(_message, status));
        }

        _calls.Close(status, into);
    }
}
