using System.Buffers;
using Parley.Agents;
using Parley.Protocols.Json;
using Parley.Protocols.Upstream;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>
/// An agent that is a workflow behind a server that speaks Coze, one that is no chatflow: it remembers nothing, and is given the user's last words
/// as a parameter. What interrupted it is answered by the next message, or the output of the tool.
/// </summary>
public sealed class CozeWorkflowAgent : IAgent
{
    private static readonly StreamFormat Format = StreamFormat.Of(Protocol.CozeWorkflowRun);

    private readonly CozeAgentOptions _options;
    private readonly CozePeer _peer;

    /// <param name="options">The server.</param>
    /// <param name="client">Makes the calls.</param>
    /// <exception cref="ArgumentException">The address is not one of http or https, or no workflow is named.</exception>
    public CozeWorkflowAgent(CozeAgentOptions options, UpstreamClient client)
    {
        if (options.WorkflowId is null) throw new ArgumentException("A workflow must be named.", nameof(options));
        (_options, _peer) = (options, new CozePeer(options, client));
    }

    /// <inheritdoc/>
    public Protocol? Peer => Protocol.CozeWorkflowRun;

    /// <inheritdoc/>
    public IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var json = new JsonLine(buffer, JsonEscaping.Minimal).Object().String("workflow_id"u8, _options.WorkflowId);
        if (CozeInterrupt.OfState(request.Continues?.End) is { } interrupt)
        {
            json.String("event_id"u8, interrupt.EventId).Number("interrupt_type"u8, interrupt.Type).String("resume_data"u8, SaidIn(request)).EndObject();
            return _peer.CallAsync("/v1/workflow/stream_resume", buffer.WrittenMemory, Format, cancellationToken);
        }

        CozeRequestWriter.WriteContext(json, _options);
        CozeRequestWriter.WriteObject(json.Name("parameters"u8), _options.Parameters, InputOf(SaidIn(request)), request.Run.Request.Parameters);
        json.Name("ext"u8).Object().String("user_id"u8, CozeRequestWriter.UserOf(request, _options)).EndObject().EndObject();
        return _peer.CallAsync("/v1/workflow/stream_run", buffer.WrittenMemory, Format, cancellationToken);
    }

    private RawJson InputOf(string text)
    {
        var buffer = new ArrayBufferWriter<byte>();
        new JsonLine(buffer, JsonEscaping.Minimal).Object().Name(_options.Input).String(text).EndObject();
        return CozeJsonText.ToJson(buffer);
    }

    // The last words that are not the assistant's.
    private static string SaidIn(AgentRequest request)
    {
        var last = request.Context.LastOrDefault(message => message.Head is ToolResultItem || (message.Role is { } role && role != Role.Assistant));
        if (last is null) return "";
        if (last.Content.Any(part => part.Media is not null))
            throw new RunException(RunError.Rejected("The agent is a workflow, which takes files only as parameters.", "messages", "unsupported_media"));
        return CozeRequestWriter.TextOf(last);
    }
}
