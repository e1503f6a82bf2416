using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Parley.Cli.Recorder;
using Parley.Tests.Upstream;

namespace Parley.Tests.Recordings;

/// <summary>What passes through the recorder is what came, to the byte.</summary>
public sealed class PassThroughTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("parley-recording").FullName;

    private string Path => System.IO.Path.Combine(_directory, "r.jsonl");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("/v1/files/a%2Fb/%41?q=%7e&r=%252F")]
    [InlineData("/v1/./x/../y//z?a=b%20c")]
    [InlineData("/v1/{}?x[]=|")]
    public async Task A_path_is_passed_on_as_the_client_wrote_it(string path)
    {
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.Answer("200 OK", "ok"));
        await CallAsync(peer.Url, $"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        Assert.StartsWith($"GET {path} HTTP/1.1\r\n", peer.Requests.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_pass_both_ways_whatever_bytes_they_have_and_a_credential_among_them_is_found_in_the_body()
    {
        await using var peer = new ScriptedPeer(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(Bytes("HTTP/1.1 200 OK\r\nContent-Length: 23\r\nConnection: close\r\nX-Name: Größe 北\r\nX-Old: ", [0xfc], "\r\n\r\nno key schlüssel-北-7"));
        });
        var answer = await CallAsync(peer.Url, "GET /v1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Asked: Größe 北\r\napi-key: schlüssel-北-7\r\n\r\n");
        Assert.Contains("\r\nX-Asked: Größe 北\r\n", peer.Requests.Single(), StringComparison.Ordinal);
        Assert.Contains("\r\napi-key: schlüssel-北-7\r\n", peer.Requests.Single(), StringComparison.Ordinal);
        Assert.True(answer.AsSpan().IndexOf(Bytes("X-Name: Größe 北\r\n")) > 0, Encoding.Latin1.GetString(answer));
        Assert.True(answer.AsSpan().IndexOf(Bytes("X-Old: ", [0xfc], "\r\n")) > 0, Encoding.Latin1.GetString(answer));

        var recorded = await File.ReadAllTextAsync(Path, TestContext.Current.CancellationToken);
        Assert.Contains("\"X-Asked\":\"Größe 北\"", recorded, StringComparison.Ordinal);
        Assert.Contains("no key ***", recorded, StringComparison.Ordinal);
        Assert.DoesNotContain("schl", recorded, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_was_passed_on_is_whole_and_one_that_nobody_took_is_cut()
    {
        const string Request = "POST /v1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
        await using var peer = ScriptedPeer.Answering(ScriptedPeer.Answer("200 OK", "ok"));
        await CallAsync(peer.Url, Request);
        Assert.DoesNotContain("\"cut\"", await File.ReadAllTextAsync(Path, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await CallAsync(new Uri("http://127.0.0.1:1"), Request);
        Assert.Contains("\"cut\":true", await File.ReadAllTextAsync(Path, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    // The answer's bytes, when the exchange is recorded.
    private async Task<byte[]> CallAsync(Uri upstream, string request)
    {
        using var file = RecordingFile.Open(Path, Assert.Fail);
        await using var app = RecordingServer.Build(new Uri("http://127.0.0.1:0"));
        var recorded = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var proxy = new RecordingProxy(new Uri(upstream.GetLeftPart(UriPartial.Authority)), file, TimeProvider.System, (_, _, _) => recorded.SetResult(), CancellationToken.None);
        app.Run(proxy.ServeAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        var url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, url.Port, TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request), TestContext.Current.CancellationToken);
        using var answer = new MemoryStream();
        await stream.CopyToAsync(answer, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await recorded.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        return answer.ToArray();
    }

    private static byte[] Bytes(string before, byte[]? between = null, string after = "") => [.. Encoding.UTF8.GetBytes(before), .. between ?? [], .. Encoding.UTF8.GetBytes(after)];
}
