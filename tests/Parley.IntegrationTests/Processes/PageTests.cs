using Parley.IntegrationTests.Servers;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Processes;

/// <summary>The page at <c>/</c>.</summary>
public sealed class PageTests(Cluster cluster)
{
    private static readonly string[] Browsers = ["chromium", "chromium-browser", "google-chrome"];

    [Fact]
    public async Task A_browser_shows_the_agents_the_address_and_a_curl_line_per_protocol()
    {
        var browser = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(directory => Browsers.Select(name => Path.Combine(directory, name))).FirstOrDefault(File.Exists);
        if (browser is null) Assert.Skip("Chromium is not installed.");
        var server = await cluster.OpenAsync();
        using var profile = new TemporaryDirectory();
        var result = await ParleyCommand.RunProgramAsync(
            browser, ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", $"--user-data-dir={profile.Path}", "--virtual-time-budget=5000", "--dump-dom", server.Url + "/"], "");
        Assert.True(result.ExitCode == 0, result.ToString());
        var page = result.Output;
        Assert.Contains(">echo<", page, StringComparison.Ordinal);
        Assert.Contains(server.Url, page, StringComparison.Ordinal);
        Assert.Contains("/v3/chat", page, StringComparison.Ordinal);
        Assert.Contains("/v1/chat/completions", page, StringComparison.Ordinal);

        // What an agent file says is text, not markup.
        Assert.Contains("&lt;b&gt;Repeats&lt;/b&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>Repeats", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_needs_no_key_shows_none_and_loads_nothing_from_elsewhere()
    {
        var server = await cluster.EchoAsync();
        using var anonymous = new HttpClient { BaseAddress = new Uri(server.Url) };
        var page = await anonymous.GetPlainAsync("/");
        Assert.Equal((200, "text/html"), (page.Status, page.ContentType));
        Assert.All(server.Keys.Values, key => Assert.DoesNotContain(key, page.Text, StringComparison.Ordinal));
        Assert.DoesNotMatch("""(src|href)="https?://(?!127\.0\.0\.1)""", page.Text);
    }
}
