namespace Parley.Tests.Matrix;

/// <summary>One conversation, handed from one protocol's client to the next at each turn, over each agent protocol.</summary>
[Collection(typeof(Matrix))]
public sealed class OneConversationTests(Bench bench)
{
    public static TheoryData<string> Agents { get; } = [.. Peer.All.Where(peer => peer.Converses).Select(peer => peer.Protocol.Name)];

    [Theory]
    [MemberData(nameof(Agents))]
    public async Task Whoever_comes_next_the_agent_knows_all_that_was_said(string name)
    {
        var agent = Peer.Of(new Protocol(name));
        var (conversation, run) = (Id.None, Id.None);
        var said = new List<string>();
        foreach (var client in InAllOrders([.. Peer.OfClients.Where(peer => peer.Converses)]))
        {
            var talk = bench.NewClient(client, agent);
            talk.Join(conversation, run);
            var words = $"turn {said.Count / 2} of {client} over {name} 👩‍👩‍👧";
            Assert.Equal($"You said {words}.", Facts.TextOf(await talk.SayAsync(words)));
            var (before, headers) = (conversation, talk.Answer.Headers);
            Assert.True(AnyId.TryParse(headers["parley-conversation"], out conversation) && AnyId.TryParse(headers["parley-run"], out run));
            Assert.True(before.IsNone || before == conversation);
            said.AddRange([$"user: {words}", $"assistant: You said {words}."]);
            Assert.Equal(said.SkipLast(1), ScriptAgent.SaidIn(bench.Agent.Requests.Last().Context));
        }
    }

    // So that each follows each.
    private static IEnumerable<Peer> InAllOrders(List<Peer> peers)
    {
        for (var i = 0; i < peers.Count; i++)
        {
            yield return peers[i];
            for (var j = i + 1; j < peers.Count; j++)
            {
                yield return peers[j];
                yield return peers[i];
            }
        }
    }
}
