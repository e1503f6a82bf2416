using System.Buffers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Parley.AspNetCore;
using Parley.Conversations;
using Parley.Runs;
using Parley.Tests.Events;

namespace Parley.Tests.Guards;

/// <summary>A stream that is picked up is checked from its first event, also where its client had got it.</summary>
public sealed class ResumedGuardTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public async Task A_violation_is_logged_with_the_run_wherever_the_client_goes_on(int after)
        => Assert.Equal(["Run 4096 of agent assistant breaks a rule of runs: event 1: the run starts twice."], await FoundAsync(after, new RunStarted(), new RunStarted()));

    [Fact]
    public async Task An_end_that_does_not_fit_is_found_too()
        => Assert.Equal(["Run 4096 of agent assistant breaks a rule of runs: event 4: item 0 is left open."],
            await FoundAsync(3, new RunStarted(), new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Text), new PartCompleted(0, 0)));

    [Fact]
    public async Task A_lawful_stream_is_no_word_in_the_log() => Assert.Empty(await FoundAsync(3, new RunStarted()));

    // The run is in the store as a faulty server would have left it.
    private static async Task<IEnumerable<string>> FoundAsync(int after, params RunEvent[] events)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore().AddLogging();
        builder.Services.AddParley(_ => { });
        var watch = GuardWatch.AddTo(builder.Services);
        await using var app = builder.Build();
        app.MapParley();
        await app.StartAsync(Token);
        await AddAsync(app.Services.GetRequiredService<IConversationStore>(), [.. events, new RunCompleted(FinishReason.Stop)]);
        using var client = new HttpClient { BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()) };
        Assert.EndsWith("\"[DONE]\"\n\n", await client.GetStringAsync($"/parley/runs/4096/stream?after={after}", Token), StringComparison.Ordinal);
        await app.StopAsync(Token);
        return watch.Found;
    }

    private static async Task AddAsync(IConversationStore store, RunEvent[] events)
    {
        var run = new Run
        {
            Id = new Id(4096),
            Owner = "local",
            Conversation = new Id(16),
            Section = new Id(16),
            Agent = new AgentRef("assistant"),
            Status = RunStatus.Running,
            Dialect = Protocol.Coze,
            Chat = new Id(4096),
            Detached = true,
            Request = ModelRequest.Empty,
            CreatedAt = DateTimeOffset.UnixEpoch,
        };
        var encoded = new ArrayBufferWriter<byte>();
        foreach (var logged in RandomRuns.LogOf(events)) EventCodec.Encode(logged, encoded);
        await store.StartRunAsync(new RunStart(run, null, []), Token);
        var ended = run with { Status = RunStatus.Completed, EndedAt = DateTimeOffset.UnixEpoch, End = new RunCompleted(FinishReason.Stop) };
        await store.CommitAsync([new RunWrite(new RunSegment(run.Id, 0, events.Length - 1, EventCodec.Format, encoded.WrittenMemory), new RunEnding(ended, [], false, []))], Token);
    }
}
