using System.Text.Json;
using Parley.Conversations;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>A run as Coze sees it: its chat, and its items as messages.</summary>
public sealed class CozeView
{
    private readonly Run _run;
    private readonly CozeRendering _rendering;
    private readonly bool _keepPeerIds;

    /// <param name="run">The run's header.</param>
    /// <param name="keepPeerIds">Shows the ids of the Coze peer that made the run, where it told them, instead of ours.</param>
    public CozeView(Run run, bool keepPeerIds = false)
    {
        (_run, _rendering, _keepPeerIds) = (run, CozeRendering.Of(run), keepPeerIds);
        (Chat, Conversation, Section) = (DecimalId.Render(run.Chat), DecimalId.Render(run.Conversation), DecimalId.Render(run.Section));
        Bot = run.Dialect == Protocol.CozeWorkflow ? null : _rendering.Bot ?? run.Agent.Name;
    }

    /// <summary>The chat's id.</summary>
    public string Chat { get; private set; }

    /// <summary>The conversation's id.</summary>
    public string Conversation { get; private set; }

    /// <summary>The section's id.</summary>
    public string Section { get; private set; }

    /// <summary>The agent's id, which chatflows do not show.</summary>
    public string? Bot { get; private set; }

    internal CozeRendering Rendering => _rendering;

    /// <summary>A chat from the headers of its runs, oldest first.</summary>
    /// <param name="runs">The runs.</param>
    /// <param name="last">The fold of the last run, needed if it is suspended.</param>
    public static CozeChat ChatOf(IReadOnlyList<Run> runs, RunState? last = null)
    {
        var run = runs[^1];
        var view = new CozeView(run);
        return view.ChatWith(run.Status, run.EndedAt, run.End, last?.Items ?? []) with
        {
            // The headers tell all of it, whatever an earlier run was told of those before it.
            CreatedAt = runs[0].CreatedAt,
            Usage = runs.Aggregate((Usage?)null, (sum, one) => Usage.Add(sum, one.End?.Usage)),
            Metadata = runs[0].Metadata,
            Inserted = CozeRendering.Of(runs[0]).Sent is { } sent ? runs[0].Input.TakeLast(sent).ToValueList() : runs[0].Input,
        };
    }

    /// <summary>Everything said and done in a run, without what was asked.</summary>
    /// <param name="state">The run's fold.</param>
    /// <param name="isLast">The run is the chat's last, which has the notices of the end.</param>
    public List<CozeMessage> Messages(RunState state, bool isLast)
    {
        var messages = new List<CozeMessage>();
        var suggestions = new List<CozeMessage>();
        for (var i = 0; i < state.Items.Count; i++)
        {
            var item = state.Items[i];
            if (item.Status is null) continue;
            var reasoning = i > 0 && IsReasoningOf(state.Items[i - 1], item) ? state.Items[i - 1].Reasoning : "";
            if (item.Head is ReasoningItem)
            {
                if (i + 1 == state.Items.Count || !IsReasoningOf(item, state.Items[i + 1])) messages.Add(ReasoningAlone(item));
            }
            else if (MessageOf(item, reasoning) is { } message)
            {
                (item.Head is SuggestionItem ? suggestions : messages).Add(message with { CreatedAt = item.StartedAt, UpdatedAt = item.EndedAt, Metadata = [] });
            }
        }

        if (isLast && state.End is RunCompleted or RunSuspended) messages.AddRange(Notices(state.End, state.Items, state.EndedAt).Select(notice => notice with { Metadata = [] }));
        messages.AddRange(suggestions);
        return messages;
    }

    /// <summary>A stored message; null if this protocol does not show its kind.</summary>
    /// <param name="message">The message.</param>
    /// <param name="run">The run that made it or was given it, if it can be found.</param>
    /// <param name="reasoning">The reasoning before it.</param>
    public static CozeMessage? StoredMessage(Message message, Run? run, string reasoning = "")
    {
        if (CozeItems.Describe(message.Head, message.Content, message.Leftover) is not var (type, content, contentType)) return null;
        if (message is { IsInput: true, Head: MessageItem })
        {
            (content, contentType) = CozeContent.Write(message.Content, CozeWriter.WrittenContentType(message.Leftover));
            type = message.Run.IsNone ? CozeWriter.WrittenType(message.Leftover) ?? "" : message.Role == Role.Assistant ? CozeTypes.Answer : CozeTypes.Question;
        }

        return new CozeMessage
        {
            Id = DecimalId.Render(message.Id),
            Conversation = DecimalId.Render(message.Conversation),
            Section = DecimalId.Render(message.Section),
            Bot = run is null ? "" : CozeRendering.Of(run).Bot ?? run.Agent.Name,
            Chat = message.Run.IsNone ? "" : DecimalId.Render(run?.Chat ?? message.Run),
            Role = message.Role is { } role && message.IsInput && role != Role.Assistant ? "user" : "assistant",
            Type = type,
            Content = content,
            ContentType = contentType,
            Reasoning = reasoning,
            Metadata = message.Metadata,
            CreatedAt = message.CreatedAt,
            UpdatedAt = message.UpdatedAt,
        };
    }

