using System.Buffers;
using System.Text;
using Parley.Protocols.ChatCompletions;
using Parley.Protocols.Coze;
using Parley.Protocols.DashScope;
using Parley.Protocols.OpenAi;
using Parley.Protocols.Responses;
using Parley.Protocols.Sse;
using Parley.Protocols.Tongyi;
using Parley.Protocols.Upstream;
using Parley.Runs;

namespace Parley.Protocols;

/// <summary>Writes an answer whole.</summary>
public delegate void BodyWriter(Run run, RunState state, bool keepPeerIds, IBufferWriter<byte> into);

/// <summary>A protocol's stream: how it is read and written. The one place where something may be done for all protocols alike.</summary>
public sealed record StreamFormat
{
    /// <summary>The protocol.</summary>
    public required Protocol Protocol { get; init; }

    /// <summary>Reads it.</summary>
    public required Func<FrameReader> NewReader { get; init; }

    /// <summary>Reads what <see cref="NewWriter"/> writes; null where <see cref="NewReader"/> does that, and has nothing to find out first.</summary>
    public Func<FrameReader>? NewOwnReader { get; init; }

    /// <summary>Writes it; with true as it was written by the peer it was read from, whose ids are kept.</summary>
    public required Func<Run, bool, FrameWriter> NewWriter { get; init; }

    /// <summary>What it demands of its bytes, beyond being read as a run.</summary>
    public required Func<FrameLaw> NewLaw { get; init; }

    /// <summary>How a run's id is shown.</summary>
    public required Func<Run, string> RunId { get; init; }

    /// <summary>How a conversation's id is shown.</summary>
    public required Func<Id, string> ConversationId { get; init; }

    /// <summary>Reads a body that is no stream but one JSON text; without it the reader takes it for a frame without a name.</summary>
    public BodyReader? ReadBody { get; init; }

    /// <summary>Writes the answer of a run that has ended as a client gets it that asked for no stream; null if the protocol has no such answer. With true as by <see cref="NewWriter"/>.</summary>
    public BodyWriter? WriteBody { get; init; }

    /// <summary>Reads an answer whose status is an error; without it the reader takes it for a frame without a name.</summary>
    public ErrorReader? ReadError { get; init; }

    /// <summary>What a run may have and this protocol's clients cannot be told.</summary>
    public required RunFeatures CannotWrite { get; init; }

    /// <summary>What this protocol's servers cannot tell, or its reader does not take: no run of an agent behind one has it.</summary>
    public required RunFeatures CannotRead { get; init; }

    /// <summary>The protocol whose own things, <see cref="OpaqueItem"/> and <see cref="Extension"/>, it carries; null if none.</summary>
    public Protocol? Own { get; init; }

    /// <summary>What such things of its own tell although it has no other word for it.</summary>
    public RunFeatures OwnTells { get; init; }

    /// <summary>What its answers without a stream cannot tell; null if that is the same.</summary>
    public RunFeatures? CannotWriteWhole { get; init; }

    /// <summary>The ends of the paths at which it is asked for; <c>*</c> stands for one segment.</summary>
    public ValueList<string> Paths { get; init; }

    /// <summary>Texts of which one stands near the beginning of such a stream, and of no other.</summary>
    public ValueList<string> Signs { get; init; }

    private const RunFeatures NotInCoze =
        RunFeatures.ReasoningSummary | RunFeatures.SeveralParts | RunFeatures.CustomToolCalls | RunFeatures.Approvals | RunFeatures.Consent | RunFeatures.WorkflowActions
        | RunFeatures.Annotations | RunFeatures.Data | RunFeatures.Refusal | RunFeatures.UsageDetails | RunFeatures.FinishReason | RunFeatures.ErrorCode | RunFeatures.UsageOfCancelled;

