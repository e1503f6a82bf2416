using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;

namespace Parley.Extensions.AI;

/// <summary>Values of functions as JSON, by the contracts that chat clients use themselves.</summary>
internal static class AiJson
{
    // They write for people to read.
    private static readonly JsonSerializerOptions Options = new(AIJsonUtilities.DefaultOptions) { WriteIndented = false };

    private static readonly JsonTypeInfo<IDictionary<string, object?>> ArgumentsInfo = (JsonTypeInfo<IDictionary<string, object?>>)Options.GetTypeInfo(typeof(IDictionary<string, object?>));

    /// <summary>The arguments of a call as JSON.</summary>
    public static string Write(IDictionary<string, object?>? arguments) => arguments is null ? "{}" : JsonSerializer.Serialize(arguments, ArgumentsInfo);

    /// <summary>A call whose arguments are this JSON. What is none is told by the call's exception, as chat clients do.</summary>
    public static FunctionCallContent ReadCall(string arguments, string callId, string name) => FunctionCallContent.CreateFromParsedArguments(
        arguments.Length == 0 ? "{}" : arguments, callId, name, static json => JsonSerializer.Deserialize(json, ArgumentsInfo));

    /// <summary>A function's result as text: a text as it is, all else as JSON.</summary>
    public static string TextOf(object? result) => result switch
    {
        null => "",
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } json => json.GetString()!,
        TextContent text => text.Text,
        IEnumerable<AIContent> contents => string.Concat(contents.OfType<TextContent>().Select(text => text.Text)),
        _ => JsonSerializer.Serialize(result, Options.GetTypeInfo(typeof(object))),
    };
}
