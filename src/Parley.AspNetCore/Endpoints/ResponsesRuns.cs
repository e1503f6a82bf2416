using Parley.AspNetCore.Http;
using Parley.Protocols.Responses;
using Parley.Runs;

namespace Parley.AspNetCore.Endpoints;

/// <summary>Making responses, and ending them.</summary>
internal static class ResponsesRuns
{
    public static async Task CreateAsync(ResponsesCall call)
    {
        var asked = ResponsesRequestReader.Read(await call.BodyAsync());
        var live = await call.Runner.StartAsync(await ResponsesTurn.OfAsync(call, asked), call.Aborted);
        RunHeaders.Write(call.Context, live.Header, asked.Stream);
        if (asked.Stream) await EventStream.SendAsync(call.Context, live, new ResponsesStreamWriter(live.Header), error => ResponsesCall.WriteErrorAsync(call.Context, error));
        else if (asked.Background) await call.AnswerAsync(live.Header, await call.Runner.FoldAsync(live.Header, call.Aborted));
        else await AnswerAsync(call, live);
    }

    public static async Task DeleteAsync(ResponsesCall call)
    {
        var run = await call.RunAsync();
        await call.Runner.CancelAsync(run.Owner, run.Id, call.Aborted);
        await call.Store.RemoveRunAsync(run.Id, call.Aborted);
        await call.AnswerAsync(json => ResponsesLists.WriteDeleted(ResponsesIds.OfRun(run), "response", json));
    }

    public static async Task CancelAsync(ResponsesCall call)
    {
        var run = await call.RunAsync();
        var ended = await call.Runner.CancelAsync(run.Owner, run.Id, call.Aborted) ?? run;
        if (ended.Status != RunStatus.Cancelled)
            throw new RunException(RunError.Rejected("Cannot cancel a response that has ended.", "response_id", "response_ended"));
        await call.AnswerAsync(ended, await call.Runner.FoldAsync(ended, call.Aborted));
    }

    private static async Task AnswerAsync(ResponsesCall call, LiveRun live)
    {
        using var reader = live.Attach();
        var run = await live.Completion.WaitAsync(call.Aborted);
        var state = new RunState();
        while (await reader.WaitAsync(call.Aborted))
            while (reader.TryRead(long.MaxValue, out var logged, out var count)) state.Apply(logged, count);

        // What the agent refused, before it said anything, is an error of the request, as in a stream.
        if (state is { End: RunFailed failed, Started: false }) await ResponsesCall.WriteErrorAsync(call.Context, failed.Error);
        else await call.AnswerAsync(run, state);
    }
}
