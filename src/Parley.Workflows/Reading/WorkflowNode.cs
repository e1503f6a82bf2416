using System.Globalization;
using Parley.Workflows.Engine;
using Parley.Workflows.PowerFx;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Parley.Workflows.Reading;

/// <summary>
/// The properties of an action, or of a part of one. What is asked for is known; <see cref="End"/> reports the rest. What is wrong is a finding, and the
/// reading goes on.
/// </summary>
internal sealed class WorkflowNode(YamlMappingNode node, string path, Findings findings)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public string Path => path;

    public YamlMappingNode Yaml => node;

    public Findings Findings => findings;

    public bool Has(string key) => Find(key) is { } value && !IsNull(value);

    /// <summary>A plain text; null if it is absent.</summary>
    public string? Text(string key)
    {
        if (Find(key) is not { } value || IsNull(value)) return null;
        if (value is YamlScalarNode scalar) return scalar.Value;
        findings.Error(value, Name(key), "must be a text");
        return null;
    }

    /// <summary>A plain text that must be there.</summary>
    public string Required(string key)
    {
        if (Text(key) is { Length: > 0 } text) return text;
        Missing(key);
        return "";
    }

    /// <summary>A formula, or a literal; null if it is absent.</summary>
    public WorkflowValue? Value(string key) => Find(key) is { } value && !IsNull(value) ? ValueOf(value, Name(key)) : null;

    /// <summary>A formula, or a literal, that must be there.</summary>
    public WorkflowValue RequiredValue(string key)
    {
        if (Value(key) is { } value) return value;
        Missing(key);
        return WorkflowValue.Blank;
    }

    /// <summary>A text with formulas in braces, or a formula; null if it is absent. Also <c>{kind: Message, text: […]}</c>, whose lines are joined.</summary>
    public WorkflowTemplate? Template(string key) => Find(key) is { } value && !IsNull(value) ? TemplateOf(value, Name(key)) : null;

    /// <summary>A template that must be there.</summary>
    public WorkflowTemplate RequiredTemplate(string key)
    {
        if (Template(key) is { } template) return template;
        Missing(key);
        return WorkflowTemplate.Empty;
    }

    /// <summary>The place of a variable, such as <c>Local.Name</c>; null if it is absent.</summary>
    public VariablePath? Variable(string key)
    {
        if (Text(key) is not { Length: > 0 } text) return null;
        if (VariablePath.TryParse(text, out var variable, out var why)) return variable;
        findings.Error(Find(key), Name(key), why);
        return null;
    }

    /// <summary>The place of a variable that must be there.</summary>
    public VariablePath RequiredVariable(string key)
    {
        if (!Has(key)) Missing(key);
        return Variable(key) ?? VariablePath.None;
    }

    /// <summary>Yes or no; absent is what is usual.</summary>
    public bool Switch(string key, bool usual = false)
    {
        if (Text(key) is not { } text) return usual;
        if (bool.TryParse(text, out var value)) return value;
        findings.Error(Find(key), Name(key), $"must be true or false, not \"{text}\"");
        return usual;
    }

    /// <summary>A whole number; absent is what is usual.</summary>
    public int Number(string key, int usual, int least, int most)
    {
        if (Text(key) is not { } text) return usual;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most) return number;
        findings.Error(Find(key), Name(key), string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {least} to {most}, not \"{text}\""));
        return usual;
    }

    /// <summary>One of some words, in any case; absent is the first.</summary>
    public string Choice(string key, params ReadOnlySpan<string> words)
    {
        if (Text(key) is not { } text) return words[0];
        foreach (var word in words)
            if (word.Equals(text, StringComparison.OrdinalIgnoreCase)) return word;
        findings.Error(Find(key), Name(key), $"must be one of {string.Join(", ", words.ToArray())}, not \"{text}\"");
        return words[0];
    }

    /// <summary>A part with properties of its own; null if it is absent.</summary>
    public WorkflowNode? Part(string key)
    {
        if (Find(key) is not { } value || IsNull(value)) return null;
        if (value is YamlMappingNode mapping) return new WorkflowNode(mapping, Name(key), findings);
        findings.Error(value, Name(key), "must have properties");
        return null;
    }

    /// <summary>A list of parts; empty if it is absent or has no value.</summary>
    public IReadOnlyList<WorkflowNode> Parts(string key)
    {
        var parts = new List<WorkflowNode>();
        foreach (var (item, at) in Items(key))
        {
            if (item is YamlMappingNode mapping) parts.Add(new WorkflowNode(mapping, at, findings));
            else findings.Error(item, at, "must have properties");
        }

        return parts;
    }

    /// <summary>Named values; empty if they are absent.</summary>
    public IReadOnlyList<KeyValuePair<string, WorkflowValue>> Values(string key)
    {
        if (Part(key) is not { } part) return [];
        var values = new List<KeyValuePair<string, WorkflowValue>>();
        foreach (var (name, value) in part.Yaml.Children)
            if (name is YamlScalarNode { Value: { } text }) values.Add(new(text, ValueOf(value, part.Name(text))));
        return values;
    }

    /// <summary>The node of a property; null if it is absent.</summary>
    public YamlNode? Find(string key)
    {
        _known.Add(key);
        return node.Children.TryGetValue(new YamlScalarNode(key), out var value) ? value : null;
    }

    public string Name(string key) => path.Length == 0 ? key : $"{path}.{key}";

    public void Fail(string key, string message) => findings.Error(Find(key) ?? node, Name(key), message);

    /// <summary>Nothing more will be asked for: a property that was not is reported, as it may be a slip.</summary>
    public void End()
    {
        foreach (var key in node.Children.Keys)
            if (key is not YamlScalarNode { Value: { } name } || !_known.Contains(name))
                findings.Warn(key, Name((key as YamlScalarNode)?.Value ?? "?"), "this property is not known here and has no effect");
    }

    private void Missing(string key) => findings.Error(node, Name(key), "is missing");

    private IEnumerable<(YamlNode Item, string Path)> Items(string key)
    {
        if (Find(key) is not { } value || IsNull(value)) return [];
        if (value is YamlSequenceNode list) return list.Children.Select((item, index) => (item, string.Create(CultureInfo.InvariantCulture, $"{Name(key)}[{index}]")));
        findings.Error(value, Name(key), "must be a list");
        return [];
    }

    private WorkflowValue ValueOf(YamlNode value, string at)
    {
        if (value is YamlScalarNode { Value: ['=', .. var formula] })
        {
            try
            {
                return new WorkflowValue(FxFormula.Parse(formula.Trim()));
            }
            catch (FxException e)
            {
                findings.Warn(value, at, $"the formula cannot be read: {e.Message}");
                return new WorkflowValue(e);
            }
        }

        try
        {
            return new WorkflowValue(Literal(value));
        }
        catch (FxException e)
        {
            findings.Error(value, at, $"the value cannot be read: {e.Message}");
            return WorkflowValue.Blank;
        }
    }

    private WorkflowTemplate TemplateOf(YamlNode value, string at)
    {
        switch (value)
        {
            case YamlScalarNode { Value: ['=', ..] }:
                return new WorkflowTemplate(ValueOf(value, at));
            case YamlScalarNode scalar:
                try
                {
                    return new WorkflowTemplate(FxTemplate.Parse(scalar.Value ?? ""));
                }
                catch (FxException e)
                {
                    findings.Warn(value, at, $"a formula in the text cannot be read: {e.Message}");
                    return new WorkflowTemplate(new WorkflowValue(e));
                }

            case YamlSequenceNode list:
                return new WorkflowTemplate([.. list.Children.Select((line, index) => TemplateOf(line, string.Create(CultureInfo.InvariantCulture, $"{at}[{index}]")))]);
            case YamlMappingNode mapping:
                var part = new WorkflowNode(mapping, at, findings);
                if (part.Text("kind") is not (null or "Message") and var kind) findings.Error(value, at, $"must be a text or a Message, not {kind}");
                var text = part.RequiredTemplate("text");
                part.End();
                return text;
            default:
                findings.Error(value, at, "must be a text");
                return WorkflowTemplate.Empty;
        }
    }

    // A plain 42 is a number, a quoted one a text.
    private static FxValue Literal(YamlNode value) => value switch
    {
        YamlScalarNode scalar when IsNull(scalar) => FxBlank.Value,
        YamlScalarNode { Style: ScalarStyle.Plain, Value: { } text } => text switch
        {
            "true" or "True" or "TRUE" => FxBoolean.True,
            "false" or "False" or "FALSE" => FxBoolean.False,
            _ when decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => new FxNumber(number),
            _ => new FxText(text),
        },
        YamlScalarNode scalar => new FxText(scalar.Value ?? ""),
        YamlSequenceNode list => FxTable.Of(list.Children.Select(Literal)),
        YamlMappingNode mapping => new FxRecord(mapping.Children.Select(member => new FxField((member.Key as YamlScalarNode)?.Value ?? "", Literal(member.Value))).ToValueList()),
        _ => FxBlank.Value,
    };

    private static bool IsNull(YamlNode value) => value is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" };
}
