using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Parley.AspNetCore.Configuration.Yaml;

/// <summary>A YAML file of ours: one document, a mapping.</summary>
internal static class YamlFile
{
    private const int LongestFile = 4 * 1024 * 1024;

    /// <summary>Reads a file. One that is empty, or holds comments only, is an empty section.</summary>
    /// <param name="name">How messages call the file.</param>
    /// <param name="text">Its content.</param>
    /// <param name="variables">What <c>${env:NAME}</c> stands for; null if the file may not use it.</param>
    public static YamlSection Parse(string name, string text, Func<string, string?>? variables = null)
    {
        if (text.Length > LongestFile) throw new ConfigurationException(name, 0, "the file is too large");
        var stream = new YamlStream();
        var parser = new Parser(new StringReader(text));
        try
        {
            stream.Load(parser);
        }
        catch (YamlException e)
        {
            throw new ConfigurationException(name, e.Start.Line, ReasonOf(e), e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // The parser's own slip on some files that break off, such as "name: [a".
            throw new ConfigurationException(name, parser.Current?.End.Line ?? 0, "the file breaks off or is not YAML from here on", e);
        }

        return stream.Documents switch
        {
            { Count: 0 } => new YamlSection(name, new YamlMappingNode(), "", variables),
            { Count: > 1 } documents => throw new ConfigurationException(name, documents[1].RootNode.Start.Line, "the file holds more than one document"),
            [{ RootNode: YamlMappingNode root }] => new YamlSection(name, root, "", variables),
            [{ RootNode: YamlScalarNode { Value: null or "" } }] => new YamlSection(name, new YamlMappingNode(), "", variables),
            var documents => throw new ConfigurationException(name, documents[0].RootNode.Start.Line, "expected keys with values, such as \"name: value\""),
        };
    }

    // Some messages of the parser begin with the position, which is told already.
    private static string ReasonOf(YamlException e)
    {
        var message = e.InnerException is YamlException inner ? inner.Message : e.Message;
        var end = message.StartsWith("(Line: ", StringComparison.Ordinal) ? message.IndexOf("): ", StringComparison.Ordinal) : -1;
        return end < 0 ? message : message[(end + 3)..];
    }
}
