using System.Globalization;
using Parley.Agents;
using Parley.AspNetCore.Http;
using Parley.Protocols.Coze;
using Parley.Runs;

namespace Parley.AspNetCore.Endpoints;

/// <summary>Agents as Coze's workflows: a run belongs to no conversation, and what it waits for is answered by the id of the interrupt.</summary>
internal static class CozeWorkflows
{
    public static async Task RunAsync(CozeCall call)
    {
        var asked = CozeReader.ReadWorkflowRun(await call.BodyAsync());
        await AnswerAsync(call, await StartAsync(call, asked, stream: false), asked.IsAsync);
    }

    public static async Task StreamAsync(CozeCall call)
    {
        call.Context.Features.Set(new CozeStreamed());
        if (call.Context.Request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } last) await GoOnAsync(call, last);
        else await StreamAsync(call, await StartAsync(call, CozeReader.ReadWorkflowRun(await call.BodyAsync()), stream: true));
    }

    public static async Task ResumeAsync(CozeCall call) => await AnswerAsync(call, await ContinueAsync(call, CozeReader.ReadResume(await call.BodyAsync())), isAsync: false);

    public static async Task StreamResumeAsync(CozeCall call)
    {
        call.Context.Features.Set(new CozeStreamed());
        await StreamAsync(call, await ContinueAsync(call, CozeReader.ReadResume(await call.BodyAsync())));
    }

    private static Task<LiveRun> StartAsync(CozeCall call, CozeWorkflowRequest asked, bool stream)
    {
        var agent = call.AgentOf(asked.Workflow, "workflow_id");
        if (asked.Version is { } version)
            agent = call.Agents.Find(agent.Name, version) ?? throw new RunException(RunError.NotFound($"The workflow \"{asked.Workflow}\" has no version {version} (workflow_version).", "workflow_version"));
        return StartAsync(call, agent, asked.Workflow, stream, new RunRequest
        {
            Owner = call.Owner,
            Agent = agent,
            Dialect = Protocol.CozeWorkflowRun,
            Detached = true,
            Input = asked.Input,
            Request = asked.Request,
            Background = asked.IsAsync,
        });
    }

    // The agent that waits goes on, whatever it is that it asks: a tool's output, or words.
    private static async Task<LiveRun> ContinueAsync(CozeCall call, CozeResume asked)
    {
        var agent = call.AgentOf(asked.Workflow, "workflow_id");
        var waiting = await call.Runner.FindAsync(call.Owner, asked.Run, call.Aborted);
        if (waiting is null || waiting.Agent.Name != agent.Name || waiting.Dialect != Protocol.CozeWorkflowRun) throw new RunException(RunError.NotFound("There is no such interrupt of this workflow (event_id).", "event_id"));
        if (waiting.End is not RunSuspended suspended) throw CozeCall.Refused("event_id", "names a run that does not wait for anything");
        var state = await call.Runner.FoldAsync(waiting, call.Aborted);
        var required = suspended.Required.FirstOrDefault(one => state.Items[one.Item].Id == asked.Item) ?? throw CozeCall.Refused("event_id", "names nothing that the run waits for");
        var answer = required is CallFunction ? InputItem.Output(((ToolCallItem)state.Items[required.Item].Head).CallId, asked.Data) : InputItem.Said(Role.User, asked.Data);
        return await StartAsync(call, agent, asked.Workflow, CozeRendering.Of(waiting).IsStreamed, new RunRequest
        {
            Owner = call.Owner,
            Agent = agent,
            Dialect = Protocol.CozeWorkflowRun,
            Detached = true,
            Answers = waiting.Id,
            KeepsChat = true,

            // Peers refuse an output without its call.
            Path = required is CallFunction ? [new InputItem(state.Items[required.Item].Head, state.Items[required.Item].ToContent())] : [],
            Input = [answer],
            Request = waiting.Request,
        });
    }

    private static async Task<LiveRun> StartAsync(CozeCall call, Agent agent, string workflow, bool stream, RunRequest request)
    {
        var rendering = new CozeRendering { Bot = workflow, IsStreamed = stream, DebugUrl = DebugUrlOf(call, workflow) };
        var live = await call.StartAsync(
            request with { Rendering = rendering.ToJson(), OnDisconnect = Disconnect.PolicyOf(call.Context, agent, DisconnectPolicy.Continue) }, "event_id");
        RunHeaders.Write(call.Context, live.Header, stream);
        return live;
    }

    private static Task StreamAsync(CozeCall call, LiveRun live)
        => EventStream.SendAsync(call.Context, live, new CozeWorkflowStreamWriter(live.Header), error => throw new RunException(error));

    // Ids of events begin at 0 with every run, so the client must say too which run it was.
    private static async Task GoOnAsync(CozeCall call, string last)
    {
        if (!long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) throw CozeCall.Refused("Last-Event-ID", "must be the id of an event");
        if (!DecimalId.TryParse(call.Context.Request.Headers[RunHeaders.Run].ToString(), out var id))
            throw CozeCall.Refused(RunHeaders.Run, "is required as a header beside Last-Event-ID, with the value that the stream's answer had");
        var run = await call.Runner.FindAsync(call.Owner, id, call.Aborted) is { } found && found.Dialect == Protocol.CozeWorkflowRun
            ? found
            : throw new RunException(RunError.NotFound($"The run does not exist ({RunHeaders.Run}).", RunHeaders.Run));
        RunHeaders.Write(call.Context, run, isStreamed: true);
        using var reader = call.Runner.Attach(run);
        await EventStream.ResumeAsync(call.Context, run, reader, new CozeWorkflowStreamWriter(run), number + 1);
    }

    private static async Task AnswerAsync(CozeCall call, LiveRun live, bool isAsync)
    {
        if (isAsync)
        {
            await call.AnswerAsync(line => CozeWriter.WriteWorkflowStart(live.Header, line));
            return;
        }

        using var reader = live.Attach();
        await live.Completion.WaitAsync(call.Aborted);
        var view = await CozeWorkflowReads.ViewOfAsync(call, live.Header);
        switch (view.End)
        {
            case RunFailed failed:
                throw new RunException(failed.Error);
            case RunCancelled:
                throw new RunException(RunError.Rejected("The run was cancelled.", "workflow_id", "4104"));
            default:
                await call.AnswerAsync(line => CozeWriter.WriteWorkflowRun(view, line));
                break;
        }
    }

    // On this server, and only with the caller's own key.
    private static string? DebugUrlOf(CozeCall call, string workflow)
    {
        var request = call.Context.Request;
        return request.Host.HasValue ? $"{request.Scheme}://{request.Host}/v1/workflows/{Uri.EscapeDataString(workflow)}/run_histories/{{chat}}" : null;
    }
}
