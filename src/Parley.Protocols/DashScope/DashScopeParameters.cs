using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.DashScope;

/// <summary>The <c>parameters</c> of a request: what its client asks stands above what the agent's file says.</summary>
internal static class DashScopeParameters
{
    // What clients of Chat Completions send to DashScope's own server of that protocol, and the native protocol calls the same.
    private static readonly string[] Kin = ["enable_thinking", "thinking_budget", "enable_search", "search_options", "top_k", "repetition_penalty", "logprobs", "top_logprobs"];

    /// <summary>Writes a model's.</summary>
    public static void WriteModel(JsonLine json, ModelRequest request, DashScopeAgentOptions options)
    {
        var own = new HashSet<string>(StringComparer.Ordinal) { "result_format" };
        json.Object().String("result_format"u8, "message");
        WriteSampling(json, request, options, own);
        if (request.PresencePenalty is { } presence) json.Name(Own("presence_penalty", own)).Number(presence);
        if (request.MaxOutputTokens is { } limit) json.Name(Own("max_tokens", own)).Number(limit);
        if (request.Stop.Count > 0)
        {
            json.Name(Own("stop", own)).Array();
            foreach (var stop in request.Stop) json.String(stop);
            json.EndArray();
        }

        if (request.ResponseFormat is { } format) json.Name(Own("response_format", own)).Raw(format);
        var tools = request.Tools.Count > 0 ? request.Tools : options.Tools;
        ChatTools.Write(json, request, tools);
        if (tools.Count > 0) own.UnionWith(["tools", "tool_choice", "parallel_tool_calls"]);
        WriteKin(json, request, own);
        if (request.ReasoningEffort is { } effort && own.Add("enable_thinking")) json.Name("enable_thinking"u8).Bool(effort is not ("none" or "minimal"));
        WriteRest(json, options.Parameters, own);
        json.EndObject();
    }

    /// <summary>Writes an application's: its models are its own matter.</summary>
    public static void WriteApp(JsonLine json, ModelRequest request, DashScopeAgentOptions options)
    {
        var own = new HashSet<string>(StringComparer.Ordinal) { "has_thoughts" };
        json.Object().Name("has_thoughts"u8).Bool(options.Thoughts);
        WriteSampling(json, request, options, own);
        WriteRest(json, options.Parameters, own);
        json.EndObject();
    }

    /// <summary>Writes the members of several objects as one; of two with one name the first counts.</summary>
    public static void WriteObject(JsonLine json, params ReadOnlySpan<RawJson?> objects)
    {
        var own = new HashSet<string>(StringComparer.Ordinal);
        json.Object();
        foreach (var one in objects) WriteRest(json, one, own);
        json.EndObject();
    }

    private static void WriteSampling(JsonLine json, ModelRequest request, DashScopeAgentOptions options, HashSet<string> own)
    {
        json.Name(Own("incremental_output", own)).Bool(options.Incremental);
        if (request.Temperature is { } temperature) json.Name(Own("temperature", own)).Number(temperature);
        if (request.TopP is { } topP) json.Name(Own("top_p", own)).Number(topP);
        if (request.Seed is { } seed) json.Name(Own("seed", own)).Number(seed);
    }

    private static void WriteKin(JsonLine json, ModelRequest request, HashSet<string> own)
    {
        if (request.Leftover is not { } leftover || leftover.Protocol != Protocol.ChatCompletions) return;
        foreach (var member in JsonElement.Parse(leftover.Members.Text).EnumerateObject())
            if (Kin.Contains(member.Name) && own.Add(member.Name)) json.Name(member.Name.AsSpan()).Raw(member.Value.ToRawJson());
    }

    private static void WriteRest(JsonLine json, RawJson? members, HashSet<string> own)
    {
        if (members is not { } raw) return;
        foreach (var member in JsonElement.Parse(raw.Text).EnumerateObject())
            if (own.Add(member.Name)) json.Name(member.Name.AsSpan()).Raw(member.Value.ToRawJson());
    }

    private static ReadOnlySpan<char> Own(string name, HashSet<string> own)
    {
        own.Add(name);
        return name;
    }
}
