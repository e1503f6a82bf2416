using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.DashScope;

/// <summary>What was found in the web (<c>search_results</c>) or in an application's documents (<c>doc_references</c>), both ways.</summary>
internal static class DashScopeSources
{
    /// <summary>Reads the array.</summary>
    public static ValueList<Source> Read(ReadOnlySpan<byte> array)
    {
        var found = new List<Source>();
        var json = new Utf8JsonReader(array);
        json.Read();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.StartObject)
            {
                json.Skip();
                continue;
            }

            string? title = null, url = null, text = null, document = null;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("title"u8)) title = json.ReadText();
                else if (json.ValueTextEquals("url"u8) || json.ValueTextEquals("doc_url"u8)) url = json.ReadText();
                else if (json.ValueTextEquals("text"u8)) text = json.ReadText();
                else if (json.ValueTextEquals("doc_name"u8)) document = json.ReadText();
                else json.SkipValue();
            }

            found.Add(new Source(title, url, text, Document: document));
        }

        return found.ToValueList();
    }

    /// <summary>Writes them as an application, or as a model tells them.</summary>
    public static void Write(JsonLine json, ValueList<Source> sources, bool isApp)
    {
        json.Array();
        for (var i = 0; i < sources.Count; i++)
        {
            var source = sources[i];
            json.Object();
            if (isApp) json.Name("index_id"u8).String(FormattableString.Invariant($"{i + 1}"));
            else json.Number("index"u8, i + 1);
            if (source.Title is not null) json.String("title"u8, source.Title);
            if (source.Url is not null) json.String(isApp ? "doc_url"u8 : "url"u8, source.Url);
            if (source.Text is not null) json.String("text"u8, source.Text);
            if (source.Document is not null) json.String("doc_name"u8, source.Document);
            json.EndObject();
        }

        json.EndArray();
    }
}
