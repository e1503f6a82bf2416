using System.Globalization;

namespace Parley.Runs;

/// <summary>What happens to a run whose last client has gone.</summary>
/// <param name="After">How long it may go on alone before it is cancelled; null: to its end.</param>
public readonly record struct DisconnectPolicy(TimeSpan? After) : IWord<DisconnectPolicy>
{
    /// <summary>It goes on, and its answer is stored.</summary>
    public static DisconnectPolicy Continue => default;

    /// <summary>It is cancelled.</summary>
    public static DisconnectPolicy Cancel => new(TimeSpan.Zero);

    /// <summary>It is cancelled unless a client comes back within this time.</summary>
    public static DisconnectPolicy Grace(TimeSpan time) => new(time);

    // As it is stored.
    string IWord<DisconnectPolicy>.Word
        => After is not { } after ? nameof(Continue) : after == TimeSpan.Zero ? nameof(Cancel) : after.ToString("c", CultureInfo.InvariantCulture);

    static DisconnectPolicy IWord<DisconnectPolicy>.Of(string word) => word switch
    {
        nameof(Continue) => Continue,
        nameof(Cancel) => Cancel,
        _ => Grace(TimeSpan.ParseExact(word, "c", CultureInfo.InvariantCulture)),
    };
}
