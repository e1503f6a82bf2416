using System.Globalization;
using Parley.Workflows.Actions;
using Parley.Workflows.Engine;

namespace Parley.Workflows.Reading;

/// <summary>Lays the actions of a workflow out as a program.</summary>
internal sealed class ProgramBuilder
{
    private readonly List<WorkflowStep> _steps = [];
    private readonly Dictionary<string, string> _ids = new(StringComparer.Ordinal);
    private readonly List<(WorkflowNode Node, GotoAction Jump)> _jumps = [];

    private ProgramBuilder()
    {
    }

    public static WorkflowProgram Build(WorkflowNode trigger, string triggerId)
    {
        var builder = new ProgramBuilder();
        builder._ids[triggerId] = trigger.Path;
        builder.AddAll(trigger.Parts("actions"), triggerId);
        var program = new WorkflowProgram([.. builder._steps]);
        foreach (var (node, jump) in builder._jumps)
            if (jump.Target.Length > 0 && program.Find(jump.Target) < 0) node.Fail("actionId", $"there is no action {jump.Target} to go to");
        return program;
    }

    private void AddAll(IReadOnlyList<WorkflowNode> actions, string parent)
    {
        foreach (var action in actions) Add(action, parent);
    }

    private void Add(WorkflowNode node, string parent)
    {
        var kind = node.Required("kind");
        var id = node.Text("id") ?? "";
        if (id.Length == 0)
        {
            // What cannot be jumped to needs no name, but everything that is shown has one.
            id = string.Create(CultureInfo.InvariantCulture, $"{(kind.Length == 0 ? "action" : char.ToLowerInvariant(kind[0]) + kind[1..])}_{_steps.Count + 1}");
            if (kind.Length > 0) node.Findings.Warn(node.Yaml, node.Name("id"), $"is missing; the action is called {id}");
        }

        if (!_ids.TryAdd(id, node.Path)) node.Fail("id", $"{id} is the id of {_ids[id]} already");
        var step = new WorkflowStep(StepKind.Action, id, -1)
        {
            Name = kind,
            Title = node.Text("displayName"),
            Parent = parent,
            IsDisabled = node.Switch("disabled"),
            RetriesUnknown = node.Switch("retryOnUnknown"),
            Line = node.Yaml.Start.Line,
        };
        _ = node.Find("description");
        if (kind.Equals("ConditionGroup", StringComparison.OrdinalIgnoreCase)) AddGroup(node, step with { Name = "ConditionGroup" });
        else if (kind.Equals("Condition", StringComparison.OrdinalIgnoreCase)) AddGroup(node, step);
        else if (kind.Equals("Foreach", StringComparison.OrdinalIgnoreCase)) AddLoop(node, step with { Name = "Foreach" });
        else if (ActionTable.All.TryGetValue(kind, out var read))
        {
            var action = read(node);
            if (action is GotoAction jump) _jumps.Add((node, jump));
            _steps.Add(step with { Action = action });
        }
        else if (kind.Length > 0)
        {
            node.Fail("kind", ActionTable.WhyRefused(kind) is { } why ? $"{kind} is not executed here: {why}" : $"there is no action {kind}");
            return;
        }

        if (kind.Length > 0) node.End();
    }

    private void AddGroup(WorkflowNode node, WorkflowStep step)
    {
        var at = _steps.Count;
        _steps.Add(step);
        var branches = new List<(WorkflowValue Condition, int Target)>();
        var leaves = new List<int>();
        var conditions = node.Parts("conditions");
        if (conditions.Count == 0) node.Fail("conditions", "is missing");
        foreach (var condition in conditions)
        {
            var id = condition.Text("id");
            if (id is { Length: > 0 } && !_ids.TryAdd(id, condition.Path)) condition.Fail("id", $"{id} is the id of {_ids[id]} already");
            branches.Add((condition.RequiredValue("condition"), _steps.Count));
            AddAll(condition.Parts("actions"), $"{id ?? step.Id}Actions");
            foreach (var known in (ReadOnlySpan<string>)["displayName", "description"]) _ = condition.Find(known);
            condition.End();
            leaves.Add(_steps.Count);
            _steps.Add(new WorkflowStep(StepKind.Leave, step.Id, -1));
        }

        var otherwise = _steps.Count;
        AddAll(node.Parts("elseActions"), $"{step.Id}ElseActions");
        var close = _steps.Count;
        _steps.Add(new WorkflowStep(StepKind.Close, step.Id, at));
        foreach (var leave in leaves) _steps[leave] = _steps[leave] with { Target = close };
        _steps[at] = step with { Target = close, Action = new ConditionGroup(branches, otherwise) };
    }

    private void AddLoop(WorkflowNode node, WorkflowStep step)
    {
        var at = _steps.Count;
        _steps.Add(step);
        var loop = new Foreach(node.RequiredValue("items"), node.RequiredVariable("value"), node.Variable("index"));
        AddAll(node.Parts("actions"), step.Id);
        _steps.Add(new WorkflowStep(StepKind.Repeat, step.Id, at) { Action = loop });
        var close = _steps.Count;
        _steps.Add(new WorkflowStep(StepKind.Close, step.Id, at));
        _steps[at] = step with { Target = close, Action = loop };
    }
}