    private const RunFeatures NotInCozeWorkflows =
        RunFeatures.Reasoning | RunFeatures.ReasoningSummary | RunFeatures.SeveralParts | RunFeatures.CustomToolCalls | RunFeatures.ServerToolCalls | RunFeatures.Approvals
        | RunFeatures.WorkflowActions | RunFeatures.Suggestions | RunFeatures.Recalls | RunFeatures.Annotations | RunFeatures.Media | RunFeatures.Audio | RunFeatures.Refusal
        | RunFeatures.UsageDetails | RunFeatures.FinishReason | RunFeatures.ErrorCode | RunFeatures.UsageOfWaiting | RunFeatures.UsageOfFailed | RunFeatures.UsageOfCancelled;

    private const RunFeatures NotInChatCompletions =
        RunFeatures.ReasoningSummary | RunFeatures.SeveralMessages | RunFeatures.SeveralParts | RunFeatures.CustomToolCalls | RunFeatures.ServerToolCalls | RunFeatures.Approvals
        | RunFeatures.Question | RunFeatures.Consent | RunFeatures.WorkflowActions | RunFeatures.Suggestions | RunFeatures.Recalls | RunFeatures.Media | RunFeatures.Audio
        | RunFeatures.Data | RunFeatures.Cancelled | RunFeatures.UsageOfFailed | RunFeatures.UsageOfCancelled;

    private const RunFeatures NotInResponses =
        RunFeatures.Suggestions | RunFeatures.Recalls | RunFeatures.Media | RunFeatures.Audio | RunFeatures.Data | RunFeatures.Consent | RunFeatures.ErrorCode | RunFeatures.UsageOfCancelled;

    private const RunFeatures NotInTongyi =
        RunFeatures.ReasoningSummary | RunFeatures.SeveralMessages | RunFeatures.SeveralParts | RunFeatures.ToolCalls | RunFeatures.CustomToolCalls | RunFeatures.ServerToolCalls
        | RunFeatures.Approvals | RunFeatures.Question | RunFeatures.Consent | RunFeatures.WorkflowActions | RunFeatures.Suggestions | RunFeatures.Annotations | RunFeatures.Media
        | RunFeatures.Audio | RunFeatures.Data | RunFeatures.Refusal | RunFeatures.Usage | RunFeatures.UsageDetails | RunFeatures.UsageOfWaiting | RunFeatures.UsageOfFailed
        | RunFeatures.UsageOfCancelled | RunFeatures.ErrorCode;

    private const RunFeatures NotInDashScope =
        RunFeatures.ReasoningSummary | RunFeatures.SeveralMessages | RunFeatures.SeveralParts | RunFeatures.CustomToolCalls | RunFeatures.Approvals | RunFeatures.Question
        | RunFeatures.Consent | RunFeatures.WorkflowActions | RunFeatures.Suggestions | RunFeatures.Annotations | RunFeatures.Media | RunFeatures.Audio | RunFeatures.Data
        | RunFeatures.Refusal | RunFeatures.Cancelled | RunFeatures.UsageOfFailed | RunFeatures.UsageOfCancelled;

