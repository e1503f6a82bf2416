using System.Text.Json;
using Parley.Workflows.PowerFx;

namespace Parley.Workflows.Outside;

/// <summary>What an MCP server answered.</summary>
/// <param name="Result">As a value.</param>
/// <param name="Text">As people read it.</param>
/// <param name="Failure">What the tool says went wrong; null if nothing did.</param>
internal sealed record McpAnswer(FxValue Result, string Text, string? Failure = null)
{
    /// <summary>The result of <c>tools/call</c>: a table of its contents, each a value if it is JSON.</summary>
    public static McpAnswer OfCall(JsonElement result)
    {
        var contents = result.TryGetProperty("content", out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().Select(TextOf).ToList() : [];
        if (contents.Count == 0 && result.TryGetProperty("structuredContent", out var structured)) contents.Add(structured.GetRawText());
        var text = string.Join('\n', contents);
        var isFailure = result.TryGetProperty("isError", out var failed) && failed.ValueKind == JsonValueKind.True;
        return new McpAnswer(FxTable.Of(contents.Select(OutsideValue.Of)), text, isFailure ? text : null);
    }

    private static string TextOf(JsonElement content)
    {
        var type = Member(content, "type");
        if (type is "image" or "audio") return $"data:{Member(content, "mimeType")};base64,{Member(content, "data")}";
        if (type == "resource" && content.TryGetProperty("resource", out var resource))
            return Member(resource, "text") is { Length: > 0 } text ? text : $"data:{Member(resource, "mimeType")};base64,{Member(resource, "blob")}";
        return type switch { "text" => Member(content, "text"), "resource_link" => Member(content, "uri"), _ => content.GetRawText() };
    }

    private static string Member(JsonElement json, string name)
        => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
