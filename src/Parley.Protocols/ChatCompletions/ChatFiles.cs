using System.Text;
using System.Text.Unicode;
using Parley.Agents;
using Parley.Conversations;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.ChatCompletions;

/// <summary>
/// The stored files that messages name, as far as a peer can be sent them: images as data URLs, text as text. Any other is an error in
/// what is new, and a remark in what was said before.
/// </summary>
internal sealed class ChatFiles
{
    private const int LargestImage = 20 * 1024 * 1024;
    private const int LargestText = 1024 * 1024;

    /// <summary>Peers refuse larger requests, and all of it is in memory.</summary>
    private const int LargestSum = 50 * 1024 * 1024;

    private readonly Dictionary<Id, (StoredFile File, byte[] Bytes)> _loaded = [];

    /// <summary>None.</summary>
    public static ChatFiles None { get; } = new();

    /// <summary>How many bytes they have.</summary>
    public int Bytes { get; private set; }

    /// <summary>Whether any message names a stored file.</summary>
    public static bool AreIn(AgentRequest asked) => asked.Context.Any(message => FilesOf(message).Any());

    /// <summary>Reads them. From the end: where not all can be sent, what was said last is.</summary>
    /// <exception cref="RunException">The input has a file that cannot be sent; the message names it.</exception>
    public static async Task<ChatFiles> LoadAsync(AgentRequest asked, CancellationToken cancellationToken)
    {
        var files = new ChatFiles();
        for (var i = asked.Context.Count - 1; i >= 0; i--)
        {
            // What an assistant said is sent as text alone.
            if (asked.Context[i].Role is not { } role || role == Role.Assistant) continue;
            var isInput = i >= asked.Context.Count - asked.InputCount;
            foreach (var media in FilesOf(asked.Context[i]))
            {
                if (await files.TryLoadAsync(asked, media, cancellationToken).ConfigureAwait(false) is { } why && isInput)
                    throw new RunException(RunError.Rejected($"The agent cannot read {ChatMessageWriter.Describe(media)}: {why}.", "messages", "unsupported_media"));
            }
        }

        return files;
    }

    /// <summary>Writes a file as a part of a message; false if it is not there to be sent.</summary>
    public bool TryWrite(JsonLine json, Id id)
    {
        if (!_loaded.TryGetValue(id, out var loaded)) return false;
        var (file, bytes) = loaded;
        if (IsImage(file.MediaType))
        {
            json.Object().String("type"u8, "image_url").Name("image_url"u8).Object().Name("url"u8)
                .Base64(Encoding.ASCII.GetBytes($"data:{file.MediaType};base64,"), bytes).EndObject().EndObject();
            return true;
        }

        var text = bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsSpan(3) : bytes;
        json.Object().String("type"u8, "text").String("text"u8, $"File '{file.Name}':\n{Encoding.UTF8.GetString(text)}").EndObject();
        return true;
    }

    // Why not; null if it is loaded.
    private async Task<string?> TryLoadAsync(AgentRequest asked, Media media, CancellationToken cancellationToken)
    {
        var id = media.File!.Value;
        if (_loaded.ContainsKey(id)) return null;
        await using var opened = await asked.OpenFileAsync(id, cancellationToken).ConfigureAwait(false);
        if (opened is not var (file, content)) return "it does not exist any more";
        if (!IsImage(file.MediaType) && !IsText(file.MediaType)) return $"it reads images (png, jpeg, gif, webp) and text files, not {file.MediaType}";
        var most = IsImage(file.MediaType) ? LargestImage : LargestText;
        if (file.Bytes > most) return $"it has {file.Bytes} bytes, and at most {most} can be sent";
        if (Bytes + file.Bytes > LargestSum) return $"with it the files of the request have more than {LargestSum} bytes";
        var bytes = new byte[file.Bytes];
        await content.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
        if (IsText(file.MediaType) && !Utf8.IsValid(bytes)) return "it is no text in UTF-8";
        _loaded[id] = (file, bytes);
        Bytes += bytes.Length;
        return null;
    }

    private static IEnumerable<Media> FilesOf(Message message) => message.Content.Where(part => part.Media?.File is not null).Select(part => part.Media!);

    private static bool IsImage(string type) => type is "image/png" or "image/jpeg" or "image/gif" or "image/webp";

    private static bool IsText(string type)
        => type.StartsWith("text/", StringComparison.Ordinal)
            || type is "application/json" or "application/x-ndjson" or "application/xml" or "application/yaml" or "application/sql";
}
