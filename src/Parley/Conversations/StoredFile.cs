using Parley.Agents;

namespace Parley.Conversations;

/// <summary>A file that a client has uploaded.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Owner">Whose it is.</param>
/// <param name="Name">As it was called where it came from, without a path.</param>
/// <param name="MediaType">Such as <c>image/png</c>.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="CreatedAt">When it was uploaded.</param>
public sealed record StoredFile(Id Id, string Owner, string Name, string MediaType, long Bytes, DateTimeOffset CreatedAt);

/// <summary>A stored file with its content, to be read once. Dispose it.</summary>
public sealed record OpenedFile(StoredFile File, Stream Content) : IAsyncDisposable
{
    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Content.DisposeAsync();
}

/// <summary>Opens a file of an owner; null if it is absent or another owner's. It is how <see cref="AgentRequest.OpenFileAsync"/> reaches the store.</summary>
public delegate ValueTask<OpenedFile?> FileOpener(string owner, Id file, CancellationToken cancellationToken);
