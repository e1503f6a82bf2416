using Parley.Agents;
using Parley.Runs;
using Parley.Tests.Events;
using Parley.Tests.Guards;
using Parley.Tests.Upstream;

namespace Parley.Tests.Workflows;

public sealed class AtMostOnceTests
{
    [Fact]
    public async Task A_call_is_made_once_its_intent_is_saved_and_the_next_step_begins_once_its_outcome_is()
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.Answer("200 OK", "done"));
        await using var bench = Bench(peer);
        var said = new List<string>();
        await foreach (var happened in bench.Agent.Behaviour.RunAsync(Request(Saved), CancellationToken.None)) said.Add(NameOf(happened));
        Assert.Equal(["RunStarted", "begins call", "saved, 0 calls", "ItemCompleted", "saved, 1 calls", "begins show"], said.Take(6));

        ValueTask Saved(CancellationToken cancellationToken)
        {
            said.Add($"saved, {peer.Requests.Count} calls");
            return default;
        }
    }

    [Fact]
    public async Task What_cannot_be_saved_is_not_done()
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.Answer("200 OK", "done"));
        await using var bench = Bench(peer);
        var refused = new RunException(new RunError(ErrorSide.Store, ErrorCause.Unavailable, "full"));
        await Assert.ThrowsAsync<RunException>(async () =>
        {
            await foreach (var _ in bench.Agent.Behaviour.RunAsync(Request(_ => throw refused), CancellationToken.None)) { }
        });
        Assert.Equal(0, peer.Connections);
    }

    [Fact]
    public async Task After_a_crash_a_call_whose_outcome_is_unknown_fails_the_run_by_name_and_is_not_made_again()
    {
        var asked = new TaskCompletionSource();
        await using var peer = new ScriptedPeer(async connection =>
        {
            await connection.ReadRequestAsync();
            asked.SetResult();
            await connection.UntilClosedAsync();
        });
        await using var bench = Bench(peer);
        var live = await bench.StartAsync(InputItem.Said(Role.User, "hello"));
        await asked.Task;
        await using var restarted = bench.NewRunner(1);
        Assert.Equal(1, await restarted.RecoverAsync(_ => bench.Agent, CancellationToken.None));
        var run = (await restarted.FindAsync(ActionBench.Owner, live.Header.Id, CancellationToken.None))!;
        var error = Assert.IsType<RunFailed>(run.End).Error;
        Assert.Equal(("outcome_unknown", true), (error.Code, error.Public));
        Assert.Contains("call (HttpRequestAction)", error.Message, StringComparison.Ordinal);
        Assert.Single(peer.Requests);
    }

    [Fact]
    public async Task A_call_that_may_be_made_again_is_made_again_with_the_same_key_and_the_run_goes_on()
    {
        var asked = new TaskCompletionSource();
        await using var peer = new ScriptedPeer(
            async connection =>
            {
                await connection.ReadRequestAsync();
                asked.SetResult();
                await connection.UntilClosedAsync();
            },
            async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.SendAsync(ScriptedPeer.Answer("200 OK", "done"));
            });
        await using var bench = new ActionBench(peer.Url.Authority).With($$"""
            - kind: Foreach
              id: loop
              items: =["a", "b"]
              value: Local.N
              actions:
                - kind: ConditionGroup
                  id: branch
                  conditions:
                    - id: isB
                      condition: =Local.N = "b"
                      actions:
                        - kind: HttpRequestAction
                          id: call
                          retryOnUnknown: true
                          url: {{peer.Url}}
                          response: Local.R
                - kind: SendActivity
                  id: show
                  activity: "{Local.N} {Local.R} {System.LastMessage.Text}"
            """);
        var live = await bench.StartAsync(InputItem.Said(Role.User, "hello"));
        await asked.Task;
        await using var restarted = bench.NewRunner(1);
        Assert.Equal(1, await restarted.RecoverAsync(_ => bench.Agent, CancellationToken.None));
        var run = await restarted.FindLive(live.Header.Id)!.Completion;
        Assert.Equal((RunStatus.Completed, live.Header.Id), (run.Status, run.Id));
        Assert.Contains(Run.LostTail, run.Losses);
        var log = new List<Logged>();
        using (var reader = restarted.Attach(run))
            while (await reader.WaitAsync(CancellationToken.None))
                while (reader.TryRead(out var logged)) log.Add(logged);
        var state = Guarded.AssertLawful(log, run.Losses, "continued");
        Assert.Equal("a  hello\nb done hello", ActionBench.SaidIn(state));
        Assert.Equal([ItemStatus.Incomplete, ItemStatus.Completed], state.Items.Where(item => item.Head is WorkflowActionItem { ActionId: "call" }).Select(item => item.Status!.Value));
        var keys = peer.Requests.Select(request => request.Split("Idempotency-Key: ")[1].Split("\r\n")[0]).ToList();
        Assert.Equal(2, keys.Count);
        Assert.Equal(keys[0], keys[1]);
    }

    private static ActionBench Bench(ScriptedPeer peer) => new ActionBench(peer.Url.Authority).With($"""
        - kind: HttpRequestAction
          id: call
          url: {peer.Url}
        - kind: SendActivity
          id: show
          activity: done
        """);

    private static AgentRequest Request(Func<CancellationToken, ValueTask> saved) => new()
    {
        Run = Headers.Of("responses") with { Owner = ActionBench.Owner },
        Context = [InputItem.Said(Role.User, "hello").ToMessage(new Id(24), new Id(16), new Id(8), DateTimeOffset.UnixEpoch)],
        InputCount = 1,
        Saved = saved,
    };

    private static string NameOf(RunEvent happened) => happened is ItemStarted { Head: WorkflowActionItem action } ? $"begins {action.ActionId}" : happened.GetType().Name;
}
