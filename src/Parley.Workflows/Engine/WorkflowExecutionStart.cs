using Parley.Agents;
using Parley.Conversations;
using Parley.Runs;
using Parley.Workflows.PowerFx;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Engine;

// How a run begins, and how it goes on.
internal sealed partial class WorkflowExecution
{
    /// <summary>The action that a workflow begins with, with what the request brings: the message, and structured input as variables.</summary>
    public static WorkflowExecution Begin(WorkflowDefinition definition, WorkflowServices services, AgentRequest request, CancellationToken cancellationToken)
    {
        var memory = new WorkflowMemory(services.Time, services.Environment, cancellationToken) { Previous = definition.Trigger, System = SystemOf(request) };
        if (request.Run.Request.Parameters is { } parameters)
        {
            using var json = System.Text.Json.JsonDocument.Parse(parameters.Text);
            try
            {
                if (FxJson.FromPlain(json.RootElement) is FxRecord given) memory.Local = given;
            }
            catch (FxException e)
            {
                throw new RunException(RunError.Rejected($"The structured input cannot be variables of a workflow: {e.Message}.", "structured_inputs"), e);
            }
        }

        var execution = new WorkflowExecution(definition, services, request, memory);
        execution._turn.Hear(InputOf(request));
        return execution;
    }

    /// <summary>The action that waited, in the text that it waited in.</summary>
    /// <exception cref="RunException">The state is not one that this version can read.</exception>
    public static WorkflowExecution Resume(WorkflowDefinition definition, WorkflowServices services, AgentRequest request, RawJson state, CancellationToken cancellationToken)
    {
        var memory = new WorkflowMemory(services.Time, services.Environment, cancellationToken);
        var (text, step, remembered) = WorkflowState.Read(state, memory);
        if (text != definition.Text)
            definition = WorkflowReader.Read(text).Definition ?? throw new RunException(new RunError(ErrorSide.Server, ErrorCause.Malformed, "The workflow that waits cannot be read by this version.", true, "workflow_state"));
        var execution = new WorkflowExecution(definition, services, request, memory) { _step = step };
        execution._turn.Answer = [.. InputOf(request)];
        execution._turn.Remembered = remembered;
        return execution;
    }

    private static IEnumerable<Message> InputOf(AgentRequest request) => request.Context.Skip(request.Context.Count - request.InputCount);

    private static FxRecord SystemOf(AgentRequest request)
    {
        var conversation = new FxText(PrefixedId.Render("conv_", request.Run.Conversation, request.Run.Conversation));
        return FxRecord.Of(
            new("Activity", FxRecord.Empty),
            new("Bot", FxRecord.Of(new FxField("Name", new FxText(request.Run.Agent.Name)))),
            new("Conversation", FxRecord.Of(new("Id", conversation), new("LocalTimeZone", new FxText("UTC")), new("LocalTimeZoneOffset", new FxNumber(0)), new("InTestMode", FxBoolean.False))),
            new("ConversationId", conversation),
            new("InternalId", conversation),
            new("LastMessage", FxBlank.Value),
            new("LastMessageId", FxBlank.Value),
            new("LastMessageText", FxBlank.Value),
            new("Recognizer", FxRecord.Empty),
            new("User", FxRecord.Of(new FxField("Language", new FxText("en")))),
            new("UserLanguage", new FxText("en")));
    }
}
