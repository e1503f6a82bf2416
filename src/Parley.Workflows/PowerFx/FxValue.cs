namespace Parley.Workflows.PowerFx;

/// <summary>A value of a formula: immutable, equal by value.</summary>
internal abstract record FxValue
{
    private protected FxValue()
    {
    }

    /// <summary>The name of its type in messages.</summary>
    public abstract string TypeName { get; }

    /// <summary>Blank, or what functions about blanks take for one: an empty text, a row that was made of blank.</summary>
    public bool IsBlank => this is FxBlank or FxText { Value: "" } or FxRecord { Fields.Count: 0 };

    /// <summary>How many records and tables are inside one another.</summary>
    public virtual int Depth => 0;

    /// <summary>Its size in characters and values: a value which holds one part many times is as large as its text would be.</summary>
    public virtual long Weight => 1;

    /// <summary>As a template shows it.</summary>
    public sealed override string ToString() => FxFormat.Template(this);
}

/// <summary>No value: an unset variable, a missing member, an empty cell.</summary>
internal sealed record FxBlank : FxValue
{
    private FxBlank()
    {
    }

    public static FxBlank Value { get; } = new();

    public override string TypeName => "Blank";
}

/// <summary>A decimal number of up to 28 digits, so that 0.1 + 0.2 is 0.3 and long ids keep their digits.</summary>
internal sealed record FxNumber(decimal Value) : FxValue
{
    public override string TypeName => "Number";
}

/// <summary>Text, in UTF-16 as .NET counts it.</summary>
internal sealed record FxText(string Value) : FxValue
{
    public static FxText Empty { get; } = new("");

    public override string TypeName => "Text";

    public override long Weight => Value.Length + 1;
}

internal sealed record FxBoolean : FxValue
{
    private FxBoolean(bool value) => Value = value;

    public static FxBoolean True { get; } = new(true);

    public static FxBoolean False { get; } = new(false);

    public bool Value { get; }

    public override string TypeName => "Boolean";

    public static FxBoolean Of(bool value) => value ? True : False;
}

/// <summary>Which part of a <see cref="FxDateTime"/> counts.</summary>
internal enum FxDateKind { DateTime, Date, Time }

/// <summary>A date, a time of the day, or both, in UTC. A time of the day is on <see cref="Epoch"/>.</summary>
internal sealed record FxDateTime : FxValue
{
    /// <summary>Day 0 when a date is a number.</summary>
    public static readonly DateTime Epoch = new(1899, 12, 30, 0, 0, 0, DateTimeKind.Utc);

    public FxDateTime(DateTime value, FxDateKind kind = FxDateKind.DateTime)
    {
        Kind = kind;
        Value = DateTime.SpecifyKind(
            kind switch { FxDateKind.Date => value.Date, FxDateKind.Time => Epoch + value.TimeOfDay, _ => value },
            DateTimeKind.Utc);
    }

    public DateTime Value { get; }

    public FxDateKind Kind { get; }

    /// <summary>Days since <see cref="Epoch"/>.</summary>
    public decimal Days => (decimal)(Value - Epoch).Ticks / TimeSpan.TicksPerDay;

    public override string TypeName => Kind switch { FxDateKind.Date => "Date", FxDateKind.Time => "Time", _ => "DateTime" };

    /// <summary>The date that is this many days after <see cref="Epoch"/>.</summary>
    public static FxDateTime FromDays(decimal days, FxDateKind kind) => new(Epoch.AddTicks((long)(days * TimeSpan.TicksPerDay)), kind);
}
