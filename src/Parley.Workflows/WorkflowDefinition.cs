using Parley.Workflows.Engine;

namespace Parley.Workflows;

/// <summary>A workflow, read and compiled: immutable, and shared by all runs of it.</summary>
public sealed record WorkflowDefinition
{
    /// <summary>The text that it was read from.</summary>
    public required string Text { get; init; }

    /// <summary>Its name; empty where the text does not say.</summary>
    public string Name { get; init; } = "";

    /// <summary>For people.</summary>
    public string Description { get; init; } = "";

    /// <summary>Other names of the agent that it is.</summary>
    public ValueList<string> Aliases { get; init; }

    /// <summary>It answers where a request may leave the agent open.</summary>
    public bool IsDefault { get; init; }

    /// <summary>Its warnings.</summary>
    public ValueList<WorkflowFinding> Warnings { get; init; }

    internal string Trigger { get; init; } = "";

    internal WorkflowProgram Program { get; init; } = new([]);
}
