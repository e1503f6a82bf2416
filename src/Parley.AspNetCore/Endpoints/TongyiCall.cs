using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Parley.AspNetCore.Configuration;
using Parley.AspNetCore.Http;
using Parley.Conversations;
using Parley.Protocols.Json;
using Parley.Protocols.Tongyi;
using Parley.Runs;

namespace Parley.AspNetCore.Endpoints;

/// <summary>A request at Tongyi's door: what it names, what serves it, and its answer.</summary>
internal sealed class TongyiCall(HttpContext context) : DoorCall(context)
{
    // The digits of an id in decimal, as long as seconds have ten.
    private const int ShortestId = 19;

    public TongyiOptions Options => Context.RequestServices.GetService<TongyiOptions>() ?? new();

    public async ValueTask<TongyiSessionRequest> SessionBodyAsync() => TongyiSessions.Read(await BodyAsync());

    /// <summary>The session that a request must name.</summary>
    public async ValueTask<Conversation> SessionAsync(string name)
    {
        if (name.Length == 0) throw Refused("sessionId", "is required");
        return await FindSessionAsync(name) ?? throw NoSession();
    }

    /// <summary>
    /// The session of a name; null if there is none. A client may have made the name itself. Else it is an id of ours, also as another protocol writes it.
    /// </summary>
    public async ValueTask<Conversation?> FindSessionAsync(string name)
    {
        var page = await Store.ListConversationsAsync(new ConversationQuery(Owner, ExternalId: name), Aborted);
        if (page.Items.Count > 0) return page.Items[0];
        return TryParse(name, out var id) ? await Store.FindConversationAsync(Owner, id, Aborted) : null;
    }

    /// <summary>
    /// Whether a name is an id of ours in any protocol's form: where nothing has it, it was deleted or is another's. A shorter number is a name of a client's.
    /// </summary>
    public static bool IsOurs(string name) => name.Length >= ShortestId && TryParse(name, out _);

    /// <summary>Answers with an envelope around what <paramref name="data"/> writes.</summary>
    public Task AnswerAsync(Action<JsonLine> data) => SendAsync(json => TongyiEnvelope.Write(json, TraceOf(Context), data));

    /// <summary>Answers with a JSON value.</summary>
    public Task SendAsync(Action<JsonLine> write)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        write(new JsonLine(body, JsonEscaping.Minimal));
        return JsonAnswer.SendAsync(Context, StatusCodes.Status200OK, body.WrittenMemory);
    }

    /// <summary>Answers with an error.</summary>
    public static Task WriteErrorAsync(HttpContext context, RunError error)
    {
        var body = new ArrayBufferWriter<byte>(256);
        TongyiErrors.Write(new JsonLine(body, JsonEscaping.Minimal), error, TraceOf(context));
        return JsonAnswer.SendAsync(context, TongyiErrors.StatusOf(error), body.WrittenMemory);
    }

    /// <summary>What an answer is called in logs: the end of its log id, as this protocol's 32 digits.</summary>
    public static string TraceOf(HttpContext context) => LogId.Of(context)[2..].ToLowerInvariant();

    public static RunException NoSession() => new(RunError.NotFound("The session does not exist (sessionId).", "sessionId"));

    public static RunException Refused(string field, string what) => new(RunError.Rejected($"{field} {what}.", field));

    private static bool TryParse(string name, out Id id)
        => HexId.TryParse(name, out _, out _) ? TongyiIds.TryParseSession(name, out id) : AnyId.TryParse(name, out id);
}
