using System.Text;
using System.Text.Json;

namespace Parley.IntegrationTests.Wire;

/// <summary>Reads Responses streams: events named by their types and numbered without a gap, one end, and nothing behind it but the word DONE.</summary>
internal static class ResponsesStreamCheck
{
    private const string Done = "data: [DONE]";

    /// <summary>What a stream tells; a <see cref="FormatException"/> says which rule it breaks.</summary>
    public static Told Read(byte[] body, bool isComplete) => Read(body, isComplete, 0);

    /// <summary>What a stream tells that goes on after the events before a number.</summary>
    public static Told Read(byte[] body, bool isComplete, int first)
    {
        var frames = Encoding.UTF8.GetString(body).Split("\n\n");
        if (isComplete && frames is not [.., Done, ""]) throw new FormatException($"The stream does not end with the word DONE: {string.Join("\n\n", frames.TakeLast(3))}");
        var told = new Told();
        foreach (var frame in frames.SkipLast(1).TakeWhile(frame => frame != Done)) told = Read(told, frame, first);
        if (frames.SkipLast(1).SkipWhile(frame => frame != Done).Count() > 1) throw new FormatException("Something follows the word DONE.");
        return told;
    }

    private static Told Read(Told told, string frame, int first)
    {
        if (told.End is not null) throw new FormatException($"An event after the end: {frame}");
        var lines = frame.Split('\n');
        if (lines.Length != 2 || !lines[1].StartsWith("data: {", StringComparison.Ordinal)) throw new FormatException($"An event is not a name and a line of data: {frame}");
        var json = JsonSerializer.Deserialize<JsonElement>(lines[1]["data: ".Length..]);
        var type = json.GetProperty("type").GetString()!;
        if (lines[0] != "event: " + type) throw new FormatException($"An event has two names: {frame}");
        if (json.GetProperty("sequence_number").GetInt32() != first + told.Events) throw new FormatException($"Number {first + told.Events} is not next: {frame}");
        told = told with { Events = told.Events + 1 };
        return type switch
        {
            "response.output_text.delta" => told with { Text = told.Text + json.GetProperty("delta").GetString() },
            "response.output_item.done" => told with { HasItem = told.HasItem || json.GetProperty("item").GetProperty("status").GetString() == "completed" },
            "response.completed" => told with { End = Told.Completed },
            "response.failed" or "response.incomplete" => told with { End = Told.Failed, Message = MessageOf(json.GetProperty("response")) },
            _ => told,
        };
    }

    private static string MessageOf(JsonElement response)
        => response.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object ? error.GetProperty("message").GetString()! : "";
}
