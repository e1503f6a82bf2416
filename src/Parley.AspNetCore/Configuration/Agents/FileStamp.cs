namespace Parley.AspNetCore.Configuration.Agents;

/// <summary>By what a change of a file is noticed.</summary>
/// <param name="Path">The file.</param>
/// <param name="Length">Its length in bytes; -1 if it is absent.</param>
/// <param name="Written">When it was last written.</param>
internal readonly record struct FileStamp(string Path, long Length, DateTime Written)
{
    /// <summary>The stamp of a file as it is now.</summary>
    public static FileStamp Of(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists && file.LinkTarget is null) return new FileStamp(path, -1, default);

        // Of a link, as container platforms mount configuration, the file behind it is what changes.
        var real = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        return real.Exists ? new FileStamp(path, real.Length, real.LastWriteTimeUtc) : new FileStamp(path, -1, default);
    }
}
