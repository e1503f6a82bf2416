namespace Parley.Cli;

/// <summary>The agents with which a new data directory begins.</summary>
internal static class SampleAgents
{
    private const string Folder = "Samples/";

    /// <summary>The samples' file names.</summary>
    public static IEnumerable<string> Names
        => typeof(SampleAgents).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal)).Select(name => name[Folder.Length..]);

    /// <summary>A sample's text.</summary>
    public static string Read(string name)
    {
        using var stream = typeof(SampleAgents).Assembly.GetManifestResourceStream(Folder + name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>Makes the directory with all samples in it.</summary>
    public static void WriteTo(string directory)
    {
        // Under its final name only when it is whole: a start that is interrupted leaves no half of it.
        var unfinished = directory + ".new";
        Directory.CreateDirectory(unfinished);
        foreach (var name in Names) File.WriteAllText(Path.Combine(unfinished, name), Read(name));
        Directory.Move(unfinished, directory);
    }
}
