using Parley.Protocols;

namespace Parley.Tests.Matrix;

/// <summary>The page is what the tests have seen.</summary>
[Collection(typeof(Matrix))]
public sealed class FidelityPageTests(Bench bench)
{
    private const string Accept = "PARLEY_ACCEPT";

    [Fact]
    public async Task The_page_of_what_arrives_is_up_to_date()
    {
        var observed = new Dictionary<(Peer, Peer?), Observed>();
        foreach (var client in Peer.OfClients)
            foreach (var agent in Peer.All.Prepend(null)) observed[(client, agent)] = await bench.ObserveAsync(client, agent);
        var page = new FidelityPage(observed).Write();
        var path = Path.Combine(Repository(), "docs", "fidelity.md");
        if (Environment.GetEnvironmentVariable(Accept) is { Length: > 0 }) await File.WriteAllTextAsync(path, page, TestContext.Current.CancellationToken);
        var known = File.Exists(path) ? await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken) : "";
        Assert.True(page == known, $"docs/fidelity.md is not what the matrix sees. If what it sees is right, run this test with {Accept}=1 in the environment and commit the page.\n\n{page}");
    }

    [Fact]
    public async Task Every_word_for_a_loss_is_explained()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Repository(), "docs", "runs.md"), TestContext.Current.CancellationToken);
        Assert.All(Losses.NamesOf(RunFeatures.All), word => Assert.Contains($"`{word}`", page, StringComparison.Ordinal));
    }

    private static string Repository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Parley.slnx"))) folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The repository was not found.");
        return folder;
    }
}
