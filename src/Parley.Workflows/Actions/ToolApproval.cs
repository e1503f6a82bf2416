using System.Text.Json;
using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.PowerFx;

namespace Parley.Workflows.Actions;

/// <summary>A call that waits for leave, or for its answer: as it was when it was asked for, whatever formulas would say later.</summary>
/// <param name="Name">The tool.</param>
/// <param name="Arguments">Its arguments, a JSON object.</param>
/// <param name="Server">The server that offers it.</param>
/// <param name="IsApproved">Leave was given, or not needed.</param>
internal sealed record ToolApproval(string Name, string Arguments, string Server = "", bool IsApproved = false)
{
    /// <summary>The call that an action waits with; null if it does not.</summary>
    public static ToolApproval? Of(WorkflowTurn turn)
    {
        if (turn.Remembered is not { } remembered) return null;
        using var json = JsonDocument.Parse(remembered.Text);
        var root = json.RootElement;
        return new ToolApproval(
            root.GetProperty("name").GetString()!, root.GetProperty("arguments").GetString()!, root.GetProperty("server").GetString()!, root.GetProperty("approved").GetBoolean());
    }

    /// <summary>Arguments as a tool takes them.</summary>
    public static string ArgumentsOf(WorkflowTurn turn, IReadOnlyList<KeyValuePair<string, WorkflowValue>> arguments)
        => FxJson.Compact(new FxRecord(arguments.Select(argument => new FxField(argument.Key, argument.Value.Evaluate(turn.Scope))).ToValueList()));

    /// <summary>Asks for leave.</summary>
    public IEnumerable<RunEvent> Ask(WorkflowTurn turn, string? server)
    {
        Remember(turn);
        turn.Wait(new Approve(0));
        return Item(new ApprovalRequestItem(Name, server));
    }

    /// <summary>Has the client make the call.</summary>
    public IEnumerable<RunEvent> Call(WorkflowTurn turn)
    {
        (this with { IsApproved = true }).Remember(turn);
        turn.Wait(new CallFunction(0));
        return Item(new ToolCallItem("", Name, RunBy.Client));
    }

    /// <summary>Whether leave was given; null if the answer does not tell.</summary>
    public static bool? IsGranted(WorkflowTurn turn) => turn.Answer!.Select(message => message.Head).OfType<ApprovalReplyItem>().LastOrDefault()?.Approved;

    private IEnumerable<RunEvent> Item(Item head) =>
        [new ItemStarted(0, head), new PartStarted(0, 0, PartKind.Input), new PartDelta(0, 0, Arguments), new PartCompleted(0, 0), new ItemCompleted(0)];

    private void Remember(WorkflowTurn turn) => turn.Remembered = new RawJson(FxJson.Compact(FxRecord.Of(
        new("name", new FxText(Name)), new("arguments", new FxText(Arguments)), new("server", new FxText(Server)), new("approved", FxBoolean.Of(IsApproved)))));
}
