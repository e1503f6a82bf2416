using Parley.Workflows.PowerFx;

namespace Parley.Workflows.Engine;

/// <summary>What a workflow remembers while it runs, and while it waits: its variables, its loops, and the place in its text.</summary>
internal sealed class WorkflowMemory
{
    private readonly FxRecord _environment;

    public WorkflowMemory(TimeProvider time, ValueList<KeyValuePair<string, string>> environment, CancellationToken cancellationToken)
    {
        _environment = new FxRecord(environment.Select(pair => new FxField(pair.Key, new FxText(pair.Value))).ToValueList());
        Scope = new FxScope(Root, time) { Closed = "System", CancellationToken = cancellationToken };
    }

    /// <summary>What formulas see.</summary>
    public FxScope Scope { get; }

    public FxRecord Local { get; set; } = FxRecord.Empty;

    public FxRecord Global { get; set; } = FxRecord.Empty;

    public FxRecord System { get; set; } = FxRecord.Empty;

    /// <summary>The groups and loops around the place, the outermost first.</summary>
    public List<WorkflowFrame> Frames { get; } = [];

    /// <summary>How often an action was tried, by its id.</summary>
    public Dictionary<string, int> Counts { get; } = new(StringComparer.Ordinal);

    /// <summary>The questions that were reached before, by their ids.</summary>
    public HashSet<string> Reached { get; } = new(StringComparer.Ordinal);

    /// <summary>How many actions were executed.</summary>
    public long Executed { get; set; }

    /// <summary>The id of the action before.</summary>
    public string Previous { get; set; } = "";

    /// <summary>What the workflow has said since it was asked, for agents that are asked in its conversation.</summary>
    public List<(Role Role, string Text)> Said { get; } = [];

    /// <summary>Puts a value into a variable, or into a member of one; records on the way are made.</summary>
    public void Set(VariablePath path, FxValue value)
    {
        if (path.Scope == "Local") Local = With(Local, path.Members, 0, value);
        else if (path.Scope == "Global") Global = With(Global, path.Members, 0, value);
    }

    /// <summary>The value of a variable; blank if it is not set.</summary>
    public FxValue Get(VariablePath path)
    {
        FxValue value = Root(path.Scope) ?? FxBlank.Value;
        foreach (var member in path.Members) value = value is FxRecord record ? record[member] : FxBlank.Value;
        return value;
    }

    /// <summary>The last message of the user, as formulas see it.</summary>
    public void SetLast(FxRecord message)
        => System = System.With("LastMessage", message).With("LastMessageText", message["Text"]).With("LastMessageId", message["Id"]);

    private FxValue? Root(string name) => VariablePath.ScopeOf(name) switch
    {
        "Local" => Local,
        "Global" => Global,
        "System" => System,
        "Env" => _environment,
        _ => null,
    };

    private static FxRecord With(FxRecord record, ValueList<string> members, int at, FxValue value)
    {
        if (at == members.Count - 1) return record.With(members[at], value);
        var inner = record[members[at]] as FxRecord ?? FxRecord.Empty;
        return record.With(members[at], With(inner, members, at + 1, value));
    }
}

/// <summary>A group or loop that is open.</summary>
/// <param name="Step">Its number.</param>
internal sealed record WorkflowFrame(int Step)
{
    /// <summary>What a loop goes through, as it was when it began; null for a group.</summary>
    public FxTable? Items { get; init; }

    /// <summary>Which of them it is at.</summary>
    public int Index { get; init; }
}
