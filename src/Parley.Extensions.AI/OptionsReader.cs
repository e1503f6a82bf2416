using System.Text.Json;
using Microsoft.Extensions.AI;
using Parley.Runs;

namespace Parley.Extensions.AI;

/// <summary>Reads a chat client's options. A raw representation that is a <see cref="ModelRequest"/> is what the others are set in.</summary>
internal static class OptionsReader
{
    /// <summary>Whoever is said to ask, in the options' additional properties.</summary>
    public const string User = "user";

    public static ModelRequest Read(ChatOptions? options, IChatClient client)
    {
        if (options is null) return ModelRequest.Empty;
        var raw = options.RawRepresentationFactory?.Invoke(client) as ModelRequest ?? ModelRequest.Empty;
        return raw with
        {
            Instructions = options.Instructions ?? raw.Instructions,
            Tools = options.Tools is { Count: > 0 } tools ? tools.Select(ReadTool).ToValueList() : raw.Tools,
            ToolChoice = ReadMode(options.ToolMode) ?? raw.ToolChoice,
            ParallelToolCalls = options.AllowMultipleToolCalls ?? raw.ParallelToolCalls,
            Temperature = Exact(options.Temperature) ?? raw.Temperature,
            TopP = Exact(options.TopP) ?? raw.TopP,
            FrequencyPenalty = Exact(options.FrequencyPenalty) ?? raw.FrequencyPenalty,
            PresencePenalty = Exact(options.PresencePenalty) ?? raw.PresencePenalty,
            MaxOutputTokens = options.MaxOutputTokens ?? raw.MaxOutputTokens,
            Seed = options.Seed ?? raw.Seed,
            Stop = options.StopSequences is { Count: > 0 } stop ? stop.ToValueList() : raw.Stop,
            ResponseFormat = ReadFormat(options.ResponseFormat) ?? raw.ResponseFormat,
            ReasoningEffort = ReadEffort(options.Reasoning?.Effort) ?? raw.ReasoningEffort,
            User = options.AdditionalProperties?.TryGetValue(User, out string? user) == true ? user : raw.User,
        };
    }

    private static ToolDefinition ReadTool(AITool tool)
    {
        if (tool is not AIFunctionDeclaration function) throw new NotSupportedException($"The tool \"{tool.Name}\" is no function: agents bring other tools themselves.");
        bool? strict = function.AdditionalProperties.TryGetValue("strict", out var value) && value is bool known ? known : null;
        return new ToolDefinition(function.Name, function.Description is { Length: > 0 } text ? text : null, new RawJson(function.JsonSchema.GetRawText()), strict);
    }

    private static RawJson? ReadMode(ChatToolMode? mode) => mode switch
    {
        AutoChatToolMode => new RawJson("\"auto\""),
        NoneChatToolMode => new RawJson("\"none\""),
        RequiredChatToolMode { RequiredFunctionName: { } name } => new RawJson($$$"""{"type":"function","function":{"name":"{{{JsonEncodedText.Encode(name)}}}"}}"""),
        RequiredChatToolMode => new RawJson("\"required\""),
        _ => null,
    };

    private static RawJson? ReadFormat(ChatResponseFormat? format)
    {
        if (format is not ChatResponseFormatJson json) return null;
        if (json.Schema is not { } schema) return new RawJson("""{"type":"json_object"}""");
        var description = json.SchemaDescription is { } text ? $"\"description\":\"{JsonEncodedText.Encode(text)}\"," : "";
        return new RawJson($$$"""{"type":"json_schema","json_schema":{"name":"{{{JsonEncodedText.Encode(json.SchemaName ?? "answer")}}}",{{{description}}}"schema":{{{schema.GetRawText()}}}}}""");
    }

    private static string? ReadEffort(ReasoningEffort? effort) => effort switch
    {
        ReasoningEffort.None => "none",
        ReasoningEffort.Low => "low",
        ReasoningEffort.Medium => "medium",
        ReasoningEffort.High => "high",
        ReasoningEffort.ExtraHigh => "xhigh",
        _ => null,
    };

    // 0.7 is meant, not the nearest fraction of two.
    private static double? Exact(float? value) => value is { } number ? (double)(decimal)number : null;
}
