using Parley.AspNetCore.Configuration.Yaml;

namespace Parley.AspNetCore.Configuration;

/// <summary>Puts the settings together: a flag beats a variable, a variable beats the file, the file beats the default.</summary>
internal static class SettingLoader
{
    /// <summary>Reads all sources. What is unknown or no value is a <see cref="ConfigurationException"/> that names the key.</summary>
    public static EffectiveSettings Load(SettingSources sources)
    {
        var settings = new ParleySettings();
        var origin = SettingTable.All.ToDictionary(setting => setting.Path, _ => "default", StringComparer.Ordinal);
        foreach (var (where, line, path, value) in FromFile(sources).Concat(FromVariables(sources)).Concat(FromFlags(sources)))
        {
            var setting = SettingTable.Find(path) ?? throw new ConfigurationException(where, line, $"the setting {path} is unknown{Suggest(path)}");
            settings = setting.Apply(settings, value)
                ?? throw new ConfigurationException(where, line, $"{path} must be {setting.Expected}{(setting.IsSecret ? "" : $", not \"{value}\"")}");
            origin[path] = line > 0 ? $"{where}, line {line}" : where;
        }

        return new EffectiveSettings(settings, origin);
    }

    private static IEnumerable<(string Where, long Line, string Path, string Value)> FromFile(SettingSources sources)
    {
        if (sources.File is not { } file) yield break;
        string text;
        try
        {
            text = File.ReadAllText(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException && !sources.FileIsRequired)
        {
            yield break;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(file, 0, $"cannot be read: {e.Message}", e);
        }

        foreach (var (line, path, value) in YamlFile.Parse(file, text).Scalars()) yield return (file, line, path, value);
    }

    private static IEnumerable<(string Where, long Line, string Path, string Value)> FromVariables(SettingSources sources)
    {
        // A variable of this form without a section is somebody else's, such as a key that an agent file refers to.
        foreach (var (name, value) in sources.Variables.OrderBy(variable => variable.Key, StringComparer.Ordinal))
            if (name.StartsWith(Setting.VariablePrefix, StringComparison.Ordinal) && name.Contains("__", StringComparison.Ordinal))
                yield return (name, 0, name[Setting.VariablePrefix.Length..].Replace("__", ".", StringComparison.Ordinal).ToLowerInvariant(), value);
    }

    private static IEnumerable<(string Where, long Line, string Path, string Value)> FromFlags(SettingSources sources)
        => sources.Flags.Select(flag => (flag.Flag, 0L, flag.Path, flag.Value));

    private static string Suggest(string path)
    {
        var section = path.Split('.')[0] + ".";
        var near = SettingTable.All.Where(setting => setting.Path.StartsWith(section, StringComparison.Ordinal)).Select(setting => setting.Path).ToList();
        return near.Count == 0 ? "" : $"; there are {string.Join(", ", near)}";
    }
}
