using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Parley.AspNetCore.Configuration.Yaml;

/// <summary>YAML as JSON, by YAML's core schema: a plain <c>12</c> is a number, a quoted one a text.</summary>
internal static class YamlJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static RawJson Write(YamlNode node, Func<YamlScalarNode, string> textOf)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Options)) Write(node, json, textOf);
        return new RawJson(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    /// <summary>Whether a scalar says that there is no value.</summary>
    public static bool IsNull(YamlScalarNode scalar) => scalar.Style == ScalarStyle.Plain && scalar.Value is null or "" or "~" or "null";

    private static void Write(YamlNode node, Utf8JsonWriter json, Func<YamlScalarNode, string> textOf)
    {
        switch (node)
        {
            case YamlMappingNode mapping:
                json.WriteStartObject();
                foreach (var (key, value) in mapping.Children)
                {
                    json.WritePropertyName((key as YamlScalarNode)?.Value ?? "");
                    Write(value, json, textOf);
                }

                json.WriteEndObject();
                break;
            case YamlSequenceNode list:
                json.WriteStartArray();
                foreach (var item in list.Children) Write(item, json, textOf);
                json.WriteEndArray();
                break;
            case YamlScalarNode scalar:
                Write(scalar, textOf(scalar), json);
                break;
        }
    }

    private static void Write(YamlScalarNode scalar, string text, Utf8JsonWriter json)
    {
        if (scalar.Style != ScalarStyle.Plain) json.WriteStringValue(text);
        else if (IsNull(scalar)) json.WriteNullValue();
        else if (text is "true" or "True" or "TRUE") json.WriteBooleanValue(true);
        else if (text is "false" or "False" or "FALSE") json.WriteBooleanValue(false);
        else if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) json.WriteNumberValue(whole);
        else if (decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)) json.WriteNumberValue(number);
        else json.WriteStringValue(text);
    }
}
