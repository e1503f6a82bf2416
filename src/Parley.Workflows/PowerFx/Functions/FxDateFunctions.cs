namespace Parley.Workflows.PowerFx;

/// <summary>Dates and times, in UTC.</summary>
internal static class FxDateFunctions
{
    public static FxFunction[] All { get; } =
    [
        new("Now", 0, 0, a => new FxDateTime(Now(a))),
        new("UTCNow", 0, 0, a => new FxDateTime(Now(a))),
        new("Today", 0, 0, a => new FxDateTime(Now(a), FxDateKind.Date)),
        new("UTCToday", 0, 0, a => new FxDateTime(Now(a), FxDateKind.Date)),
        new("IsToday", 1, 1, a => FxBoolean.Of(a.DateTime(0).Value.Date == Now(a).Date)),
        new("IsUTCToday", 1, 1, a => FxBoolean.Of(a.DateTime(0).Value.Date == Now(a).Date)),
        new("TimeZoneOffset", 0, 1, _ => new FxNumber(0)),
        new("Date", 3, 3, a => new FxDateTime(Day(a), FxDateKind.Date)),
        new("Time", 3, 4, a => new FxDateTime(FxDateTime.Epoch + TimeOfDay(a, 0), FxDateKind.Time)),
        new("DateTime", 6, 7, a => new FxDateTime(Day(a) + TimeOfDay(a, 3))),
        new("DateValue", 1, 2, a => Parsed(a, FxDateKind.Date)),
        new("TimeValue", 1, 2, a => Parsed(a, FxDateKind.Time)),
        new("DateTimeValue", 1, 2, a => Parsed(a, FxDateKind.DateTime)),
        new("DateAdd", 2, 3, DateAdd),
        new("DateDiff", 2, 3, DateDiff),
        new("Year", 1, 1, a => Part(a, date => date.Year)),
        new("Month", 1, 1, a => Part(a, date => date.Month)),
        new("Day", 1, 1, a => Part(a, date => date.Day)),
        new("Hour", 1, 1, a => Part(a, date => date.Hour)),
        new("Minute", 1, 1, a => Part(a, date => date.Minute)),
        new("Second", 1, 1, a => Part(a, date => date.Second)),
        new("Weekday", 1, 1, a => Part(a, date => (int)date.DayOfWeek + 1)),
    ];

    private static DateTime Now(FxArguments a) => a.Evaluation.Scope.Time.GetUtcNow().UtcDateTime;

    /// <summary>A month or day out of its range moves the date on or back, and a year below 1900 is counted from there.</summary>
    private static DateTime Day(FxArguments a)
    {
        var year = a.Integer(0);
        return new DateTime(year is >= 0 and < 1900 ? year + 1900 : year, 1, 1, 0, 0, 0, DateTimeKind.Utc)
            .AddMonths(a.Integer(1) - 1)
            .AddDays(a.Integer(2) - 1);
    }

    private static TimeSpan TimeOfDay(FxArguments a, int first) =>
        new(0, a.Integer(first), a.Integer(first + 1), a.Integer(first + 2), a.Integer(first + 3, 0));

    private static FxValue Parsed(FxArguments a, FxDateKind kind) =>
        a.Value(0) is { IsBlank: false } value ? new FxDateTime(FxCoercion.ToDateTime(value, a.At(0)).Value, kind) : FxBlank.Value;

    private static FxValue Part(FxArguments a, Func<DateTime, int> part) => new FxNumber(part(a.DateTime(0).Value));

    private static FxDateTime DateAdd(FxArguments a)
    {
        var date = a.DateTime(0);
        var count = a.Integer(1);
        var unit = Unit(a);
        var sum = unit switch
        {
            "milliseconds" => date.Value.AddMilliseconds(count),
            "seconds" => date.Value.AddSeconds(count),
            "minutes" => date.Value.AddMinutes(count),
            "hours" => date.Value.AddHours(count),
            "days" => date.Value.AddDays(count),
            "months" => date.Value.AddMonths(count),
            "quarters" => date.Value.AddMonths(checked(count * 3)),
            _ => date.Value.AddYears(count),
        };
        var isPartOfDay = unit is "milliseconds" or "seconds" or "minutes" or "hours";
        return new FxDateTime(sum, date.Kind == FxDateKind.Date && isPartOfDay ? FxDateKind.DateTime : date.Kind);
    }

    /// <summary>Whole units from the first date to the second; for months, quarters and years, the borders between.</summary>
    private static FxNumber DateDiff(FxArguments a)
    {
        var start = a.DateTime(0).Value;
        var end = a.DateTime(1).Value;
        var span = end - start;
        var months = (end.Year - start.Year) * 12 + end.Month - start.Month;
        return new FxNumber(Unit(a) switch
        {
            "milliseconds" => span.Ticks / TimeSpan.TicksPerMillisecond,
            "seconds" => span.Ticks / TimeSpan.TicksPerSecond,
            "minutes" => span.Ticks / TimeSpan.TicksPerMinute,
            "hours" => span.Ticks / TimeSpan.TicksPerHour,
            "days" => span.Ticks / TimeSpan.TicksPerDay,
            "months" => months,
            "quarters" => (end.Year - start.Year) * 4 + (end.Month - 1) / 3 - (start.Month - 1) / 3,
            _ => end.Year - start.Year,
        });
    }

    private static string Unit(FxArguments a)
    {
        var unit = a.Word(2, "days").ToLowerInvariant();
        return unit is "milliseconds" or "seconds" or "minutes" or "hours" or "days" or "months" or "quarters" or "years"
            ? unit
            : throw a.ErrorAt(2, "the unit is one of TimeUnit, such as TimeUnit.Days");
    }
}
