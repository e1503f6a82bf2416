using System.Text.Unicode;
using Parley.Agents;
using Parley.Conversations;
using Parley.Runs;

namespace Parley.Protocols.OpenAi;

/// <summary>
/// The stored files that messages name, as far as a peer can be sent them within its request. Any other is an error in what is new, and a remark in
/// what was said before.
/// </summary>
internal sealed class OpenAiFiles
{
    private const int LargestFile = 20 * 1024 * 1024;
    private const int LargestText = 1024 * 1024;

    /// <summary>Peers refuse larger requests, and all of it is in memory.</summary>
    private const int LargestSum = 50 * 1024 * 1024;

    private readonly Dictionary<Id, (StoredFile File, byte[] Bytes)> _loaded = [];

    /// <summary>None.</summary>
    public static OpenAiFiles None { get; } = new();

    /// <summary>How many bytes they have.</summary>
    public int Bytes { get; private set; }

    /// <summary>Whether any message names a stored file.</summary>
    public static bool AreIn(AgentRequest asked) => asked.Context.Any(message => FilesOf(message).Any());

    /// <summary>Reads them. From the end: where not all can be sent, what was said last is.</summary>
    /// <param name="asked">The request.</param>
    /// <param name="takesAll">The peer takes files of every type, not only images and text.</param>
    /// <param name="param">Where the messages are in a request of the peer's protocol.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RunException">The input has a file that cannot be sent; the message names it.</exception>
    public static async Task<OpenAiFiles> LoadAsync(AgentRequest asked, bool takesAll, string param, CancellationToken cancellationToken)
    {
        var files = new OpenAiFiles();
        for (var i = asked.Context.Count - 1; i >= 0; i--)
        {
            // What an assistant said is sent as text alone.
            if (asked.Context[i].Role is not { } role || role == Role.Assistant) continue;
            var isInput = i >= asked.Context.Count - asked.InputCount;
            foreach (var media in FilesOf(asked.Context[i]))
            {
                if (await files.TryLoadAsync(asked, media, takesAll, cancellationToken).ConfigureAwait(false) is { } why && isInput)
                    throw new RunException(RunError.Rejected($"The agent cannot read {OpenAiMedia.Describe(media)}: {why}.", param, "unsupported_media"));
            }
        }

        return files;
    }

    /// <summary>A file; false if it is not there to be sent.</summary>
    public bool TryFind(Id id, out StoredFile file, out byte[] bytes)
    {
        var found = _loaded.TryGetValue(id, out var loaded);
        (file, bytes) = loaded;
        return found;
    }

    /// <summary>Whether models can look at it.</summary>
    public static bool IsImage(string type) => type is "image/png" or "image/jpeg" or "image/gif" or "image/webp";

    // Why not; null if it is loaded.
    private async Task<string?> TryLoadAsync(AgentRequest asked, Media media, bool takesAll, CancellationToken cancellationToken)
    {
        var id = media.File!.Value;
        if (_loaded.ContainsKey(id)) return null;
        await using var opened = await asked.OpenFileAsync(id, cancellationToken).ConfigureAwait(false);
        if (opened is not var (file, content)) return "it does not exist any more";
        if (!takesAll && !IsImage(file.MediaType) && !IsText(file.MediaType)) return $"it reads images (png, jpeg, gif, webp) and text files, not {file.MediaType}";
        var most = takesAll || IsImage(file.MediaType) ? LargestFile : LargestText;
        if (file.Bytes > most) return $"it has {file.Bytes} bytes, and at most {most} can be sent";
        if (Bytes + file.Bytes > LargestSum) return $"with it the files of the request have more than {LargestSum} bytes";
        var bytes = new byte[file.Bytes];
        await content.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
        if (!takesAll && IsText(file.MediaType) && !Utf8.IsValid(bytes)) return "it is no text in UTF-8";
        _loaded[id] = (file, bytes);
        Bytes += bytes.Length;
        return null;
    }

    private static IEnumerable<Media> FilesOf(Message message) => message.Content.Where(part => part.Media?.File is not null).Select(part => part.Media!);

    private static bool IsText(string type)
        => type.StartsWith("text/", StringComparison.Ordinal)
            || type is "application/json" or "application/x-ndjson" or "application/xml" or "application/yaml" or "application/sql";
}
