using Parley.Agents;
using Parley.AspNetCore.Configuration.Yaml;
using Parley.Workflows;
using Parley.Workflows.Reading;
using YamlDotNet.RepresentationModel;

namespace Parley.AspNetCore.Configuration.Agents;

/// <summary>A file that holds a workflow is an agent: called as it says itself, or like the file.</summary>
internal static class WorkflowFile
{
    /// <summary>What agents that are workflows are to clients which tell sorts apart.</summary>
    public const string Kind = "workflow";

    /// <exception cref="ConfigurationException">The workflow has errors, or no name that an agent can have.</exception>
    public static ReadAgent Read(string path, string text, DateTimeOffset changed, WorkflowServices services)
    {
        var (definition, findings) = WorkflowReader.Read(text);
        if (definition is null) throw Refuse(path, findings);
        var name = definition.Name.Length > 0 ? definition.Name : Path.GetFileNameWithoutExtension(path);
        foreach (var called in definition.Aliases.Prepend(name))
            if (!Agent.IsName(called)) throw new ConfigurationException(path, 0, $"names and aliases must be {Agent.NameRule}, not \"{called}\"");
        return new ReadAgent(AgentOf(name, definition, services) with { UpdatedAt = changed }, Kind, new YamlSection(path, new YamlMappingNode(), "", null))
        {
            Versioned = text,
            Warnings = [.. findings.Select(finding => new ConfigurationException(path, finding.Line, Tell(finding)))],
        };
    }

    /// <summary>The agent that a workflow is.</summary>
    public static Agent AgentOf(string name, WorkflowDefinition definition, WorkflowServices services) => new(name, new WorkflowAgent(definition, services))
    {
        Aliases = definition.Aliases,
        Description = definition.Description,
        IsDefault = definition.IsDefault,
        Kind = Kind,
    };

    private static ConfigurationException Refuse(string path, ValueList<WorkflowFinding> findings)
    {
        var errors = findings.Where(finding => finding.Severity == FindingSeverity.Error).ToList();
        var others = errors.Count == 1 ? "" : $" (and {errors.Count - 1} more, which parley workflow check shows)";
        return new ConfigurationException(path, errors[0].Line, Tell(errors[0]) + others);
    }

    private static string Tell(WorkflowFinding finding) => finding.Path.Length == 0 ? finding.Message : $"{finding.Path}: {finding.Message}";
}
