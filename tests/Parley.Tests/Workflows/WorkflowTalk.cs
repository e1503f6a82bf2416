using Microsoft.Extensions.Logging.Abstractions;
using Parley.Agents;
using Parley.Conversations;
using Parley.Runs;
using Parley.Workflows;
using Parley.Workflows.Reading;

namespace Parley.Tests.Workflows;

/// <summary>A workflow that a test talks with, through a runner and a store as a server has them.</summary>
internal sealed class WorkflowTalk : IAsyncDisposable
{
    private readonly Dictionary<string, IAgent> _agents = new(StringComparer.Ordinal);
    private readonly MemoryStore _store = new();
    private readonly IdSource _ids = new(TimeProvider.System);
    private readonly Runner _runner;
    private readonly WorkflowServices _services;
    private Agent _agent;

    public WorkflowTalk(string text, int steps = 10_000, TimeProvider? time = null)
    {
        _runner = new Runner(_store, _ids, TimeProvider.System, NullLogger<Runner>.Instance);
        _services = new WorkflowServices
        {
            Time = time ?? TimeProvider.System,
            Store = _store,
            Ids = _ids,
            MostSteps = steps,
            FindAgent = (name, version) => _agents.TryGetValue(version is null ? name : $"{name}:{version}", out var agent) ? new Agent(name, agent) : null,
        };
        _agent = AgentOf(text);
    }

    public Id Conversation { get; private set; }

    public RunState State { get; private set; } = new();

    public Run Run { get; private set; } = null!;

    /// <summary>Structured input of the next run.</summary>
    public RawJson? Parameters { get; set; }

    public void Add(string name, IAgent agent) => _agents[name] = agent;

    /// <summary>Another workflow that can be asked.</summary>
    public void AddFlow(string name, string text) => _agents[name] = AgentOf(text).Behaviour;

    /// <summary>The file is edited.</summary>
    public void Edit(string text) => _agent = AgentOf(text);

    /// <summary>Says something, and returns what the workflow says to it, a line each, with how the run ended.</summary>
    public Task<string> SayAsync(string text) => SendAsync(InputItem.Said(Role.User, text));

    public async Task<string> SendAsync(params InputItem[] input)
    {
        var live = await _runner.StartAsync(
            new RunRequest { Owner = "local", Agent = _agent, Dialect = Protocol.Responses, Conversation = Conversation, Input = input.ToValueList(), Request = new ModelRequest { Parameters = Parameters } },
            TestContext.Current.CancellationToken);
        Run = await live.Completion.WaitAsync(TestContext.Current.CancellationToken);
        Conversation = Run.Conversation;
        State = await _runner.FoldAsync(Run, TestContext.Current.CancellationToken);
        return string.Join('\n', State.Items.Where(item => item.Head is MessageItem).Select(item => item.Text).Append(State.End switch
        {
            RunCompleted => "(done)",
            RunSuspended suspended => $"({string.Join(", ", suspended.Required.Select(required => required.GetType().Name))})",
            RunFailed failed => $"({failed.Error.PublicMessage})",
            _ => "(cancelled)",
        }));
    }

    public async ValueTask DisposeAsync() => await _runner.DisposeAsync();

    private Agent AgentOf(string text)
    {
        var (definition, findings) = WorkflowReader.Read(text);
        Assert.True(definition is not null, string.Join('\n', findings.Select(finding => finding.ToString())));
        return new Agent("flow", new WorkflowAgent(definition, _services)) { Kind = "workflow", Version = "1" };
    }
}
