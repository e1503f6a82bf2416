using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.ChatCompletions;

/// <summary>The <c>annotations</c> of a message, both ways: citations of pages.</summary>
internal static class ChatAnnotations
{
    public static List<Annotation>? Read(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
        {
            json.Skip();
            return null;
        }

        var list = new List<Annotation>();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.StartObject)
            {
                json.Skip();
                continue;
            }

            Annotation? one = null;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("url_citation"u8)) one = ReadCitation(ref json);
                else json.SkipValue();
            }

            if (one is not null) list.Add(one);
        }

        return list.Count == 0 ? null : list;
    }

    /// <summary>Writes one; false if this protocol has no word for it.</summary>
    public static bool Write(JsonLine json, Annotation annotation)
    {
        if (annotation.Type != "url_citation") return false;
        json.Object().String("type"u8, "url_citation").Name("url_citation"u8).Object()
            .Number("start_index"u8, annotation.Start ?? 0)
            .Number("end_index"u8, annotation.End ?? annotation.Start ?? 0)
            .String("title"u8, annotation.Source.Title ?? "")
            .String("url"u8, annotation.Source.Url ?? "")
            .EndObject().EndObject();
        return true;
    }

    private static Annotation? ReadCitation(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return null;
        }

        int? start = null, end = null;
        string? title = null, url = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("start_index"u8)) start = json.ReadInt();
            else if (json.ValueTextEquals("end_index"u8)) end = json.ReadInt();
            else if (json.ValueTextEquals("title"u8)) title = json.ReadText();
            else if (json.ValueTextEquals("url"u8)) url = json.ReadText();
            else json.SkipValue();
        }

        return new Annotation("url_citation", start ?? 0, end ?? start ?? 0, new Source(title ?? "", url ?? ""));
    }
}
