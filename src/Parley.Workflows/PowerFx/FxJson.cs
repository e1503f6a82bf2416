using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Parley.Workflows.PowerFx;

/// <summary>
/// Values as JSON, in two forms. Plain is what agents and people see: a table of plain values is an array of them, a date is a text.
/// Stored is what a variable is kept as, and loses nothing.
/// </summary>
internal static class FxJson
{
    /// <summary>How deep the JSON of a stored value can be; more than JsonDocument reads unless it is told.</summary>
    public const int StoredDepth = 2 * FxRecord.MaxDepth + 1;

    // Dividing by it makes 1.50 the same number with the fewest digits, 1.5.
    private const decimal WithoutTrailingZeros = 1.0000000000000000000000000000m;

    private static readonly JsonWriterOptions CompactForm = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonWriterOptions IndentedForm =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true, NewLine = "\n" };

    /// <summary>For people: indented, with an empty text for blank.</summary>
    public static string Indented(FxValue value) => Text(IndentedForm, writer => ToPlain(value, writer, blankAsText: true));

    /// <summary>Plain JSON in one line.</summary>
    public static string Compact(FxValue value) => Text(CompactForm, writer => ToPlain(value, writer));

    /// <summary>The text that a writer makes.</summary>
    public static string Text(JsonWriterOptions options, Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, options)) write(writer);
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    /// <param name="value">Any value.</param>
    /// <param name="writer">Takes one JSON value.</param>
    /// <param name="blankAsText">Blank is an empty text, not null.</param>
    /// <param name="flatten">A table of plain values is an array of them, not of objects with the member Value.</param>
    public static void ToPlain(FxValue value, Utf8JsonWriter writer, bool blankAsText = false, bool flatten = true)
    {
        switch (value)
        {
            case FxRecord record:
                writer.WriteStartObject();
                foreach (var (name, member) in record.Fields)
                {
                    writer.WritePropertyName(name);
                    ToPlain(member, writer, blankAsText, flatten);
                }
                writer.WriteEndObject();
                break;
            case FxTable table:
                var isList = flatten && table.IsList;
                writer.WriteStartArray();
                foreach (var row in table.Rows) ToPlain(isList ? row.Fields[0].Value : row, writer, blankAsText, flatten);
                writer.WriteEndArray();
                break;
            case FxDateTime date:
                writer.WriteStringValue(FxFormat.Iso(date));
                break;
            case FxBlank when blankAsText:
                writer.WriteStringValue("");
                break;
            default:
                WriteScalar(value, writer);
                break;
        }
    }

    /// <summary>The value of plain JSON: an object is a record, an array a table, null blank.</summary>
    /// <exception cref="FxException">A number has more than 28 digits before the point, or the value is too large.</exception>
    public static FxValue FromPlain(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => ReadRecord(json, FromPlain),
        JsonValueKind.Array => FxTable.Of(json.EnumerateArray().Select(FromPlain)),
        _ => ReadScalar(json),
    };

    /// <summary>Writes a value so that <see cref="FromStored"/> gives it back.</summary>
    public static void ToStored(FxValue value, Utf8JsonWriter writer)
    {
        switch (value)
        {
            case FxDateTime date:
                writer.WriteStartObject();
                writer.WriteString(date.TypeName, date.Value.ToString("O", CultureInfo.InvariantCulture));
                writer.WriteEndObject();
                break;
            case FxRecord record:
                writer.WriteStartObject();
                writer.WritePropertyName("Record");
                WriteMembers(record, writer);
                writer.WriteEndObject();
                break;
            case FxTable table:
                writer.WriteStartArray();
                foreach (var row in table.Rows) WriteMembers(row, writer);
                writer.WriteEndArray();
                break;
            default:
                WriteScalar(value, writer);
                break;
        }
    }

    /// <summary>The value that <see cref="ToStored"/> wrote.</summary>
    /// <exception cref="JsonException">It did not write this.</exception>
    public static FxValue FromStored(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Array)
            return new FxTable(json.EnumerateArray().Select(row => ReadRecord(row, FromStored)).ToValueList());
        if (json.ValueKind != JsonValueKind.Object) return ReadScalar(json);
        foreach (var tagged in json.EnumerateObject())
        {
            if (tagged.Name == "Record") return ReadRecord(tagged.Value, FromStored);
            if (Enum.TryParse<FxDateKind>(tagged.Name, out var kind))
                return new FxDateTime(tagged.Value.GetDateTime().ToUniversalTime(), kind);
        }
        throw new JsonException("not a stored value");
    }

    private static void WriteMembers(FxRecord record, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in record.Fields)
        {
            writer.WritePropertyName(name);
            ToStored(value, writer);
        }
        writer.WriteEndObject();
    }

    private static void WriteScalar(FxValue value, Utf8JsonWriter writer)
    {
        if (value is FxText text) writer.WriteStringValue(text.Value);
        else if (value is FxNumber number) writer.WriteNumberValue(number.Value / WithoutTrailingZeros);
        else if (value is FxBoolean boolean) writer.WriteBooleanValue(boolean.Value);
        else writer.WriteNullValue();
    }

    private static FxRecord ReadRecord(JsonElement json, Func<JsonElement, FxValue> read)
    {
        // JSON allows a name twice; the last one counts.
        var fields = new OrderedDictionary<string, FxValue>(StringComparer.Ordinal);
        foreach (var member in json.EnumerateObject()) fields[member.Name] = read(member.Value);
        return new FxRecord(fields.Select(field => new FxField(field.Key, field.Value)).ToValueList());
    }

    private static FxValue ReadScalar(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => new FxText(json.GetString()!),
        JsonValueKind.Number when json.TryGetDecimal(out var number) => new FxNumber(number),
        JsonValueKind.Number => throw new FxException("a number in the JSON is too large", FxException.Nowhere),
        JsonValueKind.True => FxBoolean.True,
        JsonValueKind.False => FxBoolean.False,
        _ => FxBlank.Value,
    };
}
