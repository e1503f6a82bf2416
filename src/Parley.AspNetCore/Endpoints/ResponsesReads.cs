using System.Globalization;
using Parley.AspNetCore.Http;
using Parley.Conversations;
using Parley.Protocols.Responses;
using Parley.Runs;

namespace Parley.AspNetCore.Endpoints;

/// <summary>Reading responses: one as it stands, its stream from anywhere, its input, and all of them.</summary>
internal static class ResponsesReads
{
    public static async Task RetrieveAsync(ResponsesCall call)
    {
        var (stream, after) = (WantsStream(call), StartingAfter(call));
        var run = await call.RunAsync();
        // Whatever it was asked in, it is shown in this dialect.
        RunHeaders.Write(call.Context, run with { Dialect = Protocol.Responses }, stream);
        if (!stream)
        {
            await call.AnswerAsync(run, await call.Runner.FoldAsync(run, call.Aborted));
            return;
        }

        // What is passed over here is counted.
        var first = ResponsesIds.FirstNumberOf(ResponsesIds.OfRun(run));
        using var reader = call.Runner.Attach(run);
        await EventStream.ResumeAsync(call.Context, run, reader, new ResponsesStreamWriter(run), after is { } number ? Math.Max(0, number + 1 - first) : 0);
    }

    public static async Task InputItemsAsync(ResponsesCall call)
    {
        var run = await call.RunAsync();
        var query = ItemPages.QueryOf(call, run.Conversation);
        if (run.Detached || run.Input.Count == 0) await ItemPages.AnswerAsync(call, [], hasMore: false);
        else await ItemPages.AnswerAsync(call, query with { Tip = run.Input[^1], Runs = [run.Id] });
    }

    /// <summary>Foundry's list of all responses.</summary>
    public static async Task ListAsync(ResponsesCall call)
    {
        var (agent, version) = AgentOf(call);
        var query = new RunQuery(
            call.Owner, agent, version, call.Query("conversation_id") is { } text ? ResponsesCall.ConversationId(text, "conversation_id") : default,
            call.IsAscending(), call.Cursor("after"), call.Cursor("before"), call.Limit());
        var page = await call.Store.ListRunsAsync(query, call.Aborted);
        var shown = new List<(Run Run, RunState State)>();
        foreach (var stored in page.Items)
        {
            var run = call.Runner.FindLive(stored.Id)?.Header ?? stored;
            shown.Add((run, await call.Runner.FoldAsync(run, call.Aborted)));
        }

        await call.AnswerAsync(json => ResponsesLists.WriteList(
            shown, page.HasMore, one => ResponsesIds.OfRun(one.Run), one => json.Raw(ResponsesCall.BodyOf(one.Run, one.State).Span), json));
    }

    /// <summary>The agent that a list is limited to: by name, or by name and version.</summary>
    public static (string? Name, string? Version) AgentOf(ResponsesCall call)
    {
        if (call.Query("agent_id") is not { } id) return (call.Query("agent_name") ?? call.RouteAgent, null);
        var colon = id.LastIndexOf(':');
        return colon < 0 ? (id, null) : (id[..colon], id[(colon + 1)..]);
    }

    // OpenAI's .NET client names both types for everything, so only a client that names no other wants a stream.
    private static bool WantsStream(ResponsesCall call) => call.Query("stream")?.ToLowerInvariant() switch
    {
        null => call.Context.Request.Headers.Accept.ToString() == "text/event-stream",
        "true" => true,
        "false" => false,
        _ => throw ResponsesCall.Refused("stream", "must be 'true' or 'false'"),
    };

    private static long? StartingAfter(ResponsesCall call)
    {
        if (call.Query("starting_after") is not { } text) return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var after) ? after : throw ResponsesCall.Refused("starting_after", "must be the sequence_number of an event");
    }
}
