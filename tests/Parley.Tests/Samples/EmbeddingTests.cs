using System.Net;
using Embedding;
using Microsoft.AspNetCore.Builder;

namespace Parley.Tests.Samples;

public sealed class EmbeddingTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_sample_does_what_it_shows()
    {
        await using var app = Server.Build(new Shouter(), ["--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default=None"]);
        await app.StartAsync(Cancelled);
        using var output = new StringWriter();
        await Talk.AboutItAsync(app.Urls.First(), key: null, output, Cancelled);
        Assert.Equal(["HI (1)", "HELLO AGAIN (1)", "AND AGAIN (2)", ""], output.ToString().ReplaceLineEndings("\n").Split('\n'));
    }

    [Fact]
    public async Task A_hosts_own_pages_are_its_own()
    {
        await using var app = Server.Build(new Shouter(), ["--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default=None"]);
        app.MapGet("/", () => "my page");
        app.MapGet("/private", () => Microsoft.AspNetCore.Http.Results.StatusCode(404));
        await app.StartAsync(Cancelled);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        Assert.Equal("my page", await client.GetStringAsync("/", Cancelled));

        // Parley would answer only this machine, and explain a 404.
        using var request = new HttpRequestMessage(HttpMethod.Get, "/private") { Headers = { Host = "example.com" } };
        using var answer = await client.SendAsync(request, Cancelled);
        Assert.Equal((HttpStatusCode.NotFound, ""), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancelled)));
        using var refused = new HttpRequestMessage(HttpMethod.Get, "/v1/models") { Headers = { Host = "example.com" } };
        Assert.Equal(HttpStatusCode.Forbidden, (await client.SendAsync(refused, Cancelled)).StatusCode);
    }
}
