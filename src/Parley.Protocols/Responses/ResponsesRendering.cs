using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>What a response depends on besides the run's header and events; kept in <see cref="Run.Rendering"/>.</summary>
public sealed record ResponsesRendering
{
    /// <summary>The model as the request named it; empty for an agent that was named otherwise.</summary>
    public string Model { get; init; } = "";

    /// <summary>The agent was named by a reference, as Foundry's clients do: who made the response and its items is shown.</summary>
    public bool ShowsAgent { get; init; }

    /// <summary>The conversation is shown: the request named one, or cannot go on without one.</summary>
    public bool ShowsConversation { get; init; }

    /// <summary>The response that the request named as the one before.</summary>
    public string? Previous { get; init; }

    /// <summary>Encrypted reasoning was asked for.</summary>
    public bool IncludesEncrypted { get; init; }

    /// <summary>A failure is told by an event <c>error</c> before <c>response.failed</c>.</summary>
    public bool TellsErrors { get; init; } = true;

    /// <summary>Members of the request that a response repeats, a JSON object; the others have their defaults.</summary>
    public RawJson? Echo { get; init; }

    /// <summary>As it is stored.</summary>
    public RawJson ToJson() => JsonLine.ToRawJson(json =>
    {
        json.Object()
            .String("model"u8, Model)
            .Name("agent"u8).Bool(ShowsAgent)
            .Name("conversation"u8).Bool(ShowsConversation)
            .Name("encrypted"u8).Bool(IncludesEncrypted)
            .Name("errors"u8).Bool(TellsErrors);
        if (Previous is not null) json.String("previous"u8, Previous);
        if (Echo is { } echo) json.Name("echo"u8).Raw(echo);
        json.EndObject();
    });

    /// <summary>The rendering of a run. One that was asked in another protocol is shown under its agent's name, with its conversation.</summary>
    public static ResponsesRendering Of(Run run)
    {
        if (run.Dialect != Protocol.Responses || run.Rendering is not { } stored)
            return new ResponsesRendering { Model = run.Agent.Name, ShowsAgent = ResponsesIds.IsWorkflow(run.Agent), ShowsConversation = !run.Detached };
        using var json = JsonDocument.Parse(stored.Text, OpenAiJson.Deep);
        var root = json.RootElement;
        return new ResponsesRendering
        {
            Model = root.GetProperty("model").GetString()!,
            ShowsAgent = root.GetProperty("agent").GetBoolean(),
            ShowsConversation = root.GetProperty("conversation").GetBoolean(),
            IncludesEncrypted = root.GetProperty("encrypted").GetBoolean(),
            TellsErrors = root.GetProperty("errors").GetBoolean(),
            Previous = root.TryGetProperty("previous", out var previous) ? previous.GetString() : null,
            Echo = root.TryGetProperty("echo", out var echo) ? new RawJson(echo.GetRawText()) : null,
        };
    }
}
