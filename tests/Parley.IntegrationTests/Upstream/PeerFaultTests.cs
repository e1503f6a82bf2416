using Parley.IntegrationTests.Peers;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Upstream;

/// <summary>
/// A peer of each protocol that breaks over a real connection, seen by a client of each protocol: what was said stands, then comes exactly one end that
/// says why, and nobody else is disturbed.
/// </summary>
public sealed class PeerFaultTests(FaultyUpstream upstream) : IClassFixture<FaultyUpstream>
{
    private static readonly string[] Pieces = ["one ", "two ", "three "];

    public static TheoryData<string, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach (var peer in PeerDialect.All)
                foreach (var client in ClientDialect.All) pairs.Add(peer.Name, client.Name);
            return pairs;
        }
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task A_whole_answer_is_told_whole(string peer, string client)
        => await AsksAsync(peer, client, "faulty", "whole", Told.Completed, string.Concat(Pieces), PeerDialect.Of(peer).Say(Pieces) + PeerDialect.Of(peer).Finish);

    [Theory, MemberData(nameof(Pairs))]
    public Task A_reset_is_one_failure(string peer, string client) => BreaksAsync(peer, client, "reset", new Reset());

    [Theory, MemberData(nameof(Pairs))]
    public Task A_half_closed_connection_is_one_failure(string peer, string client) => BreaksAsync(peer, client, "half-close", new HalfClose(), new Stall());

    [Theory, MemberData(nameof(Pairs))]
    public Task A_stall_is_one_failure_after_the_agents_patience(string peer, string client) => BreaksAsync(peer, client, "stall", new Stall());

    [Theory, MemberData(nameof(Pairs))]
    public async Task Garbage_is_one_failure_whatever_follows(string peer, string client)
    {
        var dialect = PeerDialect.Of(peer);
        for (var count = 0; count <= Pieces.Length; count++)
        {
            var said = Pieces[..count];
            await AsksAsync(peer, client, "faulty", $"garbage-{count}", Told.Failed, string.Concat(said), dialect.Say(said) + dialect.Garbage + dialect.Piece("never", count) + dialect.Finish);
        }
    }

    // Before the head, before the first event, after what opens the stream, and after each piece; all at once, since some take their time.
    private async Task BreaksAsync(string peer, string client, string fault, params PeerStep[] steps)
    {
        var dialect = PeerDialect.Of(peer);
        await Task.WhenAll(Enumerable.Range(-2, Pieces.Length + 3).Select(count =>
        {
            var said = Pieces[..Math.Max(0, count)];
            var events = count < 0 ? "" : dialect.Say(said);
            var agent = steps is not [Stall] ? "faulty" : events.Length == 0 ? "hasty" : "fickle";
            return AsksAsync(peer, client, agent, $"{fault}-{count}", Told.Failed, string.Concat(said), count == -2 ? null : events, steps);
        }));
    }

    private async Task AsksAsync(string peer, string client, string agent, string what, string end, string text, string? events, params PeerStep[] steps)
    {
        var script = $"{what}-{peer}-{client}";
        upstream.Peer.On(script, events is null ? steps : [PeerDialect.Send(events), .. steps]);
        var told = await upstream.AskAsync(ClientDialect.All.First(one => one.Name == client), $"{agent}-{peer}", script);

        // Where nothing was said, a failure is still a plain refusal.
        Assert.True(told.End == end || (end, text, told.End) == (Told.Failed, "", Told.Refused), $"{script}: {told}");
        Assert.Equal(text, told.Text);
        if (end != Told.Failed) return;
        Assert.NotEqual("", told.Message);
        Assert.DoesNotContain("Exception", told.Message, StringComparison.Ordinal);
        Assert.Single(upstream.Peer.RequestsFor(script));
    }
}
