using System.Text.Json;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>Reads annotations: citations of pages and of files.</summary>
internal static class ResponsesNotes
{
    /// <summary>The annotations of a part.</summary>
    public static IEnumerable<Annotation> Read(JsonElement part)
        => part.TryGetProperty("annotations", out var notes) && notes.ValueKind == JsonValueKind.Array ? notes.EnumerateArray().Select(ReadOne).OfType<Annotation>() : [];

    /// <summary>One annotation; null if it is none that can be carried.</summary>
    public static Annotation? ReadOne(JsonElement note) => ResponsesHeads.Text(note, "type") switch
    {
        "url_citation" => new Annotation("url_citation", ResponsesHeads.Number(note, "start_index") ?? 0, ResponsesHeads.Number(note, "end_index") ?? ResponsesHeads.Number(note, "start_index") ?? 0,
            new Source(ResponsesHeads.Text(note, "title") ?? "", ResponsesHeads.Text(note, "url") ?? "")),
        "file_citation" => new Annotation("file_citation", ResponsesHeads.Number(note, "index") ?? 0, null,
            new Source(ResponsesHeads.Text(note, "filename") ?? "", null, Document: ResponsesHeads.Text(note, "file_id") ?? "")),
        _ => null,
    };
}
