using System.Text;
using System.Text.Json;

namespace Parley.IntegrationTests.Wire;

/// <summary>Reads Chat Completions streams: events of one data line, one end, and nothing behind it but usage and the word DONE.</summary>
internal static class CompletionStreamCheck
{
    private const string Done = "data: [DONE]";

    /// <summary>What a stream tells; a <see cref="FormatException"/> says which rule it breaks.</summary>
    public static Told Read(byte[] body, bool isComplete)
    {
        var frames = Encoding.UTF8.GetString(body).Split("\n\n");
        if (isComplete && frames is not [.., Done, ""]) throw new FormatException($"The stream does not end with the word DONE: {string.Join("\n\n", frames.TakeLast(3))}");
        var told = new Told { Events = frames.Length - 1 };
        foreach (var frame in frames.SkipLast(1).TakeWhile(frame => frame != Done)) told = Read(told, frame);
        if (frames.SkipLast(1).SkipWhile(frame => frame != Done).Count() > 1) throw new FormatException("Something follows the word DONE.");
        return told;
    }

    private static Told Read(Told told, string frame)
    {
        if (!frame.StartsWith("data: {", StringComparison.Ordinal) || frame.Contains('\n')) throw new FormatException($"An event is not one line of data: {frame}");
        var chunk = JsonSerializer.Deserialize<JsonElement>(frame["data: ".Length..]);
        if (chunk.TryGetProperty("error", out var error))
            return told.End is null ? told with { End = Told.Failed, Message = error.GetProperty("message").GetString()! } : throw new FormatException($"An error after the end: {frame}");
        if (chunk.GetProperty("choices").GetArrayLength() == 0) return told;
        if (told.End is not null) throw new FormatException($"An event after the end: {frame}");
        var choice = chunk.GetProperty("choices")[0];
        if (choice.GetProperty("delta").TryGetProperty("content", out var content)) told = told with { Text = told.Text + content.GetString() };
        return choice.GetProperty("finish_reason").ValueKind == JsonValueKind.String ? told with { HasItem = true, End = Told.Completed } : told;
    }
}
