using Parley.Protocols.Coze;

namespace Parley.AspNetCore.Configuration.Agents;

/// <summary>The keys of remote agents that speak Coze: <c>protocol: coze</c>, a bot, and <c>protocol: coze-workflow</c>, a workflow.</summary>
internal static class CozeFile
{
    public static AgentBody Read(AgentFileKeys file, ValueList<KeyValuePair<string, string>> headers, int retries)
    {
        var options = ReadCommon(file, headers, retries) with { BotId = file.Keys.Required("bot_id") };
        return new AgentBody(new CozeAgent(options, file.Services.Upstream), IsStateful: true);
    }

    public static AgentBody ReadWorkflow(AgentFileKeys file, ValueList<KeyValuePair<string, string>> headers, int retries)
    {
        var keys = file.Keys;
        var options = ReadCommon(file, headers, retries) with
        {
            WorkflowId = keys.Required("workflow_id"),
            AppId = keys.Text("app_id"),
            BotId = keys.Text("bot_id"),
            Parameters = keys.Section("parameters") is null ? null : keys.Json("parameters"),
        };
        if (options is { AppId: not null, BotId: not null }) throw keys.Fail("app_id", "app_id and bot_id must not be given together");
        if ((keys.Value("mode", Notations.Choice<CozeWorkflowMode>()) ?? CozeWorkflowMode.Chatflow) == CozeWorkflowMode.Chatflow)
            return new AgentBody(new CozeAgent(options, file.Services.Upstream), IsStateful: true);
        if (keys.Text("input") is { Length: > 0 } input) options = options with { Input = input };
        return new AgentBody(new CozeWorkflowAgent(options, file.Services.Upstream));
    }

    private static CozeAgentOptions ReadCommon(AgentFileKeys file, ValueList<KeyValuePair<string, string>> headers, int retries)
    {
        _ = file.Keys.Required("url");
        return new CozeAgentOptions
        {
            Url = file.Keys.Object("url", Notations.PeerUrl)!,
            Key = file.Keys.Text("key"),
            Headers = headers,
            UserId = file.Keys.Text("user_id"),
            Timeouts = file.Timeouts,
            Retries = retries,
        };
    }
}

/// <summary>Which of Coze's two kinds of workflows it is.</summary>
internal enum CozeWorkflowMode
{
    /// <summary>It keeps a conversation.</summary>
    Chatflow,

    /// <summary>It is given parameters and remembers nothing.</summary>
    Workflow,
}
