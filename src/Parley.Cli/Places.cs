using System.Collections;
using System.CommandLine;
using Parley.AspNetCore.Configuration;

namespace Parley.Cli;

/// <summary>Where data, agents and settings are, as several commands are told.</summary>
internal sealed class Places
{
    private readonly Option<string> _data = new("--data") { Description = "The directory with everything that is kept. [default: $XDG_DATA_HOME/parley, else ~/.local/share/parley]", HelpName = "DIR" };
    private readonly Option<string> _agents = new("--agents") { Description = "The directory with the agents' files. [default: agents in the data directory, filled with samples at the first start]", HelpName = "DIR" };
    private readonly Option<string> _config = new("--config") { Description = "The settings file. [default: parley.yaml in the data directory]", HelpName = "FILE" };
    private readonly Option<string> _url = new("--url") { Description = "Where to listen; short for --set server.url=URL. [default: http://127.0.0.1:5080]", HelpName = "URL" };
    private readonly Option<string[]> _set = new("--set") { Description = "A setting, such as --set retention.events=3d. May be repeated.", HelpName = "path=value" };

    /// <summary>Adds the option for the data directory.</summary>
    public Places AddData(Command command)
    {
        command.Options.Add(_data);
        return this;
    }

    /// <summary>Adds the option for the agents' directory.</summary>
    public Places AddAgents(Command command)
    {
        command.Options.Add(_agents);
        return this;
    }

    /// <summary>Adds the options for settings.</summary>
    public Places AddSettings(Command command)
    {
        command.Options.Add(_url);
        command.Options.Add(_config);
        command.Options.Add(_set);
        return this;
    }

    /// <summary>The data directory, made if it is absent.</summary>
    public string Data(ParseResult parsed)
    {
        var data = FindData(parsed);
        if (Directory.Exists(data)) return data;

        // Conversations are nobody else's business.
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(data);
        else Directory.CreateDirectory(data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return data;
    }

    /// <summary>The agents' directory. The one in the data directory is made and filled with samples if it is absent; any other must be there.</summary>
    public string Agents(ParseResult parsed)
    {
        if (parsed.GetValue(_agents) is not { Length: > 0 } agents)
        {
            agents = Path.Combine(Data(parsed), "agents");
            if (!Directory.Exists(agents)) SampleAgents.WriteTo(agents);
            return agents;
        }

        return Directory.Exists(agents) ? Path.GetFullPath(agents) : throw new ConfigurationException("--agents", 0, $"the directory {agents} does not exist");
    }

    /// <summary>The settings in effect.</summary>
    public EffectiveSettings Settings(ParseResult parsed)
    {
        var flags = new List<(string, string, string)>();
        foreach (var pair in parsed.GetValue(_set) ?? [])
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) throw new ConfigurationException("--set", 0, $"expected path=value, not \"{pair}\"");
            flags.Add(("--set", pair[..equals], pair[(equals + 1)..]));
        }

        if (parsed.GetValue(_url) is { } url) flags.Add(("--url", "server.url", url));
        var named = parsed.GetValue(_config);
        return SettingLoader.Load(new SettingSources
        {
            File = named ?? Path.Combine(FindData(parsed), "parley.yaml"),
            FileIsRequired = named is not null,
            Variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(variable => (string)variable.Key, variable => (string?)variable.Value ?? ""),
            Flags = flags,
        });
    }

    private string FindData(ParseResult parsed)
    {
        if (parsed.GetValue(_data) is { Length: > 0 } named) return Path.GetFullPath(named);

        // An XDG path that is not absolute is to be ignored (XDG Base Directory Specification).
        if (Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } xdg && Path.IsPathRooted(xdg)) return Path.Combine(xdg, "parley");
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (home.Length == 0) throw new ConfigurationException("--data", 0, "there is no home directory to keep data in: name a directory");
        return Path.Combine(home, ".local", "share", "parley");
    }
}
