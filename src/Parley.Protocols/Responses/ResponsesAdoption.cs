using System.Text.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>The header of a run that is shown as the peer's response which it was read from: what that one repeated of its request is repeated again.</summary>
internal static class ResponsesAdoption
{
    public static Run Of(Run run, RawJson? upstream, RawJson echo)
    {
        using var json = JsonDocument.Parse(echo.Text, OpenAiJson.Deep);
        var root = json.RootElement;
        var agent = root.TryGet("agent", out var named) || root.TryGet("agent_reference", out named) ? named : default;
        var rendering = new ResponsesRendering
        {
            Model = ResponsesHeads.Text(root, "model") ?? "",
            ShowsAgent = agent.ValueKind == JsonValueKind.Object,
            Previous = ResponsesHeads.Text(root, "previous_response_id"),
            Echo = echo,
        };
        return run with
        {
            Upstream = upstream,
            Dialect = Protocol.Responses,
            Rendering = rendering.ToJson(),
            Agent = new AgentRef(ResponsesHeads.Text(agent, "name") ?? run.Agent.Name, ResponsesHeads.Text(agent, "version")),
            Request = run.Request with { Instructions = ResponsesHeads.Text(root, "instructions") },
            Metadata = root.TryGet("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object
                ? metadata.EnumerateObject().Select(member => KeyValuePair.Create(member.Name, ResponsesHeads.Text(member.Value) ?? "")).ToValueList()
                : default,
            Background = root.TryGet("background", out var background) && background.ValueKind == JsonValueKind.True,
            Stored = !(root.TryGet("store", out var store) && store.ValueKind == JsonValueKind.False),
            CreatedAt = root.TryGet("created_at", out var created) && created.TryGetInt64(out var seconds) && seconds is >= 0 and < 253402300800 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : run.CreatedAt,
        };
    }
}
