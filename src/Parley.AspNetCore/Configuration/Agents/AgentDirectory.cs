using Microsoft.Extensions.Logging;
using Parley.Agents;

namespace Parley.AspNetCore.Configuration.Agents;

/// <summary>
/// The agents that a directory's files describe, beside those that were made in code and keep their names. A file that cannot be used is reported and left out, or stays in use as it last was.
/// Not safe for concurrent use.
/// </summary>
internal sealed class AgentDirectory(string directory, IReadOnlyList<Agent> made, AgentFileReader reader, FileVersions versions, AgentCatalog catalog, ILogger<AgentDirectory> logger)
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    private IReadOnlyList<Agent> _serving = [];

    // What is served first is told by the start itself.
    private bool _hasServed;

    /// <summary>Where the files are.</summary>
    public string Path => directory;

    /// <summary>What is wrong with the files, by file.</summary>
    public IReadOnlyList<ConfigurationException> Problems { get; private set; } = [];

    /// <summary>The kinds of the agents that are served, by name.</summary>
    public IReadOnlyDictionary<string, string> Kinds { get; private set; } = new Dictionary<string, string>();

    /// <summary>Looks at the files, serves what they say now, and keeps their versions.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await versions.LoadAsync(cancellationToken);
        Refresh();
        await versions.SaveAsync(cancellationToken);
    }

    /// <summary>Looks at the files, and serves what they say now. True if anything changed.</summary>
    public bool Refresh()
    {
        if (Files() is not { } files) return false;
        var gone = _entries.Keys.Except(files.Select(file => file.FullName), StringComparer.Ordinal).ToList();
        var changed = gone.Count > 0;
        foreach (var path in gone) _entries.Remove(path);
        foreach (var file in files)
        {
            var stamp = FileStamp.Of(file.FullName);
            if (_entries.TryGetValue(file.FullName, out var known) && known.Stamp == stamp && (known.Needs is not { } needs || FileStamp.Of(needs.Path) == needs)) continue;
            _entries[file.FullName] = Read(file, stamp, known);
            changed = true;
        }

        if (changed) Serve();
        return changed;
    }

    private List<FileInfo>? Files()
    {
        try
        {
            return [.. new DirectoryInfo(directory).EnumerateFiles()
                .Where(file => file.Extension is ".yaml" or ".yml" && !file.Name.StartsWith('.'))
                .OrderBy(file => file.Name, StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A drive that is away for a while takes no agents with it.
            logger.LogWarning("The agents in {Directory} cannot be read: {Reason}", directory, e.Message);
            return null;
        }
    }

    private Entry Read(FileInfo file, FileStamp stamp, Entry? known)
    {
        try
        {
            var read = reader.Read(file.FullName, stamp.Written);
            foreach (var warning in read.Warnings) logger.LogWarning("{Warning}", warning.Message);
            return new Entry(stamp, read, null);
        }
        catch (ConfigurationException e)
        {
            return new Entry(stamp, known?.Agent, e);
        }
        catch (Exception e)
        {
            // Nothing that stands in a file may keep the server from serving the others.
            return new Entry(stamp, known?.Agent, new ConfigurationException(file.FullName, 0, e.Message, e));
        }
    }

    private void Serve()
    {
        var problems = new List<ConfigurationException>();
        var serving = new List<ReadAgent>();
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var before = _serving.ToDictionary(agent => agent.Name, StringComparer.Ordinal);
        foreach (var name in made.SelectMany(agent => agent.Aliases.Prepend(agent.Name))) names[name] = "the program";

        // Of two files with one name, the one that is already served keeps it; else the first by file name.
        var inOrder = _entries.OrderByDescending(entry => entry.Value.Agent is { } read && before.ContainsValue(read.Agent)).ThenBy(entry => entry.Key, StringComparer.Ordinal);
        foreach (var (path, entry) in inOrder)
        {
            if (entry.Problem is { } problem) problems.Add(problem);
            if (entry.Agent is not { } read) continue;
            if (Clash(read, names) is { } clash)
            {
                problems.Add(clash);
                continue;
            }

            names[read.Agent.Name] = path;
            foreach (var alias in read.Agent.Aliases) names[alias] = path;
            if (read is { Versioned: { } text, Agent.Version: null })
            {
                read = read with { Agent = read.Agent with { Version = versions.Of(read.Agent.Name, text) } };
                _entries[path] = entry with { Agent = read };
            }

            serving.Add(read);
        }

        Report(problems, serving, before);
        Problems = problems;
        Kinds = serving.ToDictionary(read => read.Agent.Name, read => read.Kind, StringComparer.Ordinal);
        _serving = [.. serving.Select(read => read.Agent)];
        catalog.Replace([.. made, .. _serving]);
    }

    private static ConfigurationException? Clash(ReadAgent read, Dictionary<string, string> names)
    {
        if (names.TryGetValue(read.Agent.Name, out var other))
            return read.Keys.Fail("name", $"the name {read.Agent.Name} is already that of the agent in {System.IO.Path.GetFileName(other)}");
        foreach (var alias in read.Agent.Aliases)
            if (names.TryGetValue(alias, out other))
                return read.Keys.Fail("aliases", $"the alias {alias} already names the agent in {System.IO.Path.GetFileName(other)}");
        return null;
    }

    private void Report(List<ConfigurationException> problems, List<ReadAgent> serving, Dictionary<string, Agent> before)
    {
        var known = Problems.Select(problem => problem.Message).ToHashSet(StringComparer.Ordinal);
        foreach (var problem in problems)
        {
            if (known.Contains(problem.Message)) continue;
            var stays = serving.Any(read => read.Keys.File == problem.Where);
            logger.LogWarning("{Problem}. {Consequence}", problem.Message, stays ? "The last good version stays in use." : "The agent is left out.");
        }

        foreach (var read in _hasServed ? serving : [])
        {
            if (!before.Remove(read.Agent.Name, out var old)) logger.LogInformation("Agent {Agent} is served.", read.Agent.Name);
            else if (!ReferenceEquals(old, read.Agent)) logger.LogInformation("Agent {Agent} has changed.", read.Agent.Name);
        }

        foreach (var name in before.Keys) logger.LogInformation("Agent {Agent} is no longer served.", name);
        _hasServed = true;
        if (serving.Count(read => read.Agent.IsDefault) > 1) logger.LogWarning("Several agents say \"default: true\"; the first by name is the default.");
    }

    private sealed record Entry(FileStamp Stamp, ReadAgent? Agent, ConfigurationException? Problem)
    {
        // Of a file that cannot be used, what would make it usable; its last good version is no measure.
        public FileStamp? Needs => Problem is null ? Agent?.Needs : Problem.Needs;
    }
}
