using System.Text.Json;
using Microsoft.Extensions.AI;
using Parley.Runs;

namespace Parley.Extensions.AI;

/// <summary>Writes what is asked of an agent as a chat client's options.</summary>
internal static class OptionsWriter
{
    private static readonly JsonElement NoArguments = JsonElement.Parse("""{"type":"object","properties":{}}""");

    public static ChatOptions Write(ModelRequest request, string? conversation)
    {
        var options = new ChatOptions
        {
            ConversationId = conversation,
            Instructions = request.Instructions,
            Temperature = (float?)request.Temperature,
            TopP = (float?)request.TopP,
            FrequencyPenalty = (float?)request.FrequencyPenalty,
            PresencePenalty = (float?)request.PresencePenalty,
            MaxOutputTokens = request.MaxOutputTokens is { } limit ? (int)Math.Min(limit, int.MaxValue) : null,
            Seed = request.Seed,
            StopSequences = request.Stop.Count > 0 ? [.. request.Stop] : null,
            ResponseFormat = FormatOf(request.ResponseFormat),
            Reasoning = EffortOf(request.ReasoningEffort) is { } effort ? new ReasoningOptions { Effort = effort } : null,
        };
        if (request.User is { Length: > 0 } user) options.AdditionalProperties = new() { [OptionsReader.User] = user };
        if (request.Tools.Count == 0) return options;
        options.Tools = [.. request.Tools.Select(ToolOf)];
        options.ToolMode = ModeOf(request.ToolChoice);
        options.AllowMultipleToolCalls = request.ParallelToolCalls;
        return options;
    }

    // A declaration without a body: whoever asked runs it.
    private static AITool ToolOf(ToolDefinition tool)
        => AIFunctionFactory.CreateDeclaration(tool.Name, tool.Description, tool.Parameters is { } schema ? JsonElement.Parse(schema.Text) : NoArguments);

    private static ChatToolMode? ModeOf(RawJson? choice)
    {
        if (choice is not { } json) return null;
        var asked = JsonElement.Parse(json.Text);
        if (asked.ValueKind != JsonValueKind.String)
            return asked.ValueKind == JsonValueKind.Object && asked.TryGetProperty("function", out var function) && function.TryGetProperty("name", out var name)
                ? ChatToolMode.RequireSpecific(name.GetString()!)
                : null;
        return asked.GetString() switch
        {
            "none" => ChatToolMode.None,
            "required" => ChatToolMode.RequireAny,
            "auto" => ChatToolMode.Auto,
            _ => null,
        };
    }

    private static ChatResponseFormat? FormatOf(RawJson? format)
    {
        if (format is not { } json) return null;
        var asked = JsonElement.Parse(json.Text);
        if (asked.ValueKind != JsonValueKind.Object || !asked.TryGetProperty("type", out var type)) return null;
        if (type.ValueEquals("json_object")) return ChatResponseFormat.Json;
        if (!type.ValueEquals("json_schema") || !asked.TryGetProperty("json_schema", out var named) || !named.TryGetProperty("schema", out var schema)) return null;
        return ChatResponseFormat.ForJsonSchema(schema, TextOf(named, "name"), TextOf(named, "description"));
    }

    private static string? TextOf(JsonElement members, string name) => members.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;

    private static ReasoningEffort? EffortOf(string? effort) => effort switch
    {
        "none" => ReasoningEffort.None,
        "minimal" or "low" => ReasoningEffort.Low,
        "medium" => ReasoningEffort.Medium,
        "high" => ReasoningEffort.High,
        "xhigh" => ReasoningEffort.ExtraHigh,
        _ => null,
    };
}