    internal static bool IsReasoningOf(ItemState reasoning, ItemState item)
        => reasoning.Head is ReasoningItem && item.Head is MessageItem && reasoning.Id.Entity == item.Id && item.Ordinal == reasoning.Ordinal + 1;

    internal void Started(RunStarted started)
    {
        if (!_keepPeerIds || started.Upstream is not { } upstream) return;
        var handles = JsonElement.Parse(upstream.Text);
        Chat = Handle("chat_id") ?? Chat;
        Conversation = Handle("conversation_id") ?? Conversation;
        Section = Handle("section_id") ?? Conversation;
        if (Bot is not null) Bot = Handle("bot_id") ?? Bot;

        string? Handle(string name) => handles.TryGetProperty(name, out var handle) ? handle.GetString() : null;
    }

    internal CozeChat ChatWith(RunStatus status, DateTimeOffset? endedAt = null, RunEnded? end = null, IReadOnlyList<ItemState>? items = null) => new()
    {
        Id = Chat,
        Conversation = Conversation,
        Bot = Bot,
        Section = Section,
        Status = status,
        CreatedAt = _rendering.Since ?? _run.CreatedAt,
        EndedAt = endedAt,
        Error = (end as RunFailed)?.Error,
        Usage = end is null ? null : Usage.Add(_rendering.Spent, end.Usage),
        Required = end is RunSuspended suspended && items is { Count: > 0 } ? suspended.Required.Select(required => CallOf(required, items[required.Item])).ToValueList() : [],
    };

    // The verbose frames and the synthesised question that only Coze has.
    internal IEnumerable<CozeMessage> Notices(RunEnded end, IReadOnlyList<ItemState> items, DateTimeOffset? at)
    {
        if (end is RunSuspended suspended)
        {
            if (WaitPrompt.Of(suspended, items) is { } prompt) yield return Notice(CozeFacets.Prompt, CozeTypes.Answer, prompt, at);
            if (_rendering.Verbose) yield return Notice(CozeFacets.Interrupt, CozeTypes.Verbose, CozeItems.Verbose("interrupt", ""), at);
        }

        if (_rendering.Verbose) yield return Notice(CozeFacets.Finish, CozeTypes.Verbose, CozeItems.Finish(end is RunSuspended ? 1 : 0), at);
    }

    internal CozeMessage? MessageOf(ItemState item, string reasoning)
        => CozeItems.Describe(item.Head, item.ToContent(), item.Leftover) is var (type, content, contentType)
            ? Blank(IdOf(item), type) with
            {
                Content = content,
                ContentType = contentType,
                Reasoning = reasoning,
                CreatedAt = item.StartedAt,
                Leftover = item.Head is ToolCallItem ? null : item.Leftover,
            }
            : null;

    internal CozeMessage ReasoningAlone(ItemState item)
        => Blank(IdOf(item), CozeTypes.Answer) with { Reasoning = item.Reasoning, CreatedAt = item.StartedAt };

    internal CozeMessage Blank(string id, string type) => new()
    {
        Id = id,
        Conversation = Conversation,
        Bot = Bot,
        Chat = Chat,
        Section = Section,
        Type = type,
        Content = "",
    };

    // A reasoning has the id of the answer that it belongs to.
    internal string IdOf(ItemState item) => _keepPeerIds && item.SourceId is { } source ? source : DecimalId.Render(item.Head is ReasoningItem ? item.Id.Entity : item.Id);

    private CozeMessage Notice(int facet, string type, string content, DateTimeOffset? at)
        => Blank(DecimalId.Render(_run.Id.WithFacet(facet)), type) with { Content = content, CreatedAt = at, UpdatedAt = at };

    private CozeToolCall CallOf(RequiredAction required, ItemState item)
        => item.Head is ToolCallItem call && required is CallFunction
            ? new CozeToolCall(call.CallId, call.Name, item.Input)
            : new CozeToolCall($"{DecimalId.Render(_run.Id)}/{DecimalId.Render(item.Id)}");
}
