using System.Globalization;
using Parley.Protocols.Json;

namespace Parley.Protocols.Responses;

/// <summary>A version of an agent, as clients see it.</summary>
/// <param name="Name">The agent's name.</param>
/// <param name="Version">Its number.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="Description">For people.</param>
/// <param name="Metadata">The client's own key-value pairs.</param>
/// <param name="Definition">What the agent is.</param>
public sealed record AgentVersion(string Name, string Version, DateTimeOffset CreatedAt, string Description, ValueList<KeyValuePair<string, string>> Metadata, RawJson Definition)
{
    /// <summary>Its id.</summary>
    public string Id => $"{Name}:{Version}";
}

/// <summary>Something that is wrong with a workflow that a client sent.</summary>
/// <param name="Line">The line, from 1.</param>
/// <param name="Path">The property.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="IsError">It keeps the workflow from being used.</param>
public sealed record AgentDefect(long Line, string Path, string Message, bool IsError);

/// <summary>Writes agents in Foundry's form.</summary>
public static class AgentWriter
{
    /// <summary>The definition of an agent that is a workflow.</summary>
    public static RawJson DefinitionOfWorkflow(string text) => JsonLine.ToRawJson(json => json.Object().String("kind"u8, "workflow").String("workflow"u8, text).EndObject());

    /// <summary>The definition of an agent whose inside clients are not told.</summary>
    public static RawJson DefinitionOfPrompt(string model) => JsonLine.ToRawJson(json => json.Object().String("kind"u8, "prompt").String("model"u8, model).EndObject());

    /// <summary>Writes an agent by its latest version.</summary>
    public static void WriteAgent(AgentVersion latest, JsonLine json)
    {
        json.Object().String("object"u8, "agent").String("id"u8, latest.Name).String("name"u8, latest.Name).Name("versions"u8).Object().Name("latest"u8);
        WriteVersion(latest, json);
        json.EndObject().EndObject();
    }

    /// <summary>Writes a version.</summary>
    public static void WriteVersion(AgentVersion version, JsonLine json)
    {
        json.Object().String("object"u8, "agent.version").String("id"u8, version.Id).String("name"u8, version.Name).String("version"u8, version.Version)
            .String("description"u8, version.Description);
        ResponsesLists.WriteMetadata(json, version.Metadata);
        json.Number("created_at"u8, version.CreatedAt.ToUnixTimeSeconds()).Name("definition"u8).Raw(version.Definition)
            .String("status"u8, "active").EndObject();
    }

    /// <summary>Writes what is left of an agent, or with a version of that.</summary>
    public static void WriteDeleted(string name, string? version, JsonLine json)
    {
        json.Object().String("object"u8, version is null ? "agent.deleted" : "agent.version.deleted").String("name"u8, name);
        if (version is not null) json.String("version"u8, version);
        json.Name("deleted"u8).Bool(true).EndObject();
    }

    /// <summary>Writes the error of a workflow that cannot be used: the first thing that is wrong as the message, all of them as its details.</summary>
    public static void WriteDefects(IReadOnlyList<AgentDefect> defects, JsonLine json)
    {
        var first = defects.First(defect => defect.IsError);
        var place = first.Path.Length == 0 ? "" : $"{first.Path}: ";
        json.Object().Name("error"u8).Object()
            .String("message"u8, string.Create(CultureInfo.InvariantCulture, $"The workflow has an error on line {first.Line}: {place}{first.Message}"))
            .String("type"u8, "invalid_request_error").String("param"u8, "definition.workflow").String("code"u8, "invalid_workflow").Name("details"u8).Array();
        foreach (var defect in defects)
        {
            json.Object().String("code"u8, defect.IsError ? "error" : "warning").Number("line"u8, defect.Line).String("path"u8, defect.Path).String("message"u8, defect.Message).EndObject();
        }

        json.EndArray().EndObject().EndObject();
    }
}
