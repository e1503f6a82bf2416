using System.Runtime.CompilerServices;
using System.Text.Json;
using Parley.Agents;
using Parley.Conversations;
using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.PowerFx;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Actions;

/// <summary>
/// <c>InvokeAzureAgent</c>: asks another agent, whatever it is. Without a conversation the agent is told just the messages; in one it is told what was said
/// there. What it says is shown unless <c>autoSend</c> is false, and always where it is asked in the workflow's own conversation. What the agent waits for the
/// workflow waits for. With <c>externalLoop</c> the user goes on talking to it as long as the condition holds.
/// </summary>
internal sealed class InvokeAzureAgent : IWorkflowAction
{
    private readonly WorkflowValue _agent;
    private readonly WorkflowTemplate? _version;
    private readonly WorkflowValue? _conversation;
    private readonly WorkflowValue? _messages;
    private readonly IReadOnlyList<KeyValuePair<string, WorkflowValue>> _arguments = [];
    private readonly WorkflowValue? _loop;
    private readonly VariablePath? _result;
    private readonly VariablePath? _object;
    private readonly WorkflowValue? _isSent;

    private InvokeAzureAgent(WorkflowNode node)
    {
        var agent = node.Part("agent");
        _agent = agent?.RequiredValue("name") ?? WorkflowValue.Blank;
        if (agent is null) node.Fail("agent", "is missing: it has a name");
        _version = agent?.Template("version");
        agent?.End();
        _conversation = node.Value("conversationId");
        if (node.Part("input") is { } input)
        {
            _messages = input.Value("messages");
            _arguments = input.Values("arguments");
            if (input.Part("externalLoop") is { } loop)
            {
                _loop = loop.RequiredValue("when");
                loop.End();
            }

            input.End();
        }

        if (node.Part("output") is { } output)
        {
            (_result, _object, _isSent) = (output.Variable("messages"), output.Variable("responseObject"), output.Value("autoSend"));
            output.End();
        }
    }

    public static IWorkflowAction Read(WorkflowNode node) => new InvokeAzureAgent(node);

    public async IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var call = SubagentCall.Of(turn) ?? Begin(turn.Scope);
        var agent = turn.Services.FindAgent(call.Name, call.Version)
            ?? throw new WorkflowException($"there is no {(call.Version is { } version ? $"version {version} of " : "")}agent {call.Name}", "agent_not_found");
        var isOwn = ConversationItems.IsOwn(turn, call.Conversation);
        var isShown = isOwn || _isSent is null || _isSent.Evaluate(turn.Scope) is not FxBoolean { Value: false };
        if (turn.Answer is { } heard) turn.Hear(heard);
        var input = turn.Answer is { } answer
            ? [.. answer.Select(message => new InputItem(message.Head, message.Content))]
            : MessageRecord.ToItems(_messages?.Evaluate(turn.Scope) ?? FxBlank.Value);
        var before = await BeforeAsync(turn, call, isOwn, cancellationToken).ConfigureAwait(false);
        var asked = call.Ask(turn, agent, before, input, _arguments.Count == 0 ? null : new RawJson(ToolApproval.ArgumentsOf(turn, _arguments)), isShown);
        var state = new RunState();
        var said = new List<RunEvent>();
        RunEnded? end = null;
        await foreach (var happened in agent.Behaviour.RunAsync(asked, cancellationToken).ConfigureAwait(false))
        {
            state.Apply(happened, turn.Services.Time.GetUtcNow());
            if (happened is RunStarted or RunEnded) call.GoesOn(state.Upstream);
            if (happened is RunEnded ended) end = ended;
            else if (happened is RunStarted) continue;
            else if (Checkpoint.StateIn(happened) is not null) continue;
            else
            {
                var own = happened is ItemStarted item ? ToOwn(item, agent) : happened;
                if (isShown) yield return own;
                else said.Add(own);
            }
        }

