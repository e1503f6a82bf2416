using System.Globalization;
using Parley.Runs;
using Parley.Workflows.Outside;

namespace Parley.AspNetCore.Configuration;

/// <summary>The notations of all types that settings and agent files use.</summary>
internal static class Notations
{
    private static readonly (string Unit, TimeSpan Each)[] TimeUnits =
    [
        // Longer names first: "ms" also ends with "s".
        ("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1)), ("h", TimeSpan.FromHours(1)), ("d", TimeSpan.FromDays(1)),
    ];

    private static readonly (string Unit, long Each)[] SizeUnits = [("GB", 1L << 30), ("MB", 1L << 20), ("KB", 1L << 10), ("B", 1)];

    /// <summary>Any text.</summary>
    public static Notation<string> Text { get; } = new("a text", (string text, out string value) => (value = text) is not null, value => value);

    public static Notation<bool> Switch { get; } = new("true or false",
        (string text, out bool value) => bool.TryParse(text, out value), value => value ? "true" : "false");

    /// <summary>A part of a whole, such as <c>0.01</c>.</summary>
    public static Notation<double> Fraction { get; } = new("a number from 0 to 1, such as 0.01",
        (string text, out double value) => double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value) && value is >= 0 and <= 1,
        value => value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Such as <c>60ms</c>, <c>30s</c>, <c>5m</c>, <c>12h</c>, <c>7d</c>; <c>0</c> needs no unit.</summary>
    public static Notation<TimeSpan> Duration { get; } = new("a duration such as 60ms, 30s, 5m, 12h or 7d", TryParseDuration, FormatDuration);

    /// <summary>A duration that a timer can wait for: at least a millisecond, at most 40 days.</summary>
    public static Notation<TimeSpan> Wait { get; } = new("a duration from 1ms to 40d, such as 30s",
        (string text, out TimeSpan value) => TryParseDuration(text, out value) && value >= TimeSpan.FromMilliseconds(1) && value <= TimeSpan.FromDays(40), FormatDuration);

    /// <summary>The same, or no wait at all.</summary>
    public static Notation<TimeSpan> WaitOrNone { get; } = new("a duration up to 40d, such as 5s, or 0",
        (string text, out TimeSpan value) => TryParseDuration(text, out value) && value <= TimeSpan.FromDays(40), FormatDuration);

    /// <summary><c>continue</c>, <c>cancel</c>, or <c>grace</c> and a time such as <c>30 s</c>.</summary>
    public static Notation<DisconnectPolicy> OnDisconnect { get; } = new("cancel, continue, or grace and a time from 1ms to 40d, such as grace 30 s", TryParseOnDisconnect, FormatOnDisconnect);

    /// <summary>How Tongyi's clients are answered.</summary>
    public static Notation<TongyiDialect> Dialect { get; } = Choice<TongyiDialect>();

    /// <summary>Such as <c>20MB</c>, in powers of 1024.</summary>
    public static Notation<long> Size { get; } = new("a size such as 512KB or 20MB", TryParseSize, FormatSize);

    /// <summary>The URL to listen on: http, a host and a port, nothing behind.</summary>
    public static Notation<Uri> ListenUrl { get; } = new("a URL such as http://127.0.0.1:5080: http, localhost or an address, a port (for TLS put a proxy in front)",
        (string text, out Uri value) => Uri.TryCreate(text, UriKind.Absolute, out value!) && value is { Scheme: "http", PathAndQuery: "/", UserInfo: "", Fragment: "" }
            && (value.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6 || value.Host == "localhost"),
        value => value.GetLeftPart(UriPartial.Authority));

    /// <summary>The URL of a peer.</summary>
    public static Notation<Uri> PeerUrl { get; } = new("a URL such as http://127.0.0.1:11434/v1",
        (string text, out Uri value) => Uri.TryCreate(text, UriKind.Absolute, out value!) && value.Scheme is "http" or "https",
        value => value.ToString());

    /// <summary>Hosts that may be called, separated by commas.</summary>
    public static Notation<ValueList<string>> Hosts { get; } = new("hosts such as api.example.com, *.example.com or localhost:8080, separated by commas",
        (string text, out ValueList<string> value) => OutsideHosts.TryParse(value = Split(text), out _), value => string.Join(", ", value));

    /// <summary>Names of variables, separated by commas.</summary>
    public static Notation<ValueList<string>> Names { get; } = new("names of variables such as API_KEY, separated by commas",
        (string text, out ValueList<string> value) => (value = Split(text)).All(name => !char.IsAsciiDigit(name[0]) && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_')),
        value => string.Join(", ", value));

    /// <summary>A whole number within limits.</summary>
    public static Notation<int> Integer(int least, int most) => new(
        string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}"),
        (string text, out int value) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= least && value <= most,
        value => value.ToString(CultureInfo.InvariantCulture));

    /// <summary>One of the names of an enumeration, in small letters.</summary>
    public static Notation<T> Choice<T>() where T : struct, Enum
    {
        var names = Enum.GetNames<T>().Select(name => name.ToLowerInvariant()).ToArray();
        return new(
            names.Length == 2 ? $"{names[0]} or {names[1]}" : "one of " + string.Join(", ", names),
            (string text, out T value) =>
            {
                var index = Array.IndexOf(names, text);
                value = index < 0 ? default : Enum.GetValues<T>()[index];
                return index >= 0;
            },
            value => names[Array.IndexOf(Enum.GetValues<T>(), value)]);
    }

    private static bool TryParseDuration(string text, out TimeSpan value)
    {
        value = default;
        if (text == "0") return true;
        foreach (var (unit, each) in TimeUnits)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal)) continue;
            if (!decimal.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return false;
            if (number > 100_000_000m || number * each.Ticks > TimeSpan.FromDays(36_500).Ticks) return false;
            value = TimeSpan.FromTicks((long)(number * each.Ticks));
            return true;
        }

