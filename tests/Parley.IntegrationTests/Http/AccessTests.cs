using Parley.IntegrationTests.Servers;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Http;

/// <summary>Who may call: this machine only without keys, whoever has one with keys.</summary>
public sealed class AccessTests(Cluster cluster)
{
    private static readonly Dictionary<string, string> Echo = new() { ["echo"] = "name: echo\nkind: echo\n" };

    [Theory]
    [InlineData("127.0.0.1:1", null, true)]
    [InlineData("localhost", null, true)]
    [InlineData("[::1]:80", null, true)]
    [InlineData("localhost", "http://localhost:3000", true)]
    [InlineData("localhost", "http://127.0.0.1:3000", true)]
    [InlineData("example.com", null, false)]
    [InlineData("127.0.0.1.example.com", null, false)]
    [InlineData("localhost.example.com", null, false)]
    [InlineData("127.0.0.1", "https://example.com", false)]
    [InlineData("127.0.0.1", "null", false)]
    [InlineData("127.0.0.1", "http://localhost.example.com", false)]
    public async Task Without_keys_only_this_machine_and_its_pages_may_call(string host, string? origin, bool allowed)
    {
        var server = await cluster.OpenAsync();
        var headers = new List<(string, string)> { ("Host", host) };
        if (origin is not null) headers.Add(("Origin", origin));
        var answer = await server.Client.GetPlainAsync("/v1/models", [.. headers]);
        Assert.Equal(allowed ? 200 : 403, answer.Status);
        var coze = await server.Client.GetPlainAsync("/v1/bots?workspace_id=1", [.. headers]);
        Assert.Equal(allowed ? 0 : 4101, coze.Code);
    }

    [Fact]
    public async Task Without_keys_any_Authorization_header_is_fine()
        => Assert.Equal(200, (await (await cluster.OpenAsync()).Client.GetPlainAsync("/v1/models", ("Authorization", "Bearer whatever"))).Status);

    [Fact]
    public async Task Without_keys_the_server_refuses_to_listen_elsewhere_and_says_what_to_do()
    {
        using var directory = new TemporaryDirectory();
        var result = await ParleyCommand.RunAsync("serve", "--url", "http://0.0.0.0:0", "--data", directory["data"]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("keys create", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_first_key_that_is_made_while_the_server_runs_closes_it_and_its_revocation_too()
    {
        await using var server = await ServerProcess.StartAsync(new ServerSetup { Agents = Echo });
        var chat = await server.Client.ChatAsync("echo", "made without a key");

        var made = await ParleyCommand.RunAsync("keys", "create", "--name", "first", "--owner", "ada", "--data", server.Data);
        Assert.True(made.ExitCode == 0, made.ToString());
        await Patience.UntilAsync(async () => (await server.Client.GetPlainAsync("/v1/models")).Status == 401, () => "The server did not see the key.");

        // What was made without keys belongs to "local".
        var path = $"/v1/conversation/retrieve?conversation_id={chat.Conversation}";
        Assert.Equal(4001, (await server.Client.GetPlainAsync(path, ("Authorization", $"Bearer {made.LastLine}"))).Code);
        var local = await ParleyCommand.RunAsync("keys", "create", "--name", "second", "--owner", "local", "--data", server.Data);
        await Patience.UntilAsync(
            async () => (await server.Client.GetPlainAsync(path, ("Authorization", $"Bearer {local.LastLine}"))) is { Status: 200, Code: 0 }, () => "The second key does not open.");

        Assert.Equal(0, (await ParleyCommand.RunAsync("keys", "revoke", "first", "--data", server.Data)).ExitCode);
        await Patience.UntilAsync(
            async () => (await server.Client.GetPlainAsync("/v1/models", ("Authorization", $"Bearer {made.LastLine}"))).Status == 401, () => "The revoked key still opens.");
    }

    [Fact]
    public async Task With_keys_a_page_of_any_site_may_ask()
    {
        var server = await cluster.EchoAsync();
        using var anonymous = new HttpClient { BaseAddress = new Uri(server.Url) };
        var preflight = await anonymous.CallAsync(
            HttpMethod.Options, "/v3/chat", null, ("Origin", "https://example.com"), ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "authorization,content-type,x-coze-client-user-agent"));
        Assert.Equal(204, preflight.Status);
        Assert.Equal(["*"], preflight.Response.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Contains("POST", string.Join(',', preflight.Response.Headers.GetValues("Access-Control-Allow-Methods")), StringComparison.Ordinal);
        var allowed = string.Join(',', preflight.Response.Headers.GetValues("Access-Control-Allow-Headers"));
        Assert.Contains("authorization", allowed, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("x-coze-client-user-agent", allowed, StringComparison.OrdinalIgnoreCase);

        var answer = await server.Client.GetPlainAsync("/v1/models", ("Origin", "https://example.com"));
        Assert.Equal(["*"], answer.Response.Headers.GetValues("Access-Control-Allow-Origin"));
        var exposed = string.Join(',', answer.Response.Headers.GetValues("Access-Control-Expose-Headers"));
        foreach (var header in new[] { "x-tt-logid", "parley-run", "parley-conversation" }) Assert.Contains(header, exposed, StringComparison.Ordinal);

        // A page must be able to read why it was refused.
        var refused = await anonymous.GetPlainAsync("/v1/models", ("Origin", "https://example.com"));
        Assert.Equal(401, refused.Status);
        Assert.Equal(["*"], refused.Response.Headers.GetValues("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task With_keys_the_Host_does_not_matter()
        => Assert.Equal(200, (await (await cluster.EchoAsync()).Client.GetPlainAsync("/v1/models", ("Host", "chat.example.com"))).Status);
}
