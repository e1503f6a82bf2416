using System.Globalization;

namespace Parley.Runs;

/// <summary>A text that a fold did not keep, because the run's log has it.</summary>
/// <param name="Item">The item's ordinal.</param>
/// <param name="Part">The part's ordinal in the item.</param>
/// <param name="First">The sequence of an event before its first delta, or of the part's end if that replaced it.</param>
public readonly record struct LeftText(int Item, int Part, long First)
{
    /// <summary>What a mark begins with, a character that no text has use for. A text that has it nevertheless is left.</summary>
    public const char Sign = '\uFDD0';

    /// <summary>What a mark ends with: how it is escaped tells in how many strings it stands.</summary>
    public const char Close = '"';

    /// <summary>What stands for the text with this number.</summary>
    public static string MarkOf(int number) => string.Create(CultureInfo.InvariantCulture, $"{Sign}{number}{Close}");
}
