using System.Text;
using Parley.Protocols;

namespace Parley.Tests.Matrix;

/// <summary>The page that tells what arrives and what does not, made of what the matrix has seen.</summary>
internal sealed class FidelityPage(IReadOnlyDictionary<(Peer Client, Peer? Agent), Observed> observed)
{
    private const RunFeatures OfOwn = RunFeatures.Opaque | RunFeatures.Consent;

    private static readonly IReadOnlyList<RunFeatures> Features = [.. Enum.GetValues<RunFeatures>().Where(feature => int.PopCount((int)feature) == 1)];

    /// <summary>The page.</summary>
    public string Write()
    {
        var page = new StringBuilder(
            """
            # What arrives

            This page is made by the tests in `tests/Parley.Tests/Matrix`, of what they have seen: a Parley in front of a Parley, over HTTP, for each protocol of clients and
            each protocol of agents. DashScope, which Parley does not serve, is spoken by a server of the tests. Text, its order, who says it and how a run ends survive everywhere. What else a run may have is named below by the words of the header
            `parley-losses` and of a run's `losses`; what they mean is in [runs.md](runs.md#losses).

            ✓ arrives as it was said, – does not; behind it how it is told instead, where it is.

            ## What clients get

            Of an agent that asks no other server. What only one protocol understands is not in this table.


            """);
        WriteTable(page, Peer.OfClients, Features.Where(feature => (feature & OfOwn) == 0), (feature, client) => Cell(observed[(client, null)], feature));
        page.Append(
            """

            ## What is known of agents behind other servers

            Where some client's protocol could tell it.


            """);
        WriteTable(page, Peer.All, Features, AgentCell);
        page.Append(
            """

            ## Pairs

            Lost between a client (left) and an agent (above), by either protocol.


            """);
        page.Append("| client | agent | lost |\n|---|---|---|\n");
        foreach (var client in Peer.OfClients)
            foreach (var agent in Peer.All)
                page.Append($"| {client} | {agent} | {string.Join(", ", observed[(client, agent)].Lost.Keys.SelectMany(Losses.NamesOf))} |\n");
        return page.ToString();
    }

    private static void WriteTable(StringBuilder page, IReadOnlyList<Peer> peers, IEnumerable<RunFeatures> features, Func<RunFeatures, Peer, string> cell)
    {
        page.Append("| |").AppendJoin("|", peers.Select(peer => $" {peer} ")).Append("|\n|---|").AppendJoin("|", peers.Select(_ => "---")).Append("|\n");
        foreach (var feature in features) page.Append($"| `{Losses.NamesOf(feature).Single()}` |").AppendJoin("|", peers.Select(peer => $" {cell(feature, peer)} ")).Append("|\n");
    }

    // By those clients that would be told it by an agent which asks nobody; of what one protocol has for itself by any.
    private string AgentCell(RunFeatures feature, Peer agent)
    {
        var seen = Peer.OfClients.Where(client => (feature & OfOwn) != 0 || !observed[(client, null)].Lost.ContainsKey(feature))
            .Select(client => observed[(client, agent)]).Where(pair => pair.Seen.HasFlag(feature)).ToList();
        return seen.Count == 0 ? "" : seen.Find(pair => !pair.Lost.ContainsKey(feature)) is not null ? "✓" : Cell(seen[0], feature);
    }

    private static string Cell(Observed pair, RunFeatures feature)
        => !pair.Lost.TryGetValue(feature, out var note) ? "✓" : note is null ? "–" : $"– {note}";
}
