using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Parley.Agents;
using Parley.AspNetCore.Http;
using Parley.Conversations;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Protocols.Responses;
using Parley.Runs;

namespace Parley.AspNetCore.Endpoints;

/// <summary>A request at the door of Responses and Conversations: its parameters, what serves it, and its answer.</summary>
internal sealed class ResponsesCall(HttpContext context) : DoorCall(context)
{
    private const int LargestPage = 100;

    /// <summary>The agent that the path names, where Foundry has one there.</summary>
    public string? RouteAgent => Context.Request.RouteValues["agent"] as string;

    /// <summary>Whether the query asks for something beyond the usual; clients write lists with and without brackets.</summary>
    public bool Includes(string what) => Context.Request.Query["include"].Concat(Context.Request.Query["include[]"]).Contains(what);

    /// <summary>How many entries of a list are wanted.</summary>
    public int Limit()
    {
        if (Query("limit") is not { } text) return 20;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= LargestPage
            ? limit
            : throw Refused("limit", $"must be an integer from 1 to {LargestPage}");
    }

    /// <summary>Whether a list is wanted oldest first.</summary>
    public bool IsAscending() => Query("order") switch
    {
        null or "desc" => false,
        "asc" => true,
        _ => throw Refused("order", "must be 'asc' or 'desc'"),
    };

    /// <summary>A cursor of a list; none if it is absent.</summary>
    public Id Cursor(string name)
    {
        if (Query(name) is not { } text) return default;
        return PrefixedId.TryParse(text, out _, out var id) ? id : throw Refused(name, "names no item of this list");
    }

    /// <summary>The agent with this name, in the version that is asked for.</summary>
    public Agent AgentOf(string name, string? version = null)
        => Agents.Find(name, version) ?? throw new RunException(RunError.NotFound(
            version is null ? $"The agent '{name}' does not exist." : $"The agent '{name}' does not exist, or has no version '{version}'.", "agent", "agent_not_found"));

    /// <summary>The run that the path names as a response.</summary>
    public async ValueTask<Run> RunAsync()
    {
        var text = RouteText("response");
        return await FindRunAsync(text) ?? throw new RunException(RunError.NotFound($"Response with id '{text}' not found.", "response_id"));
    }

    /// <summary>The run with this id as a response; null if it is absent.</summary>
    public async ValueTask<Run?> FindRunAsync(string text)
        => PrefixedId.TryParse(text, out var conversation, out var id) && await Runner.FindAsync(Owner, id, Aborted) is { } run && run.Conversation == conversation ? run : null;

    /// <summary>The conversation that the path names.</summary>
    public async ValueTask<Conversation> ConversationAsync()
    {
        var text = RouteText("conversation");
        return await Store.FindConversationAsync(Owner, ConversationId(text, "conversation_id"), Aborted) ?? throw NoConversation(text, "conversation_id");
    }

    /// <summary>Reads a conversation's id, in whichever of two places it stands.</summary>
    public static Id ConversationId(string text, string field)
    {
        if (!text.StartsWith(ResponsesIds.Conversation, StringComparison.Ordinal))
            throw new RunException(RunError.Rejected($"Invalid '{field}': '{text}'. Expected an ID that begins with 'conv'.", field, "invalid_value"));
        return PrefixedId.TryParse(text, out var id, out var same) && id == same ? id : throw NoConversation(text, field);
    }

    public string RouteText(string name) => Context.Request.RouteValues[name] as string ?? "";

    /// <summary>Answers with a JSON value.</summary>
    public Task AnswerAsync(Action<JsonLine> write) => AnswerAsync(StatusCodes.Status200OK, write);

    /// <summary>Answers with a status and a JSON value.</summary>
    public Task AnswerAsync(int status, Action<JsonLine> write)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        write(new JsonLine(body, JsonEscaping.Minimal));
        return JsonAnswer.SendAsync(Context, status, body.WrittenMemory);
    }

    /// <summary>Answers with a run as it stands.</summary>
    public Task AnswerAsync(Run run, RunState state) => JsonAnswer.SendAsync(Context, StatusCodes.Status200OK, BodyOf(run, state));

    /// <summary>A run as a response.</summary>
    public static ReadOnlyMemory<byte> BodyOf(Run run, RunState state)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        new ResponseObject(run).Write(state, body);
        return body.WrittenMemory;
    }

    /// <summary>Answers with an error.</summary>
    public static Task WriteErrorAsync(HttpContext context, RunError error)
    {
        var body = new ArrayBufferWriter<byte>(256);
        ResponsesRefusals.Write(new JsonLine(body, JsonEscaping.Minimal), error);
        return JsonAnswer.SendAsync(context, OpenAiErrors.StatusOf(error), body.WrittenMemory);
    }

    public static RunException NoConversation(string id, string field) => new(RunError.NotFound($"Conversation with id '{id}' not found.", field, "conversation_not_found"));

    public static RunException Refused(string field, string what) => new(RunError.Rejected($"Invalid '{field}': it {what}.", field, "invalid_value"));
}
