using System.Globalization;
using Parley.Agents;
using Parley.Conversations;
using Parley.Runs;
using Parley.Workflows.PowerFx;

namespace Parley.Workflows.Engine;

/// <summary>What an action is given, and what it tells. One object for all actions of a run.</summary>
internal sealed class WorkflowTurn(WorkflowServices services, WorkflowProgram program, WorkflowMemory memory, AgentRequest request)
{
    /// <summary>What actions need to work.</summary>
    public WorkflowServices Services => services;

    /// <summary>The workflow's actions.</summary>
    public WorkflowProgram Program => program;

    /// <summary>The variables, and all else that outlives a question.</summary>
    public WorkflowMemory Memory => memory;

    /// <summary>The run, its conversation and what was said in it before.</summary>
    public AgentRequest Request => request;

    /// <summary>What formulas see.</summary>
    public FxScope Scope => memory.Scope;

    /// <summary>The number of the step.</summary>
    public int Step { get; internal set; }

    /// <summary>The number of the step that the action ends with, if it is a group or loop.</summary>
    public int Close { get; internal set; }

    /// <summary>The action goes on where it waited: what was said to it. Null where it begins.</summary>
    public IReadOnlyList<Message>? Answer { get; internal set; }

    /// <summary>What the action remembered when it began to wait; what it is to remember when it waits again.</summary>
    public RawJson? Remembered { get; set; }

    /// <summary>Where the run goes on: the next step unless the action says otherwise.</summary>
    public int Next { get; private set; }

    /// <summary>What the action waits for, by the numbers of its own items; -1 for itself. Null: it does not wait.</summary>
    public IReadOnlyList<RequiredAction>? Waits { get; private set; }

    /// <summary>True if this was the last action.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Tokens that agents spent.</summary>
    public Usage? Usage { get; set; }

    /// <summary>
    /// Names what the action is about to do, the same however often it is tried: the run, and which of its actions this is. Where another workflow asked
    /// this one, that one's name for the asking stands for the run.
    /// </summary>
    public string Key { get; private set; } = "";

    /// <summary>Nothing is said.</summary>
    public IAsyncEnumerable<RunEvent> Nothing { get; } = AsyncEnumerable.Empty<RunEvent>();

    internal void Begin(int step, int close)
    {
        (Step, Close, Next, Waits, IsOver) = (step, close, step + 1, null, false);
        Key = string.Create(CultureInfo.InvariantCulture, $"{(request.Key.Length > 0 ? request.Key : request.Run.Id.ToString())}.{++memory.Executed}");
    }

    /// <summary>The run goes on at another step.</summary>
    public IAsyncEnumerable<RunEvent> GoTo(int step)
    {
        Next = step;
        return Nothing;
    }

    /// <summary>The nearest loop that is under way; null outside of one.</summary>
    public WorkflowStep? Loop()
    {
        for (var i = memory.Frames.Count - 1; i >= 0; i--)
            if (memory.Frames[i].Items is not null) return program.Steps[memory.Frames[i].Step];
        return null;
    }

    /// <summary>The run is over.</summary>
    public IAsyncEnumerable<RunEvent> End()
    {
        IsOver = true;
        return Nothing;
    }

    /// <summary>The run is suspended until what is named is given; then the same action goes on.</summary>
    public void Wait(params IReadOnlyList<RequiredAction> required) => Waits = required;

    /// <summary>What the user said becomes what formulas see as the last message.</summary>
    public void Hear(IEnumerable<Message> messages)
    {
        foreach (var message in messages.Where(message => message.Role == Role.User)) memory.SetLast(MessageRecord.Of(message));
    }

    /// <summary>A message of the workflow's, as the events of the item with this number.</summary>
    public IEnumerable<RunEvent> Say(string text, int item = 0)
    {
        if (text.Length == 0) return [];
        memory.Said.Add((Role.Assistant, text));
        return
        [
            new ItemStarted(item, new MessageItem(Role.Assistant)),
            new PartStarted(item, 0, PartKind.Text),
            new PartDelta(item, 0, text),
            new PartCompleted(item, 0),
            new ItemCompleted(item),
        ];
    }
}
