using System.Text;
using System.Text.Json;
using Parley.Agents;
using Parley.Conversations;
using Parley.Runs;

namespace Parley.Workflows.Engine;

/// <summary>A call of another agent within a run: what it is told, and while it waits what it must be told again.</summary>
internal sealed class SubagentCall
{
    /// <summary>A workflow that asks itself would never end, and each level holds what those below it say.</summary>
    private const int MostDepth = 10;

    private readonly RunSuspended? _suspended;
    private RawJson? _upstream;

    private SubagentCall(IReadOnlyList<InputItem>? path, RunSuspended? suspended, RawJson? upstream) => (Path, _suspended, _upstream) = (path, suspended, upstream);

    /// <summary>What was said before the answer, where the agent waited; null for a new call.</summary>
    public IReadOnlyList<InputItem>? Path { get; private set; }

    /// <summary>The call of an action: a new one, or the one that it waits in.</summary>
    public static SubagentCall Of(WorkflowTurn turn)
    {
        if (turn.Remembered is not { } remembered) return new SubagentCall(null, null, null);
        using var json = JsonDocument.Parse(remembered.Text);
        var root = json.RootElement;
        return new SubagentCall(
            [.. root.GetProperty("path").EnumerateArray().Select(text => CanonicalJson.Read<Message>(text.GetString()!)).Select(message => new InputItem(message.Head, message.Content) { SourceId = message.SourceId })],
            root.TryGetProperty("end", out var end) ? CanonicalJson.Read<RunEvent>(end.GetString()!) as RunSuspended : null,
            root.TryGetProperty("upstream", out var upstream) ? new RawJson(upstream.GetString()!) : null);
    }

    /// <summary>What the agent is asked. What it says can be made durable only if it is logged as it is said.</summary>
    public AgentRequest Ask(WorkflowTurn turn, Agent agent, IReadOnlyList<InputItem> before, IReadOnlyList<InputItem> input, RawJson? arguments, bool isLogged)
    {
        if (turn.Request.Depth >= MostDepth) throw new WorkflowException($"agents ask one another more than {MostDepth} deep", "agent_depth");
        var run = turn.Request.Run;
        var number = 0L;
        Message ToMessage(InputItem item) => item.ToMessage(new Id(run.Id.Value + 8 * ++number), run.Conversation, default, run.CreatedAt);
        IReadOnlyList<Message> context = [.. before.Select(ToMessage), .. input.Select(ToMessage)];
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

    /// <summary>The agent has accepted, and perhaps told how it is to be continued.</summary>
    public void Started(RunStarted started) => _upstream = started.Upstream ?? _upstream;

    /// <summary>What was said is part of what is said next.</summary>
    public void Remember(IReadOnlyList<InputItem> before, IReadOnlyList<InputItem> input, IReadOnlyList<InputItem> output) => Path = [.. before, .. input, .. output];

    /// <summary>As it is kept while the agent waits, or the user is to go on talking to it.</summary>
    public RawJson ToJson(RunSuspended? suspended)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteStartArray("path");
            foreach (var item in Path ?? []) json.WriteStringValue(CanonicalJson.Write(item.ToMessage(default, default, default, default)));
            json.WriteEndArray();
            if (suspended is not null) json.WriteString("end", CanonicalJson.Write<RunEvent>(suspended));
            if (_upstream is { } upstream) json.WriteString("upstream", upstream.Text);
            json.WriteEndObject();
        }

        return new RawJson(Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length));
    }
}
