using System.Text.Json;
using Parley.Agents;
using Parley.Conversations;
using Parley.Runs;
using Parley.Workflows.PowerFx;

namespace Parley.Workflows.Engine;

/// <summary>A call of another agent within a run: what it is told, and while it waits what it must be told again.</summary>
/// <param name="name">The agent, as it was named when the call began, whatever formulas would say later.</param>
/// <param name="version">Which version of it; null for the latest.</param>
/// <param name="conversation">Where it is asked; empty for nowhere.</param>
internal sealed class SubagentCall(string name, string? version, string conversation)
{
    /// <summary>A workflow that asks itself would never end, and each level holds what those below it say.</summary>
    public const int MostDepth = 10;

    private RunSuspended? _suspended;
    private RawJson? _upstream;
    private int _first;

    /// <summary>The agent.</summary>
    public string Name => name;

    /// <summary>Which version of it; null for the latest.</summary>
    public string? Version => version;

    /// <summary>Where it is asked; empty for nowhere.</summary>
    public string Conversation => conversation;

    /// <summary>What was said before the answer, where the agent waited; null for a new call.</summary>
    public IReadOnlyList<InputItem>? Path { get; private set; }

    /// <summary>What the agent has said, also before it waited for something.</summary>
    public IReadOnlyList<InputItem> Answer => [.. (Path ?? []).Skip(_first).Where(item => item.Head is MessageItem { Role: var role } && role == Role.Assistant)];

    /// <summary>The call that an action waits in; null if it does not.</summary>
    public static SubagentCall? Of(WorkflowTurn turn)
    {
        if (turn.Remembered is not { } remembered) return null;
        using var json = JsonDocument.Parse(remembered.Text, new JsonDocumentOptions { MaxDepth = WorkflowState.Deepest });
        var root = json.RootElement;
        var state = root.TryGetProperty("state", out var own) ? new RawJson(own.GetRawText()) : (RawJson?)null;
        return new SubagentCall(root.GetProperty("agent").GetString()!, root.GetProperty("version").GetString(), root.GetProperty("conversation").GetString()!)
        {
            Path = [.. root.GetProperty("path").EnumerateArray().Select(item => CanonicalJson.Read<Message>(item.GetRawText())).Select(message => new InputItem(message.Head, message.Content) { SourceId = message.SourceId })],
            _first = root.GetProperty("first").GetInt32(),
            _suspended = root.TryGetProperty("end", out var end) ? (RunSuspended)CanonicalJson.Read<RunEvent>(end.GetRawText()) with { State = state } : null,
            _upstream = root.TryGetProperty("upstream", out var upstream) ? new RawJson(upstream.GetRawText()) : null,
        };
    }

    /// <summary>What the agent is asked. What it says can be made durable only if it is logged as it is said.</summary>
    public AgentRequest Ask(WorkflowTurn turn, Agent agent, IReadOnlyList<InputItem> before, IReadOnlyList<InputItem> input, RawJson? arguments, bool isLogged)
    {
        if (turn.Request.Depth >= MostDepth) throw new WorkflowException($"agents ask one another more than {MostDepth} deep", "agent_depth");
        var run = turn.Request.Run;
        var number = 0L;
        Message ToMessage(InputItem item) => item.ToMessage(new Id(run.Id.Value + 8 * ++number), run.Conversation, default, run.CreatedAt);
        IReadOnlyList<Message> known = [.. before.Select(ToMessage)];
        IReadOnlyList<Message> context = [.. known, .. input.Select(item => ToMessage(Aim(item, turn.Request.Context, known)))];
        var header = run with
        {
            Agent = agent.Reference,
            Request = new ModelRequest { Parameters = arguments, User = run.Request.User, Variables = run.Request.Variables },
            Input = default,
            Upstream = _upstream,
            End = null,
        };
        return new AgentRequest
        {
            Run = header,
            Depth = turn.Request.Depth + 1,
            Context = context,
            InputCount = input.Count,
            Continues = _suspended is null ? null : header with { Status = RunStatus.Suspended, End = _suspended },
            Upstream = _upstream,
            UnseenCount = _upstream is null ? context.Count : input.Count,
            Files = turn.Request.Files,
            Saved = isLogged ? turn.Request.Saved : null,
            Key = turn.Key,
        };
    }

    /// <summary>The agent has told, perhaps, how it is to be continued.</summary>
    public void GoesOn(RawJson? upstream) => _upstream = upstream ?? _upstream;

    /// <summary>What was said is part of what is said next. An answer that goes on where the agent waited belongs to what it said before.</summary>
    public void Remember(IReadOnlyList<InputItem> before, IReadOnlyList<InputItem> input, IReadOnlyList<InputItem> output)
    {
        if (_suspended is null) _first = before.Count + input.Count;
        Path = [.. before, .. input, .. output];
    }

    /// <summary>As it is kept while the agent waits, or the user is to go on talking to it. What is JSON stays so: as a text it would grow with each workflow around it.</summary>
    public RawJson ToJson(RunSuspended? suspended) => new(FxJson.Text(default, json =>
    {
        json.WriteStartObject();
        json.WriteString("agent", name);
        json.WriteString("version", version);
        json.WriteString("conversation", conversation);
        json.WriteStartArray("path");
        foreach (var item in Path ?? []) json.WriteRawValue(CanonicalJson.Write(item.ToMessage(default, default, default, default)));
        json.WriteEndArray();
        json.WriteNumber("first", _first);
        if (suspended is not null) WriteRaw("end", CanonicalJson.Write<RunEvent>(suspended with { State = null }));
        if (suspended?.State is { } state) WriteRaw("state", state.Text);
        if (_upstream is { } upstream) WriteRaw("upstream", upstream.Text);
        json.WriteEndObject();

        // Not read once more: the reader of the writer takes only what is 64 deep.
        void WriteRaw(string member, string text)
        {
            json.WritePropertyName(member);
            json.WriteRawValue(text, skipInputValidation: true);
        }
    }));

    // The approval that the user gives is of an item of the workflow's run; the agent knows it as one of its own.
    private static InputItem Aim(InputItem item, IReadOnlyList<Message> context, IReadOnlyList<Message> known)
        => item.Head is ApprovalReplyItem reply
            && context.FirstOrDefault(message => message.Id == reply.Request)?.SourceId is { } source
            && known.FirstOrDefault(message => message.SourceId == source) is { } own
            ? item with { Head = reply with { Request = own.Id } }
            : item;
}
