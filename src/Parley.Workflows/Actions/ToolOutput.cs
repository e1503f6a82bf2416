using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.PowerFx;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Actions;

/// <summary>Where the answer of a tool goes: variables, a conversation, or, only if <c>autoSend</c> is true, what the workflow says.</summary>
internal sealed class ToolOutput
{
    private readonly WorkflowValue? _conversation;
    private readonly VariablePath? _result;
    private readonly VariablePath? _messages;
    private readonly WorkflowValue? _isSent;

    private ToolOutput(WorkflowNode node)
    {
        _conversation = node.Value("conversationId");
        if (node.Part("output") is not { } output) return;
        (_result, _messages, _isSent) = (output.Variable("result"), output.Variable("messages"), output.Value("autoSend"));
        output.End();
    }

    /// <summary>Reads the properties <c>output</c> and <c>conversationId</c>.</summary>
    public static ToolOutput Read(WorkflowNode node) => new(node);

    /// <summary>Takes an answer.</summary>
    public async ValueTask<IEnumerable<RunEvent>> TakeAsync(WorkflowTurn turn, FxValue result, string text, CancellationToken cancellationToken)
    {
        if (_result is not null) turn.Memory.Set(_result, result);
        if (_messages is not null) turn.Memory.Set(_messages, FxTable.Of([MessageRecord.Of(new Role("tool"), text)]));
        var said = await ConversationItems.AddAsync(turn, _conversation, text, cancellationToken).ConfigureAwait(false);
        return !said.Any() && _isSent?.Evaluate(turn.Scope) is FxBoolean { Value: true } ? turn.Say(text) : said;
    }

    /// <summary>Takes what stands for an answer where there is none.</summary>
    public void Refuse(WorkflowTurn turn, string why)
    {
        if (_result is not null) turn.Memory.Set(_result, new FxText("Error: " + why));
    }
}
