namespace Parley.Storage;

/// <summary>
/// Where a message is in its tree. Positions count along the path from the root, whatever branches it runs through, so that those of
/// one path can be compared.
/// </summary>
/// <param name="Message">The message; none before the first.</param>
/// <param name="Branch">Its branch, called by the id of the branch's first message.</param>
/// <param name="Position">1 at the root.</param>
/// <param name="Section">Its section.</param>
/// <param name="Stretch">The position at which the unbroken stretch of its section began.</param>
internal readonly record struct Place(Id Message, long Branch, long Position, Id Section, long Stretch)
{
    /// <summary>Before the first message.</summary>
    public static Place Root => default;
}
