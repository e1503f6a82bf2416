namespace Parley.Storage;

/// <summary>The data cannot be opened. The message is for people and says what to do.</summary>
public sealed class StoreException(string message, Exception? inner = null) : Exception(message, inner);
