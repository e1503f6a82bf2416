using Parley.Protocols;
using Parley.Runs;

namespace Parley.Tests.Matrix;

/// <summary>Every client protocol over every agent protocol: a Parley in front of a Parley, over HTTP.</summary>
[Collection(typeof(Matrix))]
public sealed class PairTests(Bench bench)
{
    public static TheoryData<string, string> Pairs { get; } = PairsOf((_, _) => true);

    public static TheoryData<string, string> OfTwoServers { get; } = PairsOf((_, agent) => agent.IsServed);

    public static TheoryData<string, string> WithCalls { get; } =
        PairsOf((client, agent) => agent.IsServed && !Losses.OfPair(client.Protocol, agent.Protocol).HasFlag(RunFeatures.ToolCalls));

    public static TheoryData<string, string?> All { get; } =
        [.. Peer.OfClients.Select(peer => ((string, string?))(peer.Protocol.Name, null)), .. Pairs.Select(row => (row.Data.Item1, (string?)row.Data.Item2))];

    [Theory]
    [MemberData(nameof(All))]
    public async Task What_is_declared_as_lost_is_lost_and_nothing_else(string client, string? agent)
    {
        var observed = await bench.ObserveAsync(Of(client), agent is null ? null : Of(agent));
        Assert.True(observed.Problems.Count == 0, $"{client} over {agent ?? "an agent"}:\n{string.Join('\n', observed.Problems)}");
    }

    [Fact]
    public void Every_feature_is_in_a_script()
        => Assert.Equal(RunFeatures.All, Script.All.Aggregate(RunFeatures.None, (features, script) => features | FeaturesOfRun.Of(script.State)));

    [Theory]
    [MemberData(nameof(WithCalls))]
    public async Task A_call_is_answered_by_the_client(string client, string agent)
    {
        var talk = bench.NewClient(Of(client), Of(agent));
        Assert.Equal(["call_abc look_up {\"city\":\"Köln\"}"], Facts.Of(RunFeatures.ToolCalls, await talk.SayAsync("call")));
        Assert.Equal("The tool said sunny 🌞 for call_abc.", LastOf(await talk.AskAsync(InputItem.Output("call_abc", "sunny 🌞"))));
    }

    [Theory]
    [MemberData(nameof(OfTwoServers))]
    public async Task A_question_that_waits_is_answered_by_the_next_message(string client, string agent)
    {
        var talk = bench.NewClient(Of(client), Of(agent));
        Assert.Equal("Which size?", LastOf(await talk.SayAsync("question")));

        // Where neither the client has a conversation nor the agent's protocol a word for a question, nobody knows that it waits. Of two Chat Completions the words tell.
        var isForgotten = client == Protocol.CozeWorkflowRun.Name || (client == Protocol.ChatCompletions.Name && agent != client);
        isForgotten &= StreamFormat.Of(agent).CannotRead.HasFlag(RunFeatures.Question);
        Assert.Equal(isForgotten ? "You said large 👕." : "You chose large 👕.", LastOf(await talk.SayAsync("large 👕")));
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task A_client_that_cancels_cancels_the_agent_behind(string client, string agent)
    {
        var words = $"{ScriptAgent.Endless} {client} {agent}";
        using var cancelling = new CancellationTokenSource();
        var heard = new List<RunEvent>();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var @event in bench.NewClient(Of(client), Of(agent), isKept: false).HearAsync([InputItem.Said(Role.User, words)], cancelling.Token))
            {
                heard.Add(@event);
                if (@event is PartDelta) await cancelling.CancelAsync();
            }
        });
        Assert.DoesNotContain(heard, @event => @event is RunEnded);
        await bench.Agent.CancelledAsync(words).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    private static Peer Of(string name) => Peer.Of(new Protocol(name));

    private static string LastOf(RunState state) => state.Items.Last(item => item.Head is MessageItem && item.Text.Length > 0).Text;

    private static TheoryData<string, string> PairsOf(Func<Peer, Peer, bool> choose)
        => [.. from client in Peer.OfClients from agent in Peer.All where choose(client, agent) select (client.Protocol.Name, agent.Protocol.Name)];
}
