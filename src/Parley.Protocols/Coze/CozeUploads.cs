using System.Globalization;
using System.Text;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>Which files are taken, and what is said of those that are not. Every refusal has Coze's own code.</summary>
public static class CozeUploads
{
    private const int LongestName = 255;

    // What Coze's page on uploads lists, and beside it what belongs to the same kinds: other spellings, and text that agents can read.
    private static readonly Dictionary<string, string> MediaTypes = new(StringComparer.OrdinalIgnoreCase)
    {
        [".doc"] = "application/msword",
        [".docx"] = "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        [".xls"] = "application/vnd.ms-excel",
        [".xlsx"] = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        [".ppt"] = "application/vnd.ms-powerpoint",
        [".pptx"] = "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        [".pdf"] = "application/pdf",
        [".numbers"] = "application/vnd.apple.numbers",
        [".csv"] = "text/csv",
        [".c"] = "text/x-c",
        [".h"] = "text/x-c",
        [".cpp"] = "text/x-c++",
        [".hpp"] = "text/x-c++",
        [".py"] = "text/x-python",
        [".java"] = "text/x-java",
        [".cs"] = "text/x-csharp",
        [".go"] = "text/x-go",
        [".rs"] = "text/x-rust",
        [".rb"] = "text/x-ruby",
        [".php"] = "text/x-php",
        [".sh"] = "text/x-shellscript",
        [".js"] = "text/javascript",
        [".ts"] = "text/x-typescript",
        [".css"] = "text/css",
        [".html"] = "text/html",
        [".htm"] = "text/html",
        [".sql"] = "application/sql",
        [".txt"] = "text/plain",
        [".log"] = "text/plain",
        [".md"] = "text/markdown",
        [".json"] = "application/json",
        [".jsonl"] = "application/x-ndjson",
        [".xml"] = "application/xml",
        [".yaml"] = "application/yaml",
        [".yml"] = "application/yaml",
        [".jpg"] = "image/jpeg",
        [".jpeg"] = "image/jpeg",
        [".jpg2"] = "image/jp2",
        [".png"] = "image/png",
        [".gif"] = "image/gif",
        [".webp"] = "image/webp",
        [".heic"] = "image/heic",
        [".heif"] = "image/heif",
        [".bmp"] = "image/bmp",
        [".pcd"] = "image/x-photo-cd",
        [".tif"] = "image/tiff",
        [".tiff"] = "image/tiff",
        [".wav"] = "audio/wav",
        [".mp3"] = "audio/mpeg",
        [".flac"] = "audio/flac",
        [".m4a"] = "audio/mp4",
        [".aac"] = "audio/aac",
        [".ogg"] = "audio/ogg",
        [".wma"] = "audio/x-ms-wma",
        [".mid"] = "audio/midi",
        [".midi"] = "audio/midi",
        [".mp4"] = "video/mp4",
        [".avi"] = "video/x-msvideo",
        [".mov"] = "video/quicktime",
        [".3gp"] = "video/3gpp",
        [".3gpp"] = "video/3gpp",
        [".flv"] = "video/x-flv",
        [".webm"] = "video/webm",
        [".wmv"] = "video/x-ms-wmv",
        [".rmvb"] = "application/vnd.rn-realmedia-vbr",
        [".m4v"] = "video/x-m4v",
        [".mkv"] = "video/x-matroska",
        [".rar"] = "application/vnd.rar",
        [".zip"] = "application/zip",
        [".7z"] = "application/x-7z-compressed",
        [".gz"] = "application/gzip",
        [".gzip"] = "application/gzip",
        [".bz2"] = "application/x-bzip2",
    };

    /// <summary>A file's name without its path and without control characters.</summary>
    /// <param name="written">The name as the client wrote it, perhaps none.</param>
    /// <exception cref="RunException">Nothing is left of it, or it has more than 255 bytes of UTF-8.</exception>
    public static string ReadName(string? written)
    {
        var name = (written ?? "")[((written ?? "").LastIndexOfAny(['/', '\\']) + 1)..];
        name = string.Concat(name.Where(letter => !char.IsControl(letter))).Trim();
        if (name.Length == 0) throw Bad("The field file has no file name. Send one with it, such as filename=\"report.pdf\".");
        return Encoding.UTF8.GetByteCount(name) <= LongestName
            ? name
            : throw Bad($"The name of the file is longer than {LongestName} bytes. Shorten it and upload the file again.");
    }

    /// <summary>The media type of a file by its name's extension.</summary>
    /// <exception cref="RunException">Files of this type are not taken.</exception>
    public static string MediaTypeOf(string name)
    {
        var extension = Path.GetExtension(name);
        if (MediaTypes.TryGetValue(extension, out var type)) return type;
        throw CozeErrors.Refused(
            extension.Length < 2
                ? $"The name '{name}' has no extension that tells what the file is. Name it such as report.pdf and upload it again."
                : $"Files of type {extension} are not supported. Upload office documents, PDF, CSV, text or source code, images, audio, video or archives.",
            "file", CozeErrors.UnknownFileType);
    }

    /// <summary>The file has no content.</summary>
    public static RunException Empty() => CozeErrors.Refused("The file is empty. Upload one with content.", "file", CozeErrors.EmptyFile);

    /// <summary>There is more than one file.</summary>
    public static RunException TooMany() => CozeErrors.Refused("There is more than one file. Upload each in a request of its own.", "file", CozeErrors.TooManyFiles);

    /// <summary>The file is over the limit, in bytes.</summary>
    public static RunException TooLarge(long limit) => CozeErrors.Refused(
        string.Create(CultureInfo.InvariantCulture, $"The file is larger than {limit} bytes, which is what this server takes (setting limits.upload). Upload a smaller one."),
        "file", CozeErrors.FileTooLarge);

    /// <summary>Anything else that is wrong with an upload.</summary>
    /// <param name="message">What it is, and what to do.</param>
    public static RunException Bad(string message) => CozeErrors.Refused(message, "file", CozeErrors.BadUpload);
}
