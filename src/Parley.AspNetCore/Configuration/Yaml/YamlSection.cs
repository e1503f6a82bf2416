using YamlDotNet.RepresentationModel;

namespace Parley.AspNetCore.Configuration.Yaml;

/// <summary>
/// A mapping of a YAML file. It remembers which keys were asked for, so that <see cref="End"/> can report those that nobody knows. All
/// errors are <see cref="ConfigurationException"/>s with the key's line.
/// </summary>
internal sealed class YamlSection(string file, YamlMappingNode node, string path, Func<string, string?>? variables)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <summary>How messages call the file.</summary>
    public string File => file;

    /// <summary>The line on which the section begins.</summary>
    public long Line => node.Start.Line;

    /// <summary>The keys that are there.</summary>
    public IEnumerable<string> Keys => node.Children.Keys.Select(key => key is YamlScalarNode { Value: { } name } ? name : throw At(key, "a key must be a plain word"));

    /// <summary>Whether the key is there, with or without a value.</summary>
    public bool Has(string key) => Find(key) is not null;

    /// <summary>The text of a key; null if it is absent or empty of meaning (<c>key:</c>).</summary>
    public string? Text(string key) => Scalar(key) is { } scalar ? TextOf(scalar) : null;

    /// <summary>The text of a key that must be there.</summary>
    public string Required(string key)
        => Text(key) is { Length: > 0 } text ? text : throw new ConfigurationException(file, Find(key)?.Start.Line ?? Line, $"the key {Name(key)} is missing");

    /// <summary>The value of a key in its notation; null if it is absent.</summary>
    public T? Value<T>(string key, Notation<T> notation) where T : struct
    {
        if (Scalar(key) is not { } scalar) return null;
        return notation.TryParse(TextOf(scalar), out var value) ? value : throw At(scalar, $"{Name(key)} must be {notation.Expected}, not \"{scalar.Value}\"");
    }

    /// <summary>The value of a key in its notation; null if it is absent.</summary>
    public T? Object<T>(string key, Notation<T> notation) where T : class
    {
        if (Scalar(key) is not { } scalar) return null;
        return notation.TryParse(TextOf(scalar), out var value) ? value : throw At(scalar, $"{Name(key)} must be {notation.Expected}, not \"{scalar.Value}\"");
    }

    /// <summary>The texts of a list; none if it is absent.</summary>
    public IReadOnlyList<string> Texts(string key)
        => [.. Items(key).Select(item => item is YamlScalarNode scalar ? TextOf(scalar) : throw At(item, $"{Name(key)} must be a list of texts"))];

    /// <summary>The sections of a list; none if it is absent.</summary>
    public IReadOnlyList<YamlSection> Sections(string key)
        => [.. Items(key).Select((item, index) => item is YamlMappingNode mapping ? Inner(mapping, $"{Name(key)}[{index}]") : throw At(item, $"{Name(key)} must be a list of keys with values"))];

    /// <summary>The section under a key; null if it is absent.</summary>
    public YamlSection? Section(string key) => Find(key) switch
    {
        null or YamlScalarNode { Value: null or "" } => null,
        YamlMappingNode mapping => Inner(mapping, Name(key)),
        var other => throw At(other, $"{Name(key)} must hold keys with values"),
    };

    /// <summary>The value of a key as JSON: a mapping, list or scalar; null if it is absent.</summary>
    public RawJson? Json(string key) => Find(key) is { } value ? YamlJson.Write(value, TextOf) : null;

    /// <summary>All single values in it and in its sections, with their lines and full paths.</summary>
    public IEnumerable<(long Line, string Path, string Value)> Scalars()
    {
        foreach (var key in Keys.ToList())
        {
            if (Find(key) is YamlMappingNode)
            {
                foreach (var scalar in Section(key)!.Scalars()) yield return scalar;
            }
            else if (Scalar(key) is { } value)
            {
                yield return (value.Start.Line, Name(key), TextOf(value));
            }
        }
    }

    /// <summary>An error on the line of a key.</summary>
    public ConfigurationException Fail(string key, string reason) => new(file, Find(key)?.Start.Line ?? Line, reason);

    /// <summary>Nothing more will be asked for: a key that was not is unknown.</summary>
    public void End()
    {
        foreach (var key in node.Children.Keys)
            if (key is not YamlScalarNode { Value: { } name } || !_known.Contains(name))
                throw At(key, $"the key {Name((key as YamlScalarNode)?.Value ?? "?")} is unknown");
    }

    private YamlNode? Find(string key)
    {
        _known.Add(key);
        return node.Children.TryGetValue(new YamlScalarNode(key), out var value) ? value : null;
    }

    private YamlScalarNode? Scalar(string key) => Find(key) switch
    {
        null => null,
        YamlScalarNode scalar => YamlJson.IsNull(scalar) ? null : scalar,
        var other => throw At(other, $"{Name(key)} must be a single value"),
    };

    private IEnumerable<YamlNode> Items(string key) => Find(key) switch
    {
        null => [],
        YamlScalarNode scalar when YamlJson.IsNull(scalar) => [],
        YamlSequenceNode list => list.Children,
        var other => throw At(other, $"{Name(key)} must be a list"),
    };

    private string TextOf(YamlScalarNode scalar)
    {
        var text = scalar.Value ?? "";
        return variables is null ? text : Variables.Fill(text, variables, name => At(scalar, $"the environment variable {name} is not set"));
    }

    private YamlSection Inner(YamlMappingNode inner, string at) => new(file, inner, at, variables);

    private ConfigurationException At(YamlNode at, string reason) => new(file, at.Start.Line, reason);

    private string Name(string key) => path.Length == 0 ? key : $"{path}.{key}";
}
