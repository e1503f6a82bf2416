using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Parley.Agents;
using Parley.AspNetCore.Configuration;
using Parley.AspNetCore.Http;
using Parley.Conversations;
using Parley.Protocols.Coze;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.AspNetCore.Endpoints;

/// <summary>A request at Coze's door: its parameters, what serves it, and its answer.</summary>
internal sealed class CozeCall(HttpContext context) : DoorCall(context)
{
    private const string Json = "application/json; charset=utf-8";

    /// <summary>An id in the query.</summary>
    public Id QueryId(string name) => IdOf(Query(name) ?? throw Refused(name, "is required"), name);

    /// <summary>A whole number in the query.</summary>
    public int QueryNumber(string name, int otherwise, int most)
    {
        if (Query(name) is not { } text) return otherwise;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most
            ? number
            : throw Refused(name, $"must be an integer from 1 to {most}");
    }

    /// <summary>An id in the path, of which the route says that it is a number.</summary>
    public Id RouteId(string name) => IdOf(Context.Request.RouteValues[name]?.ToString() ?? "", name);

    /// <summary>An id as Coze writes them.</summary>
    public static Id IdOf(string text, string field) => DecimalId.TryParse(text, out var id) ? id : throw Refused(field, "must be an id in decimal digits");

    /// <summary>The agent that a request names.</summary>
    public Agent AgentOf(string name, string field)
        => Agents.Find(name) ?? throw new RunException(RunError.NotFound($"There is no agent \"{name}\" ({field}).", field));

    /// <summary>The conversation that a request names.</summary>
    public async ValueTask<Conversation> ConversationAsync(Id conversation)
        => await Store.FindConversationAsync(Owner, conversation, Aborted) ?? throw NoConversation();

    /// <summary>The runs of a chat in its conversation, oldest first.</summary>
    public async ValueTask<IReadOnlyList<Run>> ChatAsync(Id conversation, Id chat)
    {
        var runs = await Runner.FindChatAsync(Owner, chat, Aborted);
        return runs.Count > 0 && runs[0].Conversation == conversation ? runs : throw new RunException(RunError.NotFound("The chat does not exist (chat_id).", "chat_id"));
    }

    /// <summary>Starts a run which answers another that waits, if any; <paramref name="field"/> is where the request names that.</summary>
    public async Task<LiveRun> StartAsync(RunRequest request, string field)
    {
        try
        {
            return await Runner.StartAsync(request, Aborted);
        }
        catch (RunException refused) when (refused.Error.Code == Runner.NotWaitingCode)
        {
            throw Refused(field, "names what has been answered already");
        }
    }

    /// <summary>Answers with an envelope whose further members are written by <paramref name="payload"/>.</summary>
    public Task AnswerAsync(Action<JsonLine> payload)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        var line = CozeWriter.BeginAnswer(buffer);
        payload(line);
        CozeWriter.EndAnswer(line, LogId.Of(Context));
        return JsonAnswer.SendAsync(Context, StatusCodes.Status200OK, buffer.WrittenMemory, Json);
    }

    /// <summary>Answers with an error: compact, and with no newline at its end.</summary>
    public static Task AnswerAsync(HttpContext context, int status, RunError error)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        CozeWriter.WriteError(error, LogId.Of(context), buffer);
        return JsonAnswer.SendAsync(context, status, buffer.WrittenMemory, Json);
    }

    public static RunException NoConversation() => new(RunError.NotFound("The conversation does not exist (conversation_id).", "conversation_id"));

    public static RunException NoMessage() => new(RunError.NotFound("The message does not exist (message_id).", "message_id"));

    public static RunException Refused(string field, string what) => new(RunError.Rejected($"{field} {what}.", field));

    public CozeOptions Options => OptionsOf(Context);

    public static CozeOptions OptionsOf(HttpContext context) => context.RequestServices.GetService<CozeOptions>() ?? new();
}
