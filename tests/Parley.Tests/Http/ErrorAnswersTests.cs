using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Parley.AspNetCore.Configuration;
using Parley.AspNetCore.Http;
using Parley.Runs;

namespace Parley.Tests.Http;

public sealed class ErrorAnswersTests
{
    private static readonly Door TestDoor = new(Protocol.Coze, (context, error) =>
    {
        context.Response.StatusCode = 418;
        return context.Response.WriteAsync($"{error.Side} {error.Cause} {error.Code}: {error.PublicMessage}");
    });

    [Theory]
    [InlineData("GET", "/nowhere", HttpStatusCode.NotFound, "unknown_url")]
    [InlineData("POST", "/health/live", HttpStatusCode.MethodNotAllowed, "method_not_supported")]
    [InlineData("PATCH", "/v3/chat", HttpStatusCode.MethodNotAllowed, "method_not_supported")]
    public async Task What_no_protocol_knows_is_answered_in_both_shapes(string method, string path, HttpStatusCode status, string code)
    {
        await using var server = await RunningServer.StartAsync();
        using var answer = await server.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), TestContext.Current.CancellationToken);
        Assert.Equal(status, answer.StatusCode);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var body = JsonDocument.Parse(text).RootElement;
        Assert.Equal((4000, code), (body.GetProperty("code").GetInt32(), body.GetProperty("error").GetProperty("code").GetString()));
        Assert.Equal(body.GetProperty("msg").GetString(), body.GetProperty("error").GetProperty("message").GetString());
        Assert.Equal(answer.Headers.GetValues("x-tt-logid").Single(), body.GetProperty("detail").GetProperty("logid").GetString());
        Assert.Equal(34, body.GetProperty("detail").GetProperty("logid").GetString()!.Length);
        Assert.EndsWith("}", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_of_a_door_has_the_doors_shape()
    {
        await using var server = await StartAsync(_ => throw new RunException(RunError.Rejected("no such field", "field", "4000")));
        Assert.Equal((418, "Client Rejected 4000: no such field"), await GetAsync(server));
    }

    [Fact]
    public async Task An_unforeseen_exception_tells_the_client_nothing()
    {
        await using var server = await StartAsync(_ => throw new InvalidOperationException("the password is x"));
        Assert.Equal((418, "Server Unavailable : The server failed."), await GetAsync(server));
    }

    [Fact]
    public async Task What_was_prepared_for_an_answer_is_not_sent_with_an_error()
    {
        await using var server = await StartAsync(context =>
        {
            context.Response.StatusCode = 201;
            context.Response.ContentType = "text/event-stream";
            context.Response.ContentLength = 1;
            throw new RunException(RunError.NotFound("gone"));
        });
        Assert.Equal((418, "Client NotFound : gone"), await GetAsync(server));
    }

    [Fact]
    public async Task After_the_answer_has_begun_the_connection_breaks()
    {
        await using var server = await StartAsync(async context =>
        {
            await context.Response.WriteAsync("half");
            await context.Response.Body.FlushAsync();
            throw new InvalidOperationException("too late");
        });
        await Assert.ThrowsAsync<HttpRequestException>(() => server.Client.GetStringAsync("/test", TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(100, 100, null)]
    [InlineData(100, 101, "Client Limit body_too_large: The body of the request is larger than 100 bytes.")]
    [InlineData(100, 500_000, "Client Limit body_too_large: The body of the request is larger than 100 bytes.")]
    public async Task A_body_over_the_limit_is_refused_with_and_without_its_length(int limit, int length, string? refusal)
    {
        await using var server = await StartAsync(
            async context => await context.Response.WriteAsync($"read {(await RequestBody.ReadAsync(context, context.RequestAborted)).Length}"), limit);
        foreach (var chunked in new[] { false, true })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/test") { Content = new ByteArrayContent(new byte[length]) };
            request.Headers.TransferEncodingChunked = chunked;
            using var answer = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(refusal ?? $"read {length}", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task A_large_body_arrives_whole()
    {
        var sent = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 400_000).Select(number => $"{number};")));
        await using var server = await StartAsync(async context => await context.Response.Body.WriteAsync(await RequestBody.ReadAsync(context, context.RequestAborted)), 20 << 20);
        using var answer = await server.Client.PostAsync("/test", new ByteArrayContent(sent), TestContext.Current.CancellationToken);
        Assert.Equal(sent, await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    private static Task<RunningServer> StartAsync(RequestDelegate handler, long limit = 1000) => RunningServer.StartAsync(
        options => options.Settings = options.Settings with { Limits = new LimitOptions { Body = limit } },
        app => app.Map("/test", handler).WithMetadata(TestDoor));

    private static async Task<(int, string)> GetAsync(RunningServer server)
    {
        using var answer = await server.Client.GetAsync("/test", TestContext.Current.CancellationToken);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
