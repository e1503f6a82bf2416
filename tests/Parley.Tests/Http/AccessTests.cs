using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Parley.AspNetCore.Http;
using Parley.Runs;
using Parley.Storage;

namespace Parley.Tests.Http;

public sealed class AccessTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("parley-access").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Theory]
    [InlineData("localhost", null, HttpStatusCode.OK)]
    [InlineData("127.0.0.1:99", null, HttpStatusCode.OK)]
    [InlineData("[::1]:99", null, HttpStatusCode.OK)]
    [InlineData("app.localhost", "http://localhost:3000", HttpStatusCode.OK)]
    [InlineData("example.org", null, HttpStatusCode.Forbidden)]
    [InlineData("127.0.0.1.example.org", null, HttpStatusCode.Forbidden)]
    [InlineData("192.168.0.1", null, HttpStatusCode.Forbidden)]
    [InlineData("localhost", "http://example.org", HttpStatusCode.Forbidden)]
    [InlineData("localhost", "null", HttpStatusCode.Forbidden)]
    public async Task Without_keys_only_this_machine_and_its_pages_get_in(string host, string? origin, HttpStatusCode status)
    {
        await using var server = await RunningServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Host = host;
        if (origin is not null) request.Headers.Add("Origin", origin);
        using var answer = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(status == HttpStatusCode.OK ? origin : null, AllowedOrigin(answer));
    }

    [Fact]
    public async Task Without_keys_another_machine_does_not_get_in_by_claiming_a_name()
    {
        var context = new DefaultHttpContext();
        context.Request.Host = new HostString("localhost");
        context.Connection.RemoteIpAddress = IPAddress.Parse("192.168.0.7");
        var access = new Access(_ => Task.CompletedTask, new ServiceCollection().BuildServiceProvider());
        var e = await Assert.ThrowsAsync<RunException>(() => access.InvokeAsync(context));
        Assert.Equal("loopback_only", e.Error.Code);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer pat_wrong")]
    [InlineData("Bearer ")]
    [InlineData("Basic cGF0Og==")]
    public async Task With_keys_a_call_without_one_is_refused_in_its_protocols_shape(string? authorization)
    {
        await using var server = await StartWithKeysAsync();
        await MakeKeyAsync(server);
        foreach (var (path, shape) in new[] { ("/v1/chat/completions", "error"), ("/v3/chat", "msg") })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent("{}") };
            if (authorization is not null) request.Headers.TryAddWithoutValidation("Authorization", authorization);
            using var answer = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement;
            Assert.True(body.TryGetProperty(shape, out _));
        }
    }

    [Fact]
    public async Task With_keys_a_call_with_one_is_served_whatever_name_the_server_is_called_by()
    {
        await using var server = await StartWithKeysAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.Host = "parley.example.org";
        request.Headers.Add("Origin", "https://app.example.org");
        request.Headers.Authorization = new AuthenticationHeaderValue("bearer", await MakeKeyAsync(server));
        using var answer = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("*", AllowedOrigin(answer));
        Assert.Contains("x-tt-logid", answer.Headers.GetValues("Access-Control-Expose-Headers").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_browser_may_ask_before_it_calls()
    {
        await using var server = await StartWithKeysAsync();
        await MakeKeyAsync(server);
        using var request = new HttpRequestMessage(HttpMethod.Options, "/v3/chat");
        request.Headers.Add("Origin", "https://app.example.org");
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "authorization,content-type,x-coze-client-user-agent");
        using var answer = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal("*", AllowedOrigin(answer));
        Assert.Equal("authorization,content-type,x-coze-client-user-agent", answer.Headers.GetValues("Access-Control-Allow-Headers").Single());
        Assert.Contains("DELETE", answer.Headers.GetValues("Access-Control-Allow-Methods").Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/", HttpStatusCode.OK)]
    [InlineData("/health/live", HttpStatusCode.OK)]
    [InlineData("/health/ready", HttpStatusCode.OK)]
    [InlineData("/nowhere", HttpStatusCode.NotFound)]
    public async Task What_shows_nothing_of_anybody_needs_no_key(string path, HttpStatusCode status)
    {
        await using var server = await StartWithKeysAsync();
        await MakeKeyAsync(server);
        using var answer = await server.Client.GetAsync(path, TestContext.Current.CancellationToken);
        Assert.Equal(status, answer.StatusCode);
    }

    private Task<RunningServer> StartWithKeysAsync() => RunningServer.StartAsync(options => options.Data = _data);

    private static async Task<string> MakeKeyAsync(RunningServer server)
        => (await server.Services.GetRequiredService<KeyStore>().CreateAsync("test", "somebody", TestContext.Current.CancellationToken)).Token;

    private static string? AllowedOrigin(HttpResponseMessage answer)
        => answer.Headers.TryGetValues("Access-Control-Allow-Origin", out var values) ? values.Single() : null;
}
