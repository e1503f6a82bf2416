using System.Net.Http.Json;
using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Parley.Agents;
using Parley.AspNetCore;

namespace Parley.Benchmarks;

/// <summary>The time from asking for the rest of a finished run of 100,000 events, over HTTP and SQLite, to its first event.</summary>
[MemoryDiagnoser]
public class ResumeBenchmarks
{
    private const int Events = 100_000;

    private readonly string _data = Directory.CreateTempSubdirectory("parley-bench-").FullName;
    private readonly byte[] _buffer = new byte[64 << 10];
    private WebApplication _app = null!;
    private HttpClient _client = null!;
    private string _run = "";

    /// <summary>How many events the client has got.</summary>
    [Params(0, Events / 2, Events / 100 * 99)]
    public int After { get; set; }

    /// <summary>Serves, and has the run made.</summary>
    [GlobalSetup]
    public void Setup() => SetupAsync().GetAwaiter().GetResult();

    /// <summary>Stops, and removes the data.</summary>
    [GlobalCleanup]
    public void Cleanup() => CleanupAsync().GetAwaiter().GetResult();

    /// <summary>Asks, reads the first event, and leaves.</summary>
    [Benchmark]
    public async Task FirstEvent()
    {
        using var response = await _client.GetAsync($"/parley/runs/{_run}/stream?after={After}", HttpCompletionOption.ResponseHeadersRead);
        using var stream = await response.Content.ReadAsStreamAsync();
        var read = 0;
        while (_buffer.AsSpan(0, read).IndexOf("\n\n"u8) < 0)
        {
            var count = await stream.ReadAsync(_buffer.AsMemory(read));
            if (count == 0) throw new InvalidOperationException("The stream has ended.");
            read += count;
        }
    }

    private async Task SetupAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore().AddLogging().AddParley(options =>
        {
            options.Data = _data;
            options.Agents.Add(new Agent("long", new EchoAgent(new EchoOptions { Text = string.Concat(Enumerable.Range(0, Events).Select(i => $" word {i:000000} of about forty bytes, \"so\"")), Pieces = Events }, TimeProvider.System)));
        });
        _app = builder.Build();
        _app.MapParley();
        await _app.StartAsync();
        _client = new HttpClient(new SocketsHttpHandler { MaxResponseDrainSize = 0 }) { BaseAddress = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()) };
        var body = new { bot_id = "long", user_id = "u", stream = true, additional_messages = new[] { new { role = "user", content = "Go", content_type = "text" } } };
        using var response = await _client.PostAsJsonAsync("/v3/chat", body);
        _run = response.Headers.GetValues("parley-run").Single();
        var events = (await response.Content.ReadAsStringAsync()).Split("\n\n").Length;
        if (events < Events) throw new InvalidOperationException($"The stream has {events} events only.");
    }

    private async Task CleanupAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }
}
