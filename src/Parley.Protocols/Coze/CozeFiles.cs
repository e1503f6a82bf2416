using Parley.Agents;
using Parley.Conversations;
using Parley.Protocols.Upstream;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>The files of the messages that a peer is sent: what it cannot fetch itself it is given before, and knows by its own id.</summary>
internal sealed class CozeFiles
{
    private readonly Dictionary<Media, string> _uploaded = [];

    /// <summary>Gives the peer the files of the messages.</summary>
    /// <exception cref="RunException">A file of the input is absent, or the peer refuses it. Of earlier messages it only becomes a remark.</exception>
    public static async Task<CozeFiles> UploadAsync(AgentRequest asked, CozeTurn turn, CozePeer peer, CancellationToken cancellationToken)
    {
        var files = new CozeFiles();
        var input = asked.Context.Skip(asked.Context.Count - asked.InputCount).Select(message => message.Id).ToHashSet();
        foreach (var (message, media) in turn.Messages.SelectMany(message => message.Content.Select(part => (message, part.Media))).ToList())
        {
            if (media is null || IsPlace(media) || files._uploaded.ContainsKey(media)) continue;
            try
            {
                files._uploaded[media] = await UploadAsync(asked, media, peer, cancellationToken).ConfigureAwait(false);
            }
            catch (RunException) when (!input.Contains(message.Id))
            {
                // What was said before must not spoil what is asked now.
            }
        }

        return files;
    }

    /// <summary>A message's <c>content</c> and <c>content_type</c>.</summary>
    public (string Content, string ContentType) ContentOf(Message message)
    {
        if (message.Content.All(part => part.Media is null)) return (CozeRequestWriter.TextOf(message), CozeContentTypes.Text);
        return CozeContent.WriteFor(message.Content, media => IsPlace(media) ? null : _uploaded.GetValueOrDefault(media, ""));
    }

    private static bool IsPlace(Media media) => media.File is null && media.Url?.StartsWith("http", StringComparison.OrdinalIgnoreCase) == true;

    private static async Task<string> UploadAsync(AgentRequest asked, Media media, CozePeer peer, CancellationToken cancellationToken)
    {
        if (media.File is { } id)
        {
            var opened = await asked.OpenFileAsync(id, cancellationToken).ConfigureAwait(false) ?? throw Unsendable("A file of the message does not exist any more.");
            await using var _ = opened.ConfigureAwait(false);
            return await peer.UploadAsync(new UpstreamFile("file", opened.File.Name, opened.File.MediaType, opened.File.Bytes, opened.Content), cancellationToken).ConfigureAwait(false);
        }

        if (DataOf(media.Url) is not var (type, bytes)) throw Unsendable("The agent can only be sent files by their http(s) or data URLs.");
        using var content = new MemoryStream(bytes, writable: false);
        return await peer.UploadAsync(new UpstreamFile("file", media.Name ?? NameOf(type), type, bytes.Length, content), cancellationToken).ConfigureAwait(false);
    }

    private static (string Type, byte[] Bytes)? DataOf(string? url)
    {
        const string mark = ";base64";
        if (url?.StartsWith("data:", StringComparison.OrdinalIgnoreCase) != true || !url.Contains(',', StringComparison.Ordinal)) return null;
        var comma = url.IndexOf(',', StringComparison.Ordinal);
        var head = url[5..comma];
        if (!head.EndsWith(mark, StringComparison.OrdinalIgnoreCase)) return null;
        var bytes = new byte[(url.Length - comma) * 3 / 4 + 3];
        if (!Convert.TryFromBase64Chars(url.AsSpan(comma + 1), bytes, out var length)) return null;
        var type = head[..^mark.Length].Split(';')[0];
        return (type.Length > 0 ? type : "application/octet-stream", bytes[..length]);
    }

    // Peers look at the ending.
    private static string NameOf(string type) => type switch
    {
        "image/jpeg" => "image.jpg",
        "audio/mpeg" => "audio.mp3",
        "text/plain" => "file.txt",
        _ => $"file.{type[(type.LastIndexOfAny(['/', '+', '-', '.']) + 1)..]}",
    };

    private static RunException Unsendable(string message) => new(RunError.Rejected(message, "messages", "unsupported_media"));
}
