using YamlDotNet.RepresentationModel;

namespace Parley.Workflows.Reading;

/// <summary>Collects what is wrong with a text: all of it in one go.</summary>
internal sealed class Findings
{
    /// <summary>Nobody reads more.</summary>
    private const int Most = 200;

    private readonly List<WorkflowFinding> _all = [];
    private int _errors;

    public bool HasErrors => _errors > 0;

    public void Error(YamlNode? at, string path, string message) => Add(FindingSeverity.Error, at?.Start.Line ?? 1, path, message);

    public void Warn(YamlNode? at, string path, string message) => Add(FindingSeverity.Warning, at?.Start.Line ?? 1, path, message);

    public void Add(FindingSeverity severity, long line, string path, string message)
    {
        // Many warnings must not hide an error.
        var known = severity == FindingSeverity.Error ? _errors++ : _all.Count - Math.Min(_errors, Most);
        if (known < Most) _all.Add(new WorkflowFinding(severity, line, path, message));
    }

    /// <summary>In the order of the text.</summary>
    public ValueList<WorkflowFinding> InOrder() => _all.OrderBy(finding => finding.Line).ToValueList();
}
