using System.Net;
using Parley.IntegrationTests.Servers;
using Parley.IntegrationTests.Wire;

namespace Parley.IntegrationTests.Http;

/// <summary>Uploads to the real process: of any size, and by clients that do not finish them.</summary>
public sealed class UploadTests
{
    private const int Megabyte = 1 << 20;

    [Fact]
    public async Task An_upload_of_200_MB_takes_little_memory_and_others_are_served_meanwhile()
    {
        await using var server = await StartAsync();
        await UploadAsync(server, 8 * Megabyte);
        var before = server.ResidentBytes;
        var most = before;
        var upload = UploadAsync(server, 200 * Megabyte);
        while (!upload.IsCompleted)
        {
            Assert.Equal("hello", (await server.Client.ChatAsync("echo", "hello")).Streamed);
            most = Math.Max(most, server.ResidentBytes);
        }

        var answer = await upload;
        Assert.Equal(200L * Megabyte, answer.Json.GetProperty("data").GetProperty("bytes").GetInt64());
        Assert.True(most - before < 100 * Megabyte, $"It took {(most - before) / Megabyte} MB more than the {before / Megabyte} MB before.");
    }

    [Fact]
    public async Task An_upload_over_the_limit_is_refused_in_a_way_that_its_client_can_read()
    {
        await using var server = await StartAsync("limits.upload=1MB");
        foreach (var isTold in new[] { true, false })
        {
            var answer = await UploadAsync(server, 3 * Megabyte, isTold);
            Assert.Equal((200, 4302), (answer.Status, answer.Code));
            Assert.Contains("1048576", answer.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_an_upload_left_when_the_server_was_killed_is_swept_away()
    {
        await using var server = await StartAsync("retention.sweep=200ms");
        using var connection = await RawConnection.OpenAsync(server.EndPoint);
        await connection.SendAsync(
            "POST /v1/files/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 90000000\r\n\r\n"
            + $"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n{new string('x', 20 * Megabyte)}");
        await Patience.UntilAsync(() => Size(server) > 10 * Megabyte, () => "Nothing of the upload was stored.");
        await server.KillAsync();
        await server.RestartAsync();
        await Patience.UntilAsync(() => server.Log.Contains("rows that were too old were removed", StringComparison.Ordinal), () => $"Nothing was swept away.\n{server.Log}");
    }

    private static long Size(ServerProcess server) => new DirectoryInfo(server.Data).GetFiles("parley.db*").Sum(file => file.Length);

    private static Task<ServerProcess> StartAsync(params string[] settings)
        => ServerProcess.StartAsync(new ServerSetup { Agents = new Dictionary<string, string> { ["echo"] = "name: echo\nkind: echo\n" }, Settings = settings });

    private static async Task<PlainAnswer> UploadAsync(ServerProcess server, int length, bool isLengthTold = true)
    {
        using var form = new MultipartFormDataContent { { new Zeros(length, isLengthTold), "file", "big.zip" } };
        return await server.Client.CallAsync(HttpMethod.Post, "/v1/files/upload", form);
    }

    // A content that is nowhere in memory.
    private sealed class Zeros(int length, bool isLengthTold) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var piece = new byte[256 << 10];
            for (var sent = 0; sent < length; sent += piece.Length) await stream.WriteAsync(piece);
        }

        protected override bool TryComputeLength(out long computed)
        {
            computed = isLengthTold ? length : 0;
            return isLengthTold;
        }
    }
}
