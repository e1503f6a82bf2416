namespace Parley.Workflows;

/// <summary>How bad a finding is.</summary>
public enum FindingSeverity
{
    /// <summary>The workflow cannot be loaded.</summary>
    Error,

    /// <summary>It is loaded, and fails where this is reached, if it matters there.</summary>
    Warning,
}

/// <summary>Something that is wrong with a workflow's text.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Path">The property, such as <c>trigger.actions[2].variable</c>.</param>
/// <param name="Message">What is wrong and what was expected.</param>
public sealed record WorkflowFinding(FindingSeverity Severity, long Line, string Path, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Line}: {(Severity == FindingSeverity.Error ? "error" : "warning")}: {(Path.Length == 0 ? "" : Path + ": ")}{Message}";
}
