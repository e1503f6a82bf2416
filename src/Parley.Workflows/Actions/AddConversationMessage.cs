using System.Runtime.CompilerServices;
using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.PowerFx;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Actions;

/// <summary><c>AddConversationMessage</c>: adds a message to a conversation, and puts it into a variable as it is kept.</summary>
internal sealed class AddConversationMessage : IWorkflowAction
{
    private readonly WorkflowValue _conversation;
    private readonly VariablePath _message;
    private readonly Role _role;
    private readonly List<(string Type, WorkflowTemplate Value, WorkflowValue? MediaType)> _content = [];
    private readonly WorkflowValue? _metadata;

    private AddConversationMessage(WorkflowNode node)
    {
        (_conversation, _message) = (node.RequiredValue("conversationId"), node.RequiredVariable("message"));
        _role = node.Choice("role", "User", "Agent") == "Agent" ? Role.Assistant : Role.User;
        var parts = node.Parts("content");
        if (parts.Count == 0) node.Fail("content", "is missing: a list of parts with type and value");
        foreach (var part in parts)
        {
            _content.Add((part.Choice("type", "Text", "ImageUrl", "ImageFile"), part.RequiredTemplate("value"), part.Value("mediaType")));
            part.End();
        }

        _metadata = node.Value("metadata");
    }

    public static IWorkflowAction Read(WorkflowNode node) => new AddConversationMessage(node);

    public async IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var conversation = ConversationItems.NameOf(turn, _conversation);
        var content = _content.Select(part => MessageRecord.ToContent(part.Type, part.Value.Render(turn.Scope).Trim(), part.MediaType?.Evaluate(turn.Scope).ToString() ?? ""));
        var message = new InputItem(new MessageItem(_role), content.ToValueList())
        {
            Metadata = _metadata?.Evaluate(turn.Scope) is FxRecord record ? record.Fields.Select(field => KeyValuePair.Create(field.Name, field.Value.ToString())).ToValueList() : default,
        };
        var (said, records) = await ConversationItems.AddAsync(turn, conversation, [message], cancellationToken).ConfigureAwait(false);
        turn.Memory.Set(_message, records[0]);
        foreach (var happened in said) yield return happened;
    }
}
