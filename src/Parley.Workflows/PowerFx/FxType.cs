using System.Text.Json;

namespace Parley.Workflows.PowerFx;

internal enum FxTypeKind { String, Number, Boolean, DateTime, Date, Time, Record, Table }

/// <summary>A type that a value, often the text of a model, is turned into.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Properties">The members of a record or the columns of a table; null for any.</param>
internal sealed record FxType(FxTypeKind Kind, ValueList<FxProperty>? Properties = null)
{
    /// <summary>The type of this name, in any case, or null.</summary>
    public static FxType? Named(string name, ValueList<FxProperty>? properties = null) =>
        Enum.TryParse<FxTypeKind>(name, ignoreCase: true, out var kind) && char.IsAsciiLetter(name[0]) ? new FxType(kind, properties) : null;

    /// <summary>The value as this type; blank stays blank. For a record or a table, text is read as JSON, perhaps in a fence.</summary>
    /// <exception cref="FxException">It is none; the message names the member.</exception>
    public FxValue Convert(FxValue value) => Convert(value, "the value");

    private FxValue Convert(FxValue value, string what) => (Kind, value) switch
    {
        (_, FxBlank) => value,
        (FxTypeKind.Record or FxTypeKind.Table, FxText text) => Convert(Parse(text.Value, what), what),
        (FxTypeKind.Record, FxRecord record) => Shape(record, what),
        (FxTypeKind.Record, FxTable { Rows: { Count: 1 } rows }) when Properties is not null => Shape(rows[0], what),
        (FxTypeKind.Table, FxTable table) => Shape(table, what),
        (FxTypeKind.Record or FxTypeKind.Table, _) => throw Wrong(value, what),
        (_, FxRecord record) when record.Unwrap() is { } inner => Convert(inner, what),
        (_, FxRecord or FxTable) => throw Wrong(value, what),
        _ => Scalar(value, what),
    };

    private FxValue Scalar(FxValue value, string what)
    {
        try
        {
            return Kind switch
            {
                FxTypeKind.String => new FxText(FxCoercion.ToText(value, FxException.Nowhere)),
                FxTypeKind.Boolean => FxBoolean.Of(FxCoercion.ToBoolean(value, FxException.Nowhere)),
                FxTypeKind.Number => value is FxText { Value: var text } && string.IsNullOrWhiteSpace(text)
                    ? FxBlank.Value
                    : new FxNumber(FxCoercion.ToNumber(value, FxException.Nowhere)),
                FxTypeKind.Date => new FxDateTime(FxCoercion.ToDateTime(value, FxException.Nowhere).Value, FxDateKind.Date),
                FxTypeKind.Time => new FxDateTime(FxCoercion.ToDateTime(value, FxException.Nowhere).Value, FxDateKind.Time),
                _ => new FxDateTime(FxCoercion.ToDateTime(value, FxException.Nowhere).Value),
            };
        }
        catch (Exception exception) when (exception is FxException or ArgumentOutOfRangeException or OverflowException)
        {
            throw Wrong(value, what);
        }
    }

    private FxRecord Shape(FxRecord record, string what)
    {
        if (Properties is not { } properties) return record;
        return new FxRecord(properties.Select(property =>
        {
            var value = record.Find(property.Name) ?? throw Error($"{what} has no '{property.Name}'");
            return new FxField(property.Name, property.Type.Convert(value, $"'{property.Name}'"));
        }).ToValueList());
    }

    private FxTable Shape(FxTable table, string what)
    {
        if (Properties is not null) return new FxTable(table.Rows.Select(row => Shape(row, $"a row of {what}")).ToValueList());
        var values = table.Rows.Select(row => row.Unwrap() ?? row).Where(value => value is not FxBlank);
        var kinds = values.Select(value => value.TypeName).Distinct();
        return kinds.Count() > 1 ? throw Error($"{what} is a list of values of several types") : table;
    }

    private FxException Wrong(FxValue value, string what) => Error($"{what} is a {value.TypeName} that is no {Kind}");

    private static FxException Error(string problem) => new(problem, FxException.Nowhere);

    private static FxValue Parse(string text, string what)
    {
        try
        {
            using var document = JsonDocument.Parse(WithoutFence(text));
            // A text inside the text would be read again and again.
            return FxJson.FromPlain(document.RootElement) is var value and not FxText ? value : throw Error($"{what} is only a text");
        }
        catch (JsonException)
        {
            throw Error($"{what} is not JSON");
        }
    }

    /// <summary>Models like to put JSON between lines of three backticks.</summary>
    private static string WithoutFence(string text)
    {
        var content = text.Trim();
        if (!content.StartsWith("```", StringComparison.Ordinal) || !content.EndsWith("```", StringComparison.Ordinal)) return content;
        var firstLine = content.IndexOf('\n');
        return firstLine < 0 || content.Length < 6 ? content.Trim('`') : content[firstLine..^3];
    }
}

/// <summary>A member of a record or a column of a table. It may be blank, but not left out.</summary>
internal sealed record FxProperty(string Name, FxType Type);
