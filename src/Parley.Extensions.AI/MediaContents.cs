using Microsoft.Extensions.AI;
using Parley.Runs;

namespace Parley.Extensions.AI;

/// <summary>Images and files, both ways.</summary>
internal static class MediaContents
{
    /// <summary>Reads one; null if the content is none.</summary>
    public static Content? Read(AIContent content) => content switch
    {
        DataContent data => new Content(PartKind.Media, Media: new Media(data.Uri, MediaType: data.MediaType, Name: data.Name)),
        UriContent uri => new Content(PartKind.Media, Media: new Media(uri.Uri.OriginalString, MediaType: uri.MediaType)),
        _ => null,
    };

    /// <summary>Writes one by its address; null if it has none.</summary>
    public static AIContent? Write(Media media)
    {
        if (media.Url is not { } url) return null;
        if (url.StartsWith("data:", StringComparison.OrdinalIgnoreCase)) return new DataContent(url) { Name = media.Name };
        return Uri.TryCreate(url, UriKind.Absolute, out var address) ? new UriContent(address, TypeOf(media)) : null;
    }

    // A class without more, such as "image", is no media type to others.
    private static string TypeOf(Media media) => media.MediaType is not { Length: > 0 } type ? "application/octet-stream" : type.Contains('/', StringComparison.Ordinal) ? type : type + "/*";
}
