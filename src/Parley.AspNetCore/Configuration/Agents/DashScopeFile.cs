using Parley.AspNetCore.Configuration.Yaml;
using Parley.Protocols.DashScope;

namespace Parley.AspNetCore.Configuration.Agents;

/// <summary>The keys of remote agents that speak DashScope: <c>protocol: dashscope</c>, a model, and <c>protocol: dashscope-app</c>, an application.</summary>
internal static class DashScopeFile
{
    public static AgentBody Read(AgentFileKeys file, ValueList<KeyValuePair<string, string>> headers, int retries)
    {
        var options = ReadCommon(file, headers, retries) with
        {
            Model = file.Keys.Required("model"),
            Multimodal = file.Keys.Value("multimodal", Notations.Switch) ?? false,
            Tools = file.Tools,
        };
        return new AgentBody(new DashScopeAgent(options, file.Services.Upstream), options.Model, options.Instructions);
    }

    public static AgentBody ReadApp(AgentFileKeys file, ValueList<KeyValuePair<string, string>> headers, int retries)
    {
        var options = ReadCommon(file, headers, retries) with
        {
            AppId = file.Keys.Required("app_id"),
            BizParams = JsonOf(file.Keys, "biz_params"),
            Thoughts = file.Keys.Value("thoughts", Notations.Switch) ?? true,
        };
        return new AgentBody(new DashScopeAppAgent(options, file.Services.Upstream), Instructions: options.Instructions, IsStateful: true);
    }

    private static DashScopeAgentOptions ReadCommon(AgentFileKeys file, ValueList<KeyValuePair<string, string>> headers, int retries)
    {
        _ = file.Keys.Required("url");
        return new DashScopeAgentOptions
        {
            Url = file.Keys.Object("url", Notations.PeerUrl)!,
            Key = file.Keys.Text("key"),
            Headers = headers,
            Parameters = JsonOf(file.Keys, "parameters"),
            Incremental = file.Keys.Value("incremental", Notations.Switch) ?? true,
            Instructions = file.Keys.Text("instructions") ?? "",
            Timeouts = file.Timeouts,
            Retries = retries,
        };
    }

    private static RawJson? JsonOf(YamlSection keys, string name) => keys.Section(name) is null ? null : keys.Json(name);
}
