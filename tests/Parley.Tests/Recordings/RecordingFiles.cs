using System.Text;
using Parley.Protocols.Recordings;

namespace Parley.Tests.Recordings;

/// <summary>Recordings made by hand.</summary>
internal static class RecordingFiles
{
    public static string Write(string path, params IEnumerable<RecordingEntry> entries)
    {
        File.WriteAllBytes(path, RecordingFormatTests.Write(entries));
        return path;
    }

    /// <summary>A whole exchange of Chat Completions in which each word comes at its time.</summary>
    public static IEnumerable<RecordingEntry> Chat(int number, string question, params (int At, string Text)[] words) =>
    [
        Asked(number, question), Answered(number), .. words.Select(word => Said(number, word.At, word.Text)),
        Piece(number, words[^1].At, "data: {\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"),
        new RecordedEnd(number, words[^1].At, ExchangeEnd.Complete),
    ];

    public static RecordedRequest Asked(int number, string question, string path = "/v1/chat/completions") => new(
        number, default, "POST", path, [], Encoding.UTF8.GetBytes($"{{\"model\":\"m\",\"messages\":[{{\"role\":\"system\",\"content\":\"Be kind.\"}},{{\"role\":\"user\",\"content\":\"{question}\"}}]}}"));

    public static RecordedResponse Answered(int number, int status = 200) => new(number, 10, status, [new("Content-Type", "text/event-stream")]);

    public static RecordedData Said(int number, int at, string text)
        => Piece(number, at, $"data: {{\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}},\"finish_reason\":null}}]}}\n\n");

    public static RecordedData Piece(int number, int at, string text) => new(number, at, Encoding.UTF8.GetBytes(text));
}
