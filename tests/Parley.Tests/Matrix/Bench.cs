using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Parley.Agents;
using Parley.AspNetCore.Configuration;
using Parley.AspNetCore.Endpoints;
using Parley.Protocols.Upstream;
using Parley.Tests.Hosting;

namespace Parley.Tests.Matrix;

/// <summary>A Parley in front of a Parley, both with the doors of all protocols: the one behind has the agent that plays, the one in front an agent for each protocol of the other.</summary>
public sealed class Bench : IAsyncLifetime
{
    private readonly ScriptAgent _agent = new();
    private readonly UpstreamClient _upstream = new(TimeProvider.System);
    private readonly SocketsHttpHandler _connections = new() { MaxResponseDrainSize = 0 };
    private readonly ConcurrentDictionary<(Protocol Client, Protocol? Agent), Lazy<Task<Observed>>> _observed = new();
    private Host _back = null!;
    private Host _front = null!;

    internal ScriptAgent Agent => _agent;

    public async ValueTask InitializeAsync()
    {
        _back = new Host([new Agent("script", _agent)]);
        await _back.OpenAsync();
        _front = new Host(Peer.All.Select(peer => new Agent(peer.Protocol.Name, peer.New(_back.Address, "script", _upstream)) { IsStateful = peer.IsStateful }));
        await _front.OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _front.DisposeAsync();
        await _back.DisposeAsync();
        _upstream.Dispose();
        _connections.Dispose();
    }

    /// <summary>A client of the server in front, whose agent asks the one behind; without an agent's protocol a client of the one behind.</summary>
    internal Client NewClient(Peer client, Peer? agent, bool isStreamed = true, bool isKept = true) => agent is null
        ? new Client(client, _back.Address, "script", _connections, isStreamed, isKept)
        : new Client(client, _front.Address, agent.Protocol.Name, _connections, isStreamed, isKept);

    /// <summary>What a client of one protocol gets of an agent behind another. Observed once.</summary>
    internal Task<Observed> ObserveAsync(Peer client, Peer? agent)
        => _observed.GetOrAdd((client.Protocol, agent?.Protocol), _ => new Lazy<Task<Observed>>(() => Observed.OfAsync(this, client, agent))).Value;

    /// <summary>What is told of a run of the server in front, or without it of the one behind.</summary>
    internal Task<JsonElement> RunAsync(string id, bool ofFront) => (ofFront ? _front : _back).RunAsync(id);

    private sealed class Host(IEnumerable<Agent> agents) : TestDoor(agents, routes =>
    {
        routes.MapCoze();
        routes.MapChatCompletions();
        routes.MapResponses();
        routes.MapTongyi();
        routes.MapDashScope();
        routes.MapSharedPaths();
        routes.MapParleyRuns();
    }, services =>
    {
        services.AddSingleton(new CozeOptions());
        services.AddSingleton(new LimitOptions());
    })
    {
        public Uri Address => Http.BaseAddress!;

        public Task OpenAsync() => StartAsync();

        public async Task<JsonElement> RunAsync(string id) => JsonElement.Parse(await Http.GetStringAsync($"/parley/runs/{id}", TestContext.Current.CancellationToken));
    }
}

/// <summary>Those tests that share the servers.</summary>
[CollectionDefinition]
public sealed class Matrix : ICollectionFixture<Bench>;
