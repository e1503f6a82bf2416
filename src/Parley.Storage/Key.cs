namespace Parley.Storage;

/// <summary>A key, without what opens the door: that is stored as a hash only.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">Its name, unique.</param>
/// <param name="Owner">Whose things it opens.</param>
/// <param name="Last4">The last four characters, by which people tell keys apart.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record Key(long Id, string Name, string Owner, string Last4, DateTimeOffset CreatedAt);