        turn.Usage = Usage.Add(turn.Usage, end?.Usage);
        if (end is RunFailed failed) throw new RunException(failed.Error with { Message = $"Agent {call.Name} failed: {failed.Error.PublicMessage}", Public = true });
        if (end is null or RunCancelled) throw new WorkflowException($"agent {call.Name} ended without an answer", "agent_failed");
        var output = state.Items.Where(item => item.Head is MessageItem or ToolCallItem or ToolResultItem or ReasoningItem or ApprovalRequestItem).Select(item => new InputItem(item.Head, item.ToContent()) { SourceId = item.SourceId }).ToList();
        call.Remember(before, input, output);
        await AfterAsync(turn, call, isOwn, isShown, input, output, cancellationToken).ConfigureAwait(false);
        if (end is RunSuspended suspended)
        {
            // Whoever is to answer must see what is asked.
            foreach (var hidden in said) yield return hidden;
            turn.Remembered = call.ToJson(suspended);
            turn.Wait([.. suspended.Required]);
            yield break;
        }

        Assign(turn, call, agent);
        if (_loop?.Evaluate(turn.Scope) is not FxBoolean { Value: true }) yield break;
        turn.Remembered = call.ToJson(null);
        turn.Wait(new ProvideInput(-1));
    }

    private SubagentCall Begin(FxScope scope) => new(
        _agent.Evaluate(scope).ToString(), _version?.Render(scope).Trim() is { Length: > 0 } version ? version : null, _conversation?.Evaluate(scope).ToString() ?? "");

    // A workflow within this one has no place to go on from of its own: what it does is not done again.
    private static ItemStarted ToOwn(ItemStarted item, Agent agent) => item with
    {
        By = item.By ?? agent.Reference,
        Head = item.Head is WorkflowActionItem { Effect: not null } action ? action with { Effect = OutsideEffect.Once } : item.Head,
    };

    // What was said in the conversation where the agent is asked: in the workflow's own also what this run has said.
    private static async ValueTask<IReadOnlyList<InputItem>> BeforeAsync(WorkflowTurn turn, SubagentCall call, bool isOwn, CancellationToken cancellationToken)
    {
        if (call.Path is { } path) return path;
        if (isOwn)
        {
            var context = turn.Request.Context.Where(message => message.Head is MessageItem).Select(message => new InputItem(message.Head, message.Content));
            return [.. context, .. turn.Memory.Said.Select(said => InputItem.Said(said.Role, said.Text))];
        }

        if (call.Conversation.Length == 0) return [];
        var messages = await WorkflowConversations.PathAsync(turn, call.Conversation, cancellationToken).ConfigureAwait(false);
        return [.. messages.Where(message => message.Head is MessageItem).Select(message => new InputItem(message.Head, message.Content))];
    }

    // What was said elsewhere is kept there; what is shown is a part of the run itself.
    private static async ValueTask AfterAsync(
        WorkflowTurn turn, SubagentCall call, bool isOwn, bool isShown, IReadOnlyList<InputItem> input, List<InputItem> output, CancellationToken cancellationToken)
    {
        foreach (var message in output.Where(item => item.Head is MessageItem && (isShown || isOwn))) turn.Memory.Said.Add((Role.Assistant, Contents.TextOf(message.Content)));
        if (call.Conversation.Length == 0 || isOwn) return;
        await WorkflowConversations.AppendAsync(turn, call.Conversation, [.. input.Where(item => item.Head is MessageItem), .. output.Where(item => item.Head is MessageItem)], cancellationToken).ConfigureAwait(false);
    }

    private void Assign(WorkflowTurn turn, SubagentCall call, Agent agent)
    {
        var texts = call.Answer.Select(item => Contents.TextOf(item.Content)).ToList();
        if (_result is not null) turn.Memory.Set(_result, FxTable.Of(texts.Select(text => MessageRecord.Of(Role.Assistant, text, author: agent.Name))));
        if (_object is null || texts.Count == 0) return;
        try
        {
            using var json = JsonDocument.Parse(texts[^1]);
            turn.Memory.Set(_object, FxJson.FromPlain(json.RootElement));
        }
        catch (Exception exception) when (exception is JsonException or FxException { IsLimit: false })
        {
            // What is no JSON, or has a number of too many digits, is no object; the text is in the messages.
        }
    }
}
