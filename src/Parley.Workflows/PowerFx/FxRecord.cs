namespace Parley.Workflows.PowerFx;

/// <summary>A member of a record.</summary>
internal readonly record struct FxField(string Name, FxValue Value);

/// <summary>Named values in the order in which they were written; equal to a record with the same members in another order.</summary>
internal sealed record FxRecord : FxValue
{
    /// <summary>The column of a table made of plain values.</summary>
    public const string ValueColumn = "Value";

    /// <summary>Records and tables inside one another.</summary>
    public const int MaxDepth = 64;

    /// <summary>See <see cref="FxValue.Weight"/>.</summary>
    public const long MaxWeight = 8_000_000;

    // So many names are found as fast by looking at one after the other.
    private const int FewFields = 16;

    private readonly int _depth;
    private readonly long _weight;
    private Dictionary<string, FxValue>? _byName;

    /// <param name="fields">Members with different names.</param>
    /// <exception cref="FxException">The value would be too deep or too large.</exception>
    public FxRecord(ValueList<FxField> fields)
    {
        Fields = fields;
        (_depth, _weight) = (0, 1);
        foreach (var (name, value) in fields)
        {
            _depth = Math.Max(_depth, value.Depth);
            _weight += name.Length + value.Weight;
        }
        _depth = Measure(_depth, _weight);
    }

    public static FxRecord Empty { get; } = new([]);

    public ValueList<FxField> Fields { get; }

    public override string TypeName => "Record";

    public override int Depth => _depth;

    public override long Weight => _weight;

    /// <summary>The member, or blank.</summary>
    public FxValue this[string name] => Find(name) ?? FxBlank.Value;

    /// <summary>A record of these members.</summary>
    public static FxRecord Of(params ReadOnlySpan<FxField> fields) => new(ValueList.Create(fields));

    /// <summary>A row of a table made of plain values; a record is a row already.</summary>
    public static FxRecord Row(FxValue value) => value as FxRecord ?? Of(new FxField(ValueColumn, value));

    /// <summary>The member, or null. Names are case-sensitive.</summary>
    public FxValue? Find(string name)
    {
        if (Fields.Count > FewFields) return (_byName ??= IndexOf(Fields)).GetValueOrDefault(name);
        foreach (var field in Fields)
        {
            if (field.Name == name) return field.Value;
        }
        return null;
    }

    /// <summary>This record with a member set; a new one comes last.</summary>
    public FxRecord With(string name, FxValue value)
    {
        var fields = new List<FxField>(Fields);
        var index = fields.FindIndex(field => field.Name == name);
        if (index < 0) fields.Add(new FxField(name, value));
        else fields[index] = new FxField(name, value);
        return new FxRecord(fields.ToValueList());
    }

    /// <summary>The value of a row of plain values, or null.</summary>
    public FxValue? Unwrap() => Fields.Count == 1 && Fields[0].Name == ValueColumn ? Fields[0].Value : null;

    public bool Equals(FxRecord? other)
    {
        if (ReferenceEquals(this, other)) return true;
        if (other is null || other.Fields.Count != Fields.Count || other.Weight != Weight) return false;
        foreach (var (name, value) in Fields)
        {
            if (other.Find(name) is not { } theirs || !value.Equals(theirs)) return false;
        }
        return true;
    }

    public override int GetHashCode()
    {
        var hash = Fields.Count;
        foreach (var field in Fields) hash += field.GetHashCode();
        return hash;
    }

    private static Dictionary<string, FxValue> IndexOf(ValueList<FxField> fields)
    {
        var byName = new Dictionary<string, FxValue>(fields.Count, StringComparer.Ordinal);
        foreach (var (name, value) in fields) byName.TryAdd(name, value);
        return byName;
    }

    /// <summary>The depth of a value around parts of this depth, if it may be.</summary>
    internal static int Measure(int depthOfParts, long weight)
    {
        if (depthOfParts >= MaxDepth) throw TooLarge($"records and tables may be {MaxDepth} deep inside one another");
        if (weight > MaxWeight) throw TooLarge($"a value may have {MaxWeight} characters and parts altogether");
        return depthOfParts + 1;

        static FxException TooLarge(string problem) => new(problem, FxException.Nowhere, isLimit: true);
    }
}
