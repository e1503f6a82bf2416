using BenchmarkDotNet.Attributes;
using Parley.Agents;
using Parley.Workflows;
using Parley.Workflows.PowerFx;
using Parley.Workflows.Reading;

namespace Parley.Benchmarks;

/// <summary>What a workflow costs: a step of each kind, a formula, a question's suspension, and loading.</summary>
[MemoryDiagnoser]
public class WorkflowBenchmarks
{
    private const int Rows = 500;

    private static readonly WorkflowServices Services = new() { Time = TimeProvider.System };
    private static readonly WorkflowAgent Assigns = AgentOf("- {kind: SetVariable, id: a, variable: Local.A, value: =Local.N + 1}");
    private static readonly WorkflowAgent Decides = AgentOf("- {kind: ConditionGroup, id: a, conditions: [{id: b, condition: '=Local.N < 0', actions: []}]}");
    private static readonly WorkflowAgent Speaks = AgentOf("- {kind: SendActivity, id: a, activity: 'Row {Local.N}'}");
    private static readonly WorkflowAgent Loops = AgentOf("");
    private static readonly string Text = TextOf("- {kind: Question, id: a, variable: Local.A, prompt: Well?, alwaysPrompt: true}");
    private static readonly WorkflowAgent Asks = new(WorkflowReader.Read(Text).Definition!, Services);
    private static readonly FxFormula Formula = FxFormula.Parse("Local.N * 2 + If(Local.N > 3, 1, 0)");
    private static readonly FxRecord Variables = FxRecord.Of(new FxField("N", new FxNumber(7)));
    private static readonly FxScope Scope = new(static name => name == "Local" ? Variables : null, TimeProvider.System);

    /// <summary>A pass of a loop with nothing in it.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Rows)]
    public Task<int> Pass() => RunAsync(Loops);

    /// <summary>The same with a SetVariable.</summary>
    [Benchmark(OperationsPerInvoke = Rows)]
    public Task<int> SetVariable() => RunAsync(Assigns);

    /// <summary>The same with a ConditionGroup.</summary>
    [Benchmark(OperationsPerInvoke = Rows)]
    public Task<int> Condition() => RunAsync(Decides);

    /// <summary>The same with a SendActivity.</summary>
    [Benchmark(OperationsPerInvoke = Rows)]
    public Task<int> SendActivity() => RunAsync(Speaks);

    /// <summary>A run up to its question within a loop of 500 rows, with its state.</summary>
    [Benchmark]
    public Task<int> Suspension() => RunAsync(Asks);

    /// <summary>A formula, compiled.</summary>
    [Benchmark]
    public object Evaluate() => Formula.Evaluate(Scope);

    /// <summary>Reading and compiling a small workflow.</summary>
    [Benchmark]
    public object Load() => WorkflowReader.Read(Text);

    private static async Task<int> RunAsync(WorkflowAgent agent)
    {
        var count = 0;
        await foreach (var _ in agent.RunAsync(new AgentRequest { Run = Streams.Header(Protocol.Responses), Context = [], InputCount = 0 }, CancellationToken.None)) count++;
        return count;
    }

    private static WorkflowAgent AgentOf(string body) => new(WorkflowReader.Read(TextOf(body)).Definition!, Services);

    private static string TextOf(string body)
        => $"kind: Workflow\ntrigger:\n  kind: OnConversationStart\n  id: t\n  actions:\n    - kind: Foreach\n      id: loop\n      items: =Sequence({Rows})\n      value: Local.N\n      actions:\n        {body}\n";
}
