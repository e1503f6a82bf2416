using Parley.AspNetCore.Configuration.Yaml;
using Parley.Protocols.ChatCompletions;

namespace Parley.AspNetCore.Configuration.Agents;

/// <summary>The keys of <c>kind: remote</c>: a peer that speaks one of the protocols.</summary>
internal static class RemoteFile
{
    private static readonly Notation<int> Retries = Notations.Integer(0, 10);

    /// <summary>The protocols of peers, one line each.</summary>
    private static readonly Dictionary<string, AgentKind> Protocols = new(StringComparer.Ordinal)
    {
        [Protocol.ChatCompletions.Name] = ReadChatCompletions,
        [Protocol.Coze.Name] = file => CozeFile.Read(file, ReadHeaders(file.Keys), ReadRetries(file.Keys)),
        [Protocol.Responses.Name] = file => ResponsesFile.Read(file, ReadHeaders(file.Keys), ReadRetries(file.Keys)),
        [Protocol.CozeWorkflow.Name] = file => CozeFile.ReadWorkflow(file, ReadHeaders(file.Keys), ReadRetries(file.Keys)),
        [Protocol.DashScope.Name] = file => DashScopeFile.Read(file, ReadHeaders(file.Keys), ReadRetries(file.Keys)),
        [Protocol.DashScopeApp.Name] = file => DashScopeFile.ReadApp(file, ReadHeaders(file.Keys), ReadRetries(file.Keys)),
        [Protocol.Tongyi.Name] = file => TongyiFile.Read(file, ReadHeaders(file.Keys), ReadRetries(file.Keys)),
    };

    public static AgentBody Read(AgentFileKeys file)
    {
        var name = file.Keys.Required("protocol");
        return Protocols.TryGetValue(name, out var read)
            ? read(file)
            : throw file.Keys.Fail("protocol", $"the protocol {name} is unknown; there are {string.Join(", ", Protocols.Keys)}");
    }

    private static AgentBody ReadChatCompletions(AgentFileKeys file)
    {
        var keys = file.Keys;
        _ = keys.Required("url");
        var options = new ChatCompletionsOptions
        {
            Url = keys.Object("url", Notations.PeerUrl)!,
            Model = keys.Required("model"),
            Key = keys.Text("key"),
            Headers = ReadHeaders(keys),
            Instructions = keys.Text("instructions") ?? "",
            Tools = file.Tools,
            Timeouts = file.Timeouts,
            Retries = ReadRetries(keys),
        };
        return new AgentBody(new ChatCompletionsAgent(options, file.Services.Upstream), options.Model, options.Instructions);
    }

    private static int ReadRetries(YamlSection keys) => keys.Value("retries", Retries) ?? 2;

    private static ValueList<KeyValuePair<string, string>> ReadHeaders(YamlSection keys)
    {
        if (keys.Section("headers") is not { } section) return default;
        var headers = section.Keys.Select(name => KeyValuePair.Create(name, section.Text(name) ?? "")).ToValueList();
        section.End();
        return headers;
    }
}
