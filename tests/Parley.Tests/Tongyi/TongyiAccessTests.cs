using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Parley.AspNetCore.Configuration;
using Parley.Storage;
using Parley.Tests.Http;

namespace Parley.Tests.Tongyi;

/// <summary>Who gets in at this door: with a key, with a key as a ticket, as a guest, from a page of another site.</summary>
public sealed class TongyiAccessTests : IDisposable
{
    private const string Probe = "/dialog/session/list";

    private readonly string _data = Directory.CreateTempSubdirectory("parley-tongyi").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Theory]
    [InlineData("Authorization", "Bearer {key}")]
    [InlineData("Cookie", "tongyi_sso_ticket={key}")]
    [InlineData("Cookie", "login_aliyunid_ticket={key}")]
    [InlineData("Cookie", "login_tongyi_ticket=\"{key}\"")]
    [InlineData("Cookie", "aliyun_choice=intl;t=5c; ;=x;broken; a=b=c; tongyi_sso_ticket={key};_samesite_flag_=true")]
    [InlineData("Cookie", "tongyi_sso_ticket=somebody else's; login_aliyunid_ticket={key}")]
    public async Task A_key_comes_as_a_token_or_as_a_ticket(string header, string value)
    {
        await using var server = await StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await CallAsync(server, Probe, (header, value.Replace("{key}", await MakeKeyAsync(server), StringComparison.Ordinal)))).Status);
    }

    [Theory]
    [InlineData("X", "none")]
    [InlineData("Authorization", "Bearer pat_wrong")]
    [InlineData("Cookie", "tongyi_sso_ticket=pat_wrong")]
    [InlineData("Cookie", "tongyi_sso_ticket=")]
    [InlineData("Cookie", "other={key}")]
    [InlineData("Cookie", "tongyi_guest_ticket={key}")]
    public async Task Without_one_a_call_is_refused_in_this_protocols_words(string header, string value)
    {
        await using var server = await StartAsync();
        var (status, body, _) = await CallAsync(server, Probe, (header, value.Replace("{key}", await MakeKeyAsync(server), StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.Unauthorized, status);
        Assert.Equal(("NOT_LOGIN", true, false, 401), (body.GetProperty("errorCode").GetString(), body.GetProperty("failed").GetBoolean(), body.GetProperty("success").GetBoolean(), body.GetProperty("httpCode").GetInt32()));
        Assert.DoesNotContain("pat_wrong", body.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ticket_opens_no_other_door()
    {
        await using var server = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.Add("Cookie", $"tongyi_sso_ticket={await MakeKeyAsync(server)}");
        using var answer = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Theory]
    [InlineData("https://app.example.org", null, null, false)]
    [InlineData("https://app.example.org", "token", null, false)]
    [InlineData("https://app.example.org", "token", "other", false)]
    [InlineData("https://app.example.org", "", "", false)]
    [InlineData("https://app.example.org", null, "token", false)]
    [InlineData("null", null, "token", false)]
    [InlineData("https://www.tongyi.com.example.org", null, "token", false)]
    [InlineData("https://app.example.org", "token", "token", true)]
    [InlineData("https://tongyi.aliyun.com", null, "48b9ee49-a184-45e2-9f67-fa87213edcdc", true)]
    [InlineData("https://www.qianwen.com", null, null, true)]
    [InlineData("http://www.qianwen.com", null, null, false)]
    [InlineData("https://www.qianwen.com:8443", null, null, false)]
    [InlineData(null, null, null, true)]
    public async Task A_page_may_use_a_cookie_only_if_it_can_read_another(string? origin, string? cookie, string? header, bool served)
    {
        await using var server = await StartAsync();
        var ticket = $"tongyi_sso_ticket={await MakeKeyAsync(server)}";
        var headers = new List<(string, string)> { ("Cookie", cookie is null ? ticket : $"{ticket}; XSRF-TOKEN={cookie}") };
        if (origin is not null) headers.Add(("Origin", origin));
        if (header is not null) headers.Add(("X-Xsrf-Token", header));
        Assert.Equal(served ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, (await CallAsync(server, Probe, [.. headers])).Status);
    }

    [Theory]
    [InlineData("cross-site", "https://www.qianwen.com", null, false)]
    [InlineData("cross-site", null, null, false)]
    [InlineData("cross-site", "https://www.qianwen.com", "token", true)]
    [InlineData("same-origin", null, null, true)]
    public async Task What_a_browser_says_of_a_page_counts_more_than_its_name(string site, string? origin, string? token, bool served)
    {
        await using var server = await StartAsync();
        var headers = new List<(string, string)> { ("Cookie", $"tongyi_sso_ticket={await MakeKeyAsync(server)}; XSRF-TOKEN=token"), ("Sec-Fetch-Site", site) };
        if (origin is not null) headers.Add(("Origin", origin));
        if (token is not null) headers.Add(("X-Xsrf-Token", token));
        Assert.Equal(served ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, (await CallAsync(server, Probe, [.. headers])).Status);
    }

    [Theory]
    [InlineData(null, HttpStatusCode.Unauthorized)]
    [InlineData("token", HttpStatusCode.OK)]
    public async Task Another_sites_page_uses_a_guests_cookie_by_the_same_rule(string? token, HttpStatusCode status)
    {
        await using var server = await StartAsync(guests: true);
        await MakeKeyAsync(server);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/dialog/guest/conversation") { Content = new StringContent("""{"contents":[{"content":"hi"}]}""") };
        request.Headers.TryAddWithoutValidation("Cookie", $"{await BeGuestAsync(server)}; XSRF-TOKEN=token");
        request.Headers.TryAddWithoutValidation("Origin", "https://app.example.org");
        if (token is not null) request.Headers.TryAddWithoutValidation("X-Xsrf-Token", token);
        using var answer = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(status, answer.StatusCode);
    }

    [Fact]
    public async Task A_key_that_is_no_cookie_needs_no_second_token()
    {
        await using var server = await StartAsync();
        var key = await MakeKeyAsync(server);
        Assert.Equal(HttpStatusCode.OK, (await CallAsync(server, Probe, ("Authorization", $"Bearer {key}"), ("Cookie", "tongyi_sso_ticket=other"), ("Origin", "https://app.example.org"))).Status);
    }

    [Fact]
    public async Task The_page_that_calls_is_named_so_that_it_may_send_its_cookies()
    {
        await using var server = await StartAsync();
        await MakeKeyAsync(server);
        using var ask = new HttpRequestMessage(HttpMethod.Options, "/dialog/conversation");
        foreach (var (name, value) in new[] { ("Origin", "https://app.example.org"), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type,x-xsrf-token") }) ask.Headers.Add(name, value);
        using var allowed = await server.Client.SendAsync(ask, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, allowed.StatusCode);
        Assert.Equal("content-type,x-xsrf-token", allowed.Headers.GetValues("Access-Control-Allow-Headers").Single());
        AssertNamed(allowed);

        // An error too: the page is to be able to read it.
        using var call = new HttpRequestMessage(HttpMethod.Post, "/dialog/conversation");
        call.Headers.Add("Origin", "https://app.example.org");
        using var refused = await server.Client.SendAsync(call, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        AssertNamed(refused);

        static void AssertNamed(HttpResponseMessage answer)
        {
            Assert.Equal("https://app.example.org", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
            Assert.Equal("true", answer.Headers.GetValues("Access-Control-Allow-Credentials").Single());
            Assert.Contains("Origin", answer.Headers.Vary);
        }
    }

    [Fact]
    public async Task Other_doors_never_take_a_pages_cookies()
    {
        await using var server = await StartAsync();
        await MakeKeyAsync(server);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.Add("Origin", "https://app.example.org");
        using var answer = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("*", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Credentials"));
    }

    [Fact]
    public async Task A_guest_needs_no_key_and_has_sessions_of_its_own()
    {
        await using var server = await StartAsync(guests: true);
        var key = await MakeKeyAsync(server);
        var (ada, eve) = (await BeGuestAsync(server), await BeGuestAsync(server));
        Assert.NotEqual(ada, eve);
        var body = """{"openSearch":false,"contents":[{"content":"hi","contentType":"text","role":"user"}]}""";
        using var answer = await AskAsync(server, body, ada);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var session = answer.Headers.GetValues("parley-conversation").Single();

        var again = $"{{\"sessionId\":\"{session}\",\"contents\":[{{\"content\":\"hi\"}}]}}";
        foreach (var (ticket, status) in new[] { (ada, HttpStatusCode.OK), (eve, HttpStatusCode.NotFound), ("tongyi_guest_ticket=x", HttpStatusCode.Unauthorized), ("a=b", HttpStatusCode.Unauthorized) })
        {
            using var told = await AskAsync(server, again, ticket);
            Assert.Equal(status, told.StatusCode);
        }

        // Nothing else is open to a guest, and a guest's is nobody else's.
        Assert.Equal(HttpStatusCode.Unauthorized, (await CallAsync(server, Probe, ("Cookie", ada))).Status);
        Assert.Equal(0, (await CallAsync(server, Probe, ("Authorization", $"Bearer {key}"))).Body.GetProperty("data").GetArrayLength());
    }

    private Task<RunningServer> StartAsync(bool guests = false) => RunningServer.StartAsync(options =>
    {
        options.Data = _data;
        options.Settings = options.Settings with { Tongyi = new TongyiOptions { Guests = guests } };
    });

    private static async Task<string> BeGuestAsync(RunningServer server)
    {
        var (status, _, cookies) = await CallAsync(server, "/dialog/guest/init");
        Assert.Equal(HttpStatusCode.OK, status);
        return cookies.Single().Split(';')[0];
    }

    private static Task<HttpResponseMessage> AskAsync(RunningServer server, string body, string cookie)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/dialog/guest/conversation") { Content = new StringContent(body) };
        request.Headers.TryAddWithoutValidation("Cookie", cookie);
        return server.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static async Task<(HttpStatusCode Status, JsonElement Body, string[] Cookies)> CallAsync(RunningServer server, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent("{}") };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var answer = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return (answer.StatusCode, JsonElement.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)), answer.Headers.TryGetValues("Set-Cookie", out var cookies) ? [.. cookies] : []);
    }

    private static async Task<string> MakeKeyAsync(RunningServer server)
        => (await server.Services.GetRequiredService<KeyStore>().CreateAsync("test", "somebody", TestContext.Current.CancellationToken)).Token;
}
