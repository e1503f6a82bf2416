using System.Text.Json;
using Parley.Runs;

namespace Parley.Protocols.OpenAi;

/// <summary>Images, audio and files as OpenAI's requests give them: by address or in base64.</summary>
internal static class OpenAiMedia
{
    /// <summary>An image by its address; <paramref name="path"/> names the address, <paramref name="detailPath"/> the wanted detail.</summary>
    public static Content ReadImage(string url, string path, string? detail, string detailPath)
    {
        if (!url.StartsWith("data:image/", StringComparison.OrdinalIgnoreCase) && !IsWeb(url))
            throw OpenAiJson.Invalid(path, $"Invalid '{path}': an http, https or data URL of an image is needed.", "invalid_image_url");
        return Image(new Media(url, MediaType: TypeOf(url) ?? "image"), detail, detailPath);
    }

    /// <summary>An image with the wanted detail.</summary>
    public static Content Image(Media media, string? detail, string detailPath)
    {
        if (detail is not null and not ("auto" or "low" or "high" or "original")) throw OpenAiJson.Invalid(detailPath, $"Invalid value: '{detail}'.");
        return new Content(PartKind.Media, Media: media, Data: detail is null ? null : new RawJson($$"""{"detail":"{{detail}}"}"""));
    }

    /// <summary>Audio in base64; <paramref name="path"/> names the object that has its format.</summary>
    public static Content ReadAudio(string data, string format, string path)
    {
        var type = format switch
        {
            "wav" => "audio/wav",
            "mp3" => "audio/mpeg",
            _ => throw OpenAiJson.Invalid($"{path}.format", $"Invalid value: '{format}'. Supported values are: 'wav' and 'mp3'."),
        };
        return new Content(PartKind.Media, Media: new Media($"data:{type};base64,{data}", MediaType: type));
    }

    /// <summary>A file in base64, with or without the head of a data URL.</summary>
    public static Content ReadFile(string data, string? name)
    {
        if (!data.StartsWith("data:", StringComparison.OrdinalIgnoreCase)) data = "data:application/octet-stream;base64," + data;
        return new Content(PartKind.Media, Media: new Media(data, MediaType: TypeOf(data) ?? "application/octet-stream", Name: name));
    }

    /// <summary>The wanted detail of an image; null if none was asked for.</summary>
    public static string? DetailOf(RawJson? data)
    {
        if (data is not { } known) return null;
        using var json = JsonDocument.Parse(known.Text);
        return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGet("detail", out var detail) && detail.ValueKind == JsonValueKind.String ? detail.GetString() : null;
    }

    /// <summary>How an error names a file.</summary>
    public static string Describe(Media media) => media switch
    {
        { Name: { Length: > 0 } name } => $"the file '{name}'",
        { MediaType: { Length: > 0 } type } => $"media of type '{type}'",
        _ => "a file",
    };

    /// <summary>Whether it is an address of the web.</summary>
    public static bool IsWeb(string url)
        => Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https";

    private static string? TypeOf(string url)
    {
        if (!url.StartsWith("data:", StringComparison.OrdinalIgnoreCase)) return null;
        var end = url.AsSpan().IndexOfAny(';', ',');
        return end <= 5 ? null : url[5..end].ToLowerInvariant();
    }
}