        return false;
    }

    private static string FormatDuration(TimeSpan value)
    {
        if (value == TimeSpan.Zero) return "0";
        foreach (var (unit, each) in TimeUnits.Reverse())
            if (value.Ticks % each.Ticks == 0) return string.Create(CultureInfo.InvariantCulture, $"{value.Ticks / each.Ticks}{unit}");
        return string.Create(CultureInfo.InvariantCulture, $"{value.TotalMilliseconds}ms");
    }

    private static bool TryParseOnDisconnect(string text, out DisconnectPolicy policy)
    {
        const string grace = "grace ";
        policy = text == "cancel" ? DisconnectPolicy.Cancel : DisconnectPolicy.Continue;
        if (!text.StartsWith(grace, StringComparison.Ordinal)) return text is "cancel" or "continue";
        if (!Wait.TryParse(text[grace.Length..].Replace(" ", "", StringComparison.Ordinal), out var time)) return false;
        policy = DisconnectPolicy.Grace(time);
        return true;
    }

    private static string FormatOnDisconnect(DisconnectPolicy policy)
        => policy.After is not { } after ? "continue" : after == TimeSpan.Zero ? "cancel" : "grace " + FormatDuration(after);

    private static ValueList<string> Split(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToValueList();

    private static bool TryParseSize(string text, out long value)
    {
        value = 0;
        foreach (var (unit, each) in SizeUnits)
        {
            if (!text.EndsWith(unit, StringComparison.OrdinalIgnoreCase)) continue;
            return long.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number <= long.MaxValue / each && (value = number * each) >= 0;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    private static string FormatSize(long value)
    {
        foreach (var (unit, each) in SizeUnits)
            if (value != 0 && value % each == 0) return string.Create(CultureInfo.InvariantCulture, $"{value / each}{unit}");
        return "0B";
    }
}
