namespace Parley.Protocols.Upstream;

/// <summary>A small call to a peer, whose answer is one JSON text.</summary>
public sealed record UpstreamPost
{
    /// <summary>Where to.</summary>
    public required Uri Url { get; init; }

    /// <summary>The request, JSON; unless it is a <see cref="File"/>.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>A file to send, as a form with this one field.</summary>
    public UpstreamFile? File { get; init; }

    /// <summary>The key, sent as a bearer token; never logged.</summary>
    public string? Key { get; init; }

    /// <summary>More headers.</summary>
    public ValueList<KeyValuePair<string, string>> Headers { get; init; }

    /// <summary>How long it may take: the answer as long as a first event, counted from the last piece of a file that the peer took.</summary>
    public UpstreamTimeouts Timeouts { get; init; } = new();

    /// <summary>Reads an answer whose status is not 2xx.</summary>
    public required ErrorReader ReadError { get; init; }
}

/// <summary>A file on its way to a peer.</summary>
/// <param name="Field">The name of the form's field.</param>
/// <param name="Name">The file's name.</param>
/// <param name="MediaType">Such as <c>image/png</c>.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Content">Its content, read once, from where it stands.</param>
public sealed record UpstreamFile(string Field, string Name, string MediaType, long Bytes, Stream Content);