    /// <summary>All formats, one entry each.</summary>
    public static IReadOnlyList<StreamFormat> All { get; } =
    [
        new()
        {
            Protocol = Protocol.Coze,
            CannotWrite = NotInCoze,
            CannotRead = NotInCoze,
            Own = Protocol.Coze,
            CannotWriteWhole = NotInCoze | RunFeatures.Audio,
            NewReader = () => new CozeStreamReader(),
            NewWriter = (run, keepIds) => new CozeStreamWriter(run, keepIds),
            ReadBody = CozeStreamReader.ReadBody,
            WriteBody = CozeBody.WriteMessages,
            NewLaw = () => new CozeLaw(isChatflow: false),
            RunId = run => DecimalId.Render(run.Id),
            ConversationId = DecimalId.Render,
            Paths = ["/v3/chat", "/v3/chat/submit_tool_outputs"],
            Signs = ["event:conversation.", "event: conversation."],
        },
        new()
        {
            Protocol = Protocol.CozeWorkflow,
            CannotWrite = NotInCoze,
            CannotRead = NotInCoze,
            Own = Protocol.Coze,
            NewReader = () => new CozeStreamReader(),
            NewWriter = (run, keepIds) => new CozeStreamWriter(run, keepIds),
            ReadBody = CozeStreamReader.ReadBody,
            WriteBody = CozeBody.WriteMessages,
            NewLaw = () => new CozeLaw(isChatflow: true),
            RunId = run => DecimalId.Render(run.Id),
            ConversationId = DecimalId.Render,
            Paths = ["/v1/workflows/chat"],
        },
        new()
        {
            Protocol = Protocol.CozeWorkflowRun,
            CannotWrite = NotInCozeWorkflows,
            CannotRead = NotInCozeWorkflows,
            NewReader = () => new CozeWorkflowStreamReader(),
            NewWriter = (run, _) => new CozeWorkflowStreamWriter(run),
            ReadBody = CozeStreamReader.ReadBody,
            WriteBody = static (run, state, _, into) => CozeBody.WriteRun(run, state, into),
            NewLaw = () => new CozeWorkflowLaw(),
            RunId = run => DecimalId.Render(run.Id),
            ConversationId = DecimalId.Render,
            Paths = ["/v1/workflow/stream_run", "/v1/workflow/stream_resume"],
            Signs = ["event: Message", "event:Message"],
        },
        new()
        {
            Protocol = Protocol.ChatCompletions,
            CannotWrite = NotInChatCompletions,
            CannotRead = NotInChatCompletions | RunFeatures.ErrorMessage,
            NewReader = () => new ChatCompletionsReader(tellId: true),
            NewWriter = (run, keepIds) => new ChatCompletionsWriter(run, keepIds),
            NewLaw = () => new ChatLaw(),
            RunId = run => PrefixedId.Render(ChatObject.IdPrefix, run.Conversation, run.Id),
            ConversationId = id => PrefixedId.Render("conv_", id, id),
            ReadBody = ChatCompletionsReader.ReadBody,
            WriteBody = ChatObject.Write,
            ReadError = static (status, body) => OpenAiErrors.Read(status, body),
            Paths = ["/chat/completions"],
            Signs = ["\"chat.completion"],
        },
        new()
        {
            Protocol = Protocol.Responses,
            CannotWrite = NotInResponses,
            CannotWriteWhole = NotInResponses & ~RunFeatures.UsageOfCancelled,
            CannotRead = (NotInResponses | RunFeatures.ErrorMessage) & ~RunFeatures.Consent,
            Own = Protocol.Responses,
            OwnTells = RunFeatures.Consent,
            NewReader = () => new ResponsesStreamReader(tellsEcho: true),
            NewWriter = (run, keepIds) => new ResponsesStreamWriter(run, keepIds),
            NewLaw = () => new ResponsesLaw(),
            RunId = ResponsesIds.OfRun,
            ConversationId = ResponsesIds.OfConversation,
            ReadBody = ResponsesStreamReader.ReadBody,
            WriteBody = ResponseObject.Write,
            ReadError = static (status, body) => OpenAiErrors.Read(status, body),
            Paths = ["/responses"],
            Signs = ["event: response.", "event:response.", "\"object\":\"response\"", "\"object\": \"response\""],
        },
        new()
        {
            Protocol = Protocol.Tongyi,
            CannotWrite = NotInTongyi,
            CannotRead = NotInTongyi,
            Own = Protocol.Tongyi,
            NewReader = () => new TongyiStreamReader(),
            NewWriter = (run, keepIds) => new TongyiStreamWriter(run, keepIds),
            NewLaw = () => new TongyiLaw(),
            RunId = run => TongyiIds.OfMessage(run.Conversation, run.Id),
            ConversationId = TongyiIds.OfSession,
            ReadBody = TongyiStreamReader.ReadBody,
            ReadError = TongyiErrors.Read,
            Paths = ["/dialog/conversation", "/dialog/guest/conversation"],
            Signs = ["\"msgStatus\":\"", "\"msgStatus\": \""],
        },
        new()
        {
            Protocol = Protocol.DashScope,
            CannotWrite = NotInDashScope | RunFeatures.ServerToolCalls,
            CannotRead = NotInDashScope | RunFeatures.ServerToolCalls | RunFeatures.ErrorMessage | RunFeatures.ErrorCode,
            NewReader = () => new DashScopeReader(tellId: true),
            NewOwnReader = () => new DashScopeReader(inPieces: true),
            NewWriter = (run, keepIds) => new DashScopeWriter(run, isApp: false, keepIds),
            NewLaw = () => new DashScopeLaw(),
            RunId = run => DashScopeShape.RequestOf(run.Conversation, run.Id),
            ConversationId = id => HexId.Render(id, id),
            ReadBody = DashScopeReader.ReadBody,
            WriteBody = static (run, state, keepIds, into) => DashScopeObject.Write(run, state, isApp: false, keepIds, into),
            ReadError = DashScopeErrors.Read,
            Paths = ["/text-generation/generation", "/multimodal-generation/generation"],
            Signs = ["\"output\":{\"choices\""],
        },
        new()
        {
            Protocol = Protocol.DashScopeApp,
            CannotWrite = NotInDashScope | RunFeatures.ServerToolCalls | RunFeatures.ToolCalls | RunFeatures.UsageDetails,
            CannotRead = NotInDashScope | RunFeatures.ToolCalls | RunFeatures.UsageDetails | RunFeatures.ErrorMessage | RunFeatures.ErrorCode,
            NewReader = () => new DashScopeReader(tellId: true),
            NewOwnReader = () => new DashScopeReader(inPieces: true),
            NewWriter = (run, keepIds) => new DashScopeWriter(run, isApp: true, keepIds),
            NewLaw = () => new DashScopeLaw(),
            RunId = run => DashScopeShape.RequestOf(run.Conversation, run.Id),
            ConversationId = id => HexId.Render(id, id),
            ReadBody = DashScopeReader.ReadBody,
            WriteBody = static (run, state, keepIds, into) => DashScopeObject.Write(run, state, isApp: true, keepIds, into),
            ReadError = DashScopeErrors.Read,
            Paths = ["/apps/*/completion"],
            Signs = [":HTTP_STATUS/"],
        },
    ];

