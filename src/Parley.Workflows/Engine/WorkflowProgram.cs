namespace Parley.Workflows.Engine;

/// <summary>
/// A workflow's actions in one list, as they are executed: what is nested stands behind the action that it belongs to, and jumps lead around. So every
/// action has one number, from anywhere another can be jumped to, and a position is that number.
/// </summary>
internal sealed class WorkflowProgram(IReadOnlyList<WorkflowStep> steps)
{
    private readonly Dictionary<string, int> _byId = Number(steps);

    public IReadOnlyList<WorkflowStep> Steps => steps;

    /// <summary>The number of the action with this id; -1 if there is none.</summary>
    public int Find(string id) => _byId.GetValueOrDefault(id, -1);

    private static Dictionary<string, int> Number(IReadOnlyList<WorkflowStep> steps)
    {
        var byId = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < steps.Count; i++)
            if (steps[i].Kind == StepKind.Action) byId.TryAdd(steps[i].Id, i);
        return byId;
    }
}

/// <summary>What a step of the program is.</summary>
internal enum StepKind
{
    /// <summary>An action.</summary>
    Action,

    /// <summary>The end of a branch: the run goes on behind the group.</summary>
    Leave,

    /// <summary>The end of a loop's body: the next pass, if there is one.</summary>
    Repeat,

    /// <summary>The end of a group or loop, which is done now.</summary>
    Close,
}

/// <summary>A step.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Id">The action's id; of the others that of the action that they belong to.</param>
/// <param name="Target">Where a <see cref="StepKind.Leave"/> leads; of a group or loop its <see cref="StepKind.Close"/>, and of that and a <see cref="StepKind.Repeat"/> the group or loop.</param>
internal sealed record WorkflowStep(StepKind Kind, string Id, int Target)
{
    /// <summary>The kind of action, as the text has it.</summary>
    public string Name { get; init; } = "";

    /// <summary>For people; null if the text has none.</summary>
    public string? Title { get; init; }

    /// <summary>What it is shown to belong to: the trigger, a branch, a loop.</summary>
    public string Parent { get; init; } = "";

    /// <summary>The text says that it is to be passed over.</summary>
    public bool IsDisabled { get; init; }

    /// <summary>An action that acts on the outside may be repeated where it is not known whether it was done.</summary>
    public bool RetriesUnknown { get; init; }

    /// <summary>What it does; null for all but actions.</summary>
    public IWorkflowAction? Action { get; init; }

    /// <summary>The line of the text, from 1.</summary>
    public long Line { get; init; }

    /// <summary>True for a group or loop, which stays open while what is in it runs.</summary>
    public bool IsScope => Kind == StepKind.Action && Target >= 0;
}
