using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Parley.Conversations;
using Parley.Runs;

namespace Parley;

/// <summary>The canonical records as JSON, for stores only: no wire ever sees it. A member is added freely, and never renamed.</summary>
public static class CanonicalJson
{
    private static readonly CanonicalJsonContext Context =
        new(new JsonSerializerOptions(CanonicalJsonContext.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>The record as JSON text.</summary>
    public static string Write<T>(T value) => JsonSerializer.Serialize(value, TypeInfo<T>());

    /// <summary>The record as UTF-8 JSON.</summary>
    public static byte[] WriteUtf8<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, TypeInfo<T>());

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static T Read<T>(string json) => JsonSerializer.Deserialize(json, TypeInfo<T>())!;

    /// <summary>Reads what <see cref="WriteUtf8"/> wrote.</summary>
    public static T Read<T>(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, TypeInfo<T>())!;

    private static JsonTypeInfo<T> TypeInfo<T>() => Known<T>.Info;

    private static class Known<T>
    {
        public static readonly JsonTypeInfo<T> Info = (JsonTypeInfo<T>?)Context.GetTypeInfo(typeof(T))
            ?? throw new NotSupportedException($"{typeof(T).Name} is not a canonical record.");
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    Converters =
    [
        typeof(IdConverter), typeof(RawJsonConverter),
        typeof(WordConverter<Protocol>), typeof(WordConverter<Role>), typeof(WordConverter<FinishReason>), typeof(WordConverter<DisconnectPolicy>),
        typeof(ValueListConverter<Id>), typeof(ValueListConverter<string>), typeof(ValueListConverter<KeyValuePair<string, string>>),
        typeof(ValueListConverter<Content>), typeof(ValueListConverter<Annotation>), typeof(ValueListConverter<Source>),
        typeof(ValueListConverter<RequiredAction>), typeof(ValueListConverter<ToolDefinition>),
    ])]
[JsonSerializable(typeof(RunEvent))]
[JsonSerializable(typeof(RunEnded))]
[JsonSerializable(typeof(Item))]
[JsonSerializable(typeof(Content))]
[JsonSerializable(typeof(Annotation))]
[JsonSerializable(typeof(Source))]
[JsonSerializable(typeof(RequiredAction))]
[JsonSerializable(typeof(ToolDefinition))]
[JsonSerializable(typeof(KeyValuePair<string, string>))]
[JsonSerializable(typeof(ValueList<Content>))]
[JsonSerializable(typeof(ValueList<Id>))]
[JsonSerializable(typeof(ValueList<string>))]
[JsonSerializable(typeof(ValueList<KeyValuePair<string, string>>))]
[JsonSerializable(typeof(ModelRequest))]
[JsonSerializable(typeof(Leftover))]
[JsonSerializable(typeof(AgentRef))]
[JsonSerializable(typeof(Run))]
[JsonSerializable(typeof(Message))]
[JsonSerializable(typeof(Conversation))]
internal sealed partial class CanonicalJsonContext : JsonSerializerContext;

internal sealed class IdConverter : JsonConverter<Id>
{
    public override Id Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetInt64());

    public override void Write(Utf8JsonWriter writer, Id value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Value);
}

internal sealed class RawJsonConverter : JsonConverter<RawJson>
{
    // Kept as a string, not as nested JSON: what comes back is then the same text to the byte.
    public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetString()!);

    public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) => writer.WriteStringValue(value.Text);
}

internal sealed class WordConverter<T> : JsonConverter<T> where T : struct, IWord<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => T.Of(reader.GetString()!);

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(((IWord<T>)value).Word);
}

internal sealed class ValueListConverter<T> : JsonConverter<ValueList<T>>
{
    public override ValueList<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var type = (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
        var items = new List<T>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) items.Add(JsonSerializer.Deserialize(ref reader, type)!);
        return items.ToValueList();
    }

    public override void Write(Utf8JsonWriter writer, ValueList<T> value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        if (value.Count > 0)
        {
            var type = (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
            foreach (var item in value) JsonSerializer.Serialize(writer, item, type);
        }

        writer.WriteEndArray();
    }
}