    /// <summary>The names of all formats.</summary>
    public static string[] Names => [.. All.Select(format => format.Protocol.Name)];

    /// <summary>The format with this name.</summary>
    public static StreamFormat Of(string name) => All.First(format => format.Protocol.Name == name);

    /// <summary>The format of a protocol.</summary>
    public static StreamFormat Of(Protocol protocol) => Of(protocol.Name);

    /// <summary>The same, null for a protocol that has no wire here.</summary>
    public static StreamFormat? Find(Protocol protocol) => All.FirstOrDefault(format => format.Protocol == protocol);

    /// <summary>The format that is asked for at a path without a query; null if it is none.</summary>
    public static StreamFormat? OfPath(string path) => All.FirstOrDefault(format => format.Paths.Any(end => IsEnd(path, end)));

    private static bool IsEnd(string path, string end)
    {
        if (end.IndexOf('*', StringComparison.Ordinal) is var star && star < 0) return path.EndsWith(end, StringComparison.Ordinal);
        if (!path.EndsWith(end[(star + 1)..], StringComparison.Ordinal)) return false;
        var before = path[..^(end.Length - star - 1)];
        return before[..(before.LastIndexOf('/') + 1)].EndsWith(end[..star], StringComparison.Ordinal);
    }

    /// <summary>The format of a stream that begins so; null if it cannot be told.</summary>
    public static StreamFormat? OfContent(ReadOnlySpan<byte> beginning)
    {
        var text = Encoding.UTF8.GetString(beginning);
        return All.FirstOrDefault(format => format.Signs.Any(sign => text.Contains(sign, StringComparison.Ordinal)));
    }
}
