using System.Text;
using Parley.Protocols;
using Parley.Protocols.Sse;
using Parley.Runs;

namespace Parley.Tests.Faults;

/// <summary>A recorded stream of a peer, by its protocol; all of them, each with something in it that the others have not.</summary>
internal sealed record Recording(string Name, StreamFormat Format)
{
    private static readonly string[] OfCompletions =
    [
        "data: {\"choices\":[\n\n", "data: }\n\n", "data: []\n\n", "data: 5\n\n", "data: {\"choices\":5,\"usage\":[],\"model\":{},\"id\":[]}\n\n",
        "data: {\"choices\":[{\"index\":\"x\",\"delta\":[],\"finish_reason\":{}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":7,\"reasoning_content\":{},\"tool_calls\":{\"index\":0},\"refusal\":[]}}]}\n\n",
        "data: {\"choices\":[null,[],{\"delta\":{\"tool_calls\":[5,null,{\"index\":{},\"function\":5}]}}],\"error\":null}\n\n",
    ];

    private static readonly string[] OfChats =
    [
        "event:conversation.message.delta\ndata:{\"id\":\n\n", "event:conversation.message.delta\ndata:[]\n\n", "event:conversation.message.delta\n\n",
        "event:conversation.message.delta\ndata:{\"id\":{},\"type\":5,\"content\":{\"a\":[]},\"reasoning_content\":7}\n\n",
        "event:conversation.message.completed\ndata:{\"id\":null,\"type\":[],\"content\":true,\"content_type\":{}}\n\n",
        "event:conversation.message.completed\ndata:{\"id\":\"1\",\"type\":\"function_call\",\"content\":\"{\\\"name\\\":\"}\n\n",
        "event:conversation.message.completed\ndata:{\"id\":\"2\",\"type\":\"verbose\",\"content\":\"[\"}\n\n",
        "event:conversation.chat.created\ndata:{\"id\":5,\"conversation_id\":{},\"bot_id\":[]}\n\n",
        "event:conversation.chat.created\ndata:\"x\"\n\n", "event:conversation.news\ndata:{\"x\n\n", "event:conversation.news\ndata:5\n\n", "data:{\"code\":[],\"msg\":{}}\n\n",
    ];

    private static readonly string[] OfWorkflows =
    [
        "event: Message\ndata: {\"content\":\n\n", "event: Message\ndata: []\n\n", "event: Message\n\n", "event: Message\ndata: {} {}\n\n",
        "event: Message\ndata: {\"content\":{\"a\":[]},\"node_title\":5,\"node_seq_id\":[],\"node_is_finish\":\"x\"}\n\n",
        "event: Interrupt\ndata: {\"interrupt_data\":5}\n\n", "event: Interrupt\ndata: [\n\n", "event: Message\ndata: {\"node_id\":{},\"usage\":7}\n\n",
        "event: News\ndata: {\"x\n\n", "event: PING\ndata: 5\n\n", "data: {\"code\":[],\"msg\":{}}\n\n",
    ];

    private static readonly string[] OfResponses =
    [
        "event: response.output_text.delta\ndata: {\"delta\":\n\n", "event: response.output_text.delta\ndata: []\n\n", "event: response.output_text.delta\n\n", "data: 5\n\n", "data: {} {}\n\n",
        "event: response.output_text.delta\ndata: {\"item_id\":{},\"content_index\":\"x\",\"delta\":7}\n\n",
        "event: response.output_item.added\ndata: {\"type\":\"response.output_item.added\",\"output_index\":[],\"item\":5}\n\n",
        "event: response.output_item.done\ndata: {\"type\":\"response.output_item.done\",\"item\":{\"id\":{},\"type\":7,\"content\":{\"a\":[]}}}\n\n",
        "event: response.content_part.added\ndata: {\"type\":\"response.content_part.added\",\"item_id\":5,\"part\":\"x\"}\n\n",
        "event: response.created\ndata: {\"type\":\"response.created\",\"response\":\"x\"}\n\n", "event: response.news\ndata: {\"type\":\"response.news\",\"item_id\":[]}\n\n",
        "event: News\nX: y\ndata: {\"type\":\"a\\nb\"}\n\n", "data: {\"error\":5}\n\n", "data: {\"type\":\"response.mcp_call_arguments.done\",\"arguments\":{}}\n\n",
    ];

    private static readonly string[] OfTongyi =
    [
        "data: {\"contents\":[\n\n", "data: }\n\n", "data: []\n\n", "data: 5\n\n", "data: {} {}\n\n", "data: <html>\n\n",
        "data: {\"contents\":5,\"msgStatus\":[],\"pkgId\":\"x\",\"incremental\":7,\"errorCode\":{},\"stopReason\":{}}\n\n",
        "data: {\"contents\":[5,null,[],{\"content\":{\"a\":[]},\"contentType\":5,\"id\":{},\"index\":\"x\",\"incremental\":\"x\"}]}\n\n",
        "data: {\"contents\":[{\"content\":\"{\\\"content\\\":\",\"contentType\":\"think\"},{\"content\":\"[\",\"contentType\":\"plugin\",\"status\":\"finished\"},{\"content\":7,\"contentType\":\"text\"}]}\n\n",
        "data: {\"msgId\":5,\"sessionId\":{},\"params\":[],\"pkgId\":-1}\n\n", "data: {\"errorCode\":[],\"errorMsg\":{},\"success\":5}\n\n", "data: [heartbeat]\n\n",
    ];

    private static readonly string[] OfDashScope =
    [
        "data:{\"output\":\n\n", "data:[]\n\n", "data: 5\n\n", "data:{} {}\n\n", "data:{\"output\":5,\"usage\":[],\"request_id\":{}}\n\n", "data:{\"code\":5,\"message\":[]}\n\n",
        "event:result\ndata:{\"output\":{\"choices\":{},\"text\":{},\"thoughts\":5,\"doc_references\":\"x\",\"search_info\":[],\"session_id\":7,\"finish_reason\":[]}}\n\n",
        "event:result\ndata:{\"output\":{\"choices\":[5,{\"message\":[]}],\"thoughts\":[[],null,{\"thought\":{},\"observation\":7}],\"search_info\":{\"search_results\":{}}},\"usage\":{\"models\":[5,[],{\"input_tokens\":\"x\"}]}}\n\n",
        "event:result\ndata:{\"output\":{\"choices\":[{\"message\":{\"content\":[5,[],{\"text\":7}],\"reasoning_content\":{},\"tool_calls\":[5,{\"index\":[],\"function\":7}]},\"finish_reason\":null}]}}\n\n",
        "event:error\n\n", "event:News\nX: y\n\n",
    ];

    /// <summary>A new protocol is a line here, and a few files in Golden.</summary>
    public static IReadOnlyList<Recording> All { get; } =
    [
        new("coze-chat", StreamFormat.Of(Protocol.Coze)),
        new("coze-tools", StreamFormat.Of(Protocol.Coze)),
        new("coze-action", StreamFormat.Of(Protocol.Coze)),
        new("coze-failed", StreamFormat.Of(Protocol.Coze)),
        new("coze-workflow", StreamFormat.Of(Protocol.CozeWorkflow)),
        new("coze-run", StreamFormat.Of(Protocol.CozeWorkflowRun)),
        new("coze-run-asks", StreamFormat.Of(Protocol.CozeWorkflowRun)),
        new("chat-completions", StreamFormat.Of(Protocol.ChatCompletions)),
        new("chat-completions-tools", StreamFormat.Of(Protocol.ChatCompletions)),
        new("chat-completions-failed", StreamFormat.Of(Protocol.ChatCompletions)),
        new("responses", StreamFormat.Of(Protocol.Responses)),
        new("responses-tools", StreamFormat.Of(Protocol.Responses)),
        new("responses-asks", StreamFormat.Of(Protocol.Responses)),
        new("responses-failed", StreamFormat.Of(Protocol.Responses)),
        new("tongyi", StreamFormat.Of(Protocol.Tongyi)),
        new("tongyi-cumulative", StreamFormat.Of(Protocol.Tongyi)),
        new("tongyi-failed", StreamFormat.Of(Protocol.Tongyi)),
        new("dashscope", StreamFormat.Of(Protocol.DashScope)),
        new("dashscope-tools", StreamFormat.Of(Protocol.DashScope)),
        new("dashscope-failed", StreamFormat.Of(Protocol.DashScope)),
        new("dashscope-app", StreamFormat.Of(Protocol.DashScopeApp)),
    ];

    /// <summary>The stream.</summary>
    public byte[] Bytes { get; } = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Faults", "Golden", Name + ".sse"));

    /// <summary>Its server-sent events, each with its blank line.</summary>
    public string[] Frames => [.. Encoding.UTF8.GetString(Bytes).Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(frame => frame + "\n\n")];

    /// <summary>Events that are garbage to this protocol: broken JSON, wrong types.</summary>
    public string[] Garbage => Format.Protocol == Protocol.ChatCompletions ? OfCompletions
        : Format.Protocol == Protocol.CozeWorkflowRun ? OfWorkflows
        : Format.Protocol == Protocol.Responses ? OfResponses
        : Format.Protocol == Protocol.Tongyi ? OfTongyi
        : Format.Protocol == Protocol.DashScope || Format.Protocol == Protocol.DashScopeApp ? OfDashScope
        : OfChats;

    /// <summary>For each event whether it has some of the answer's text: if it comes twice or too early, so does the text.</summary>
    public bool[] SaysText()
    {
        var reader = Format.NewReader();
        var events = new List<RunEvent>();
        return [.. Frames.Select(frame =>
        {
            var before = events.OfType<PartDelta>().Count();
            using var framer = new SseFramer();
            framer.Append(Encoding.UTF8.GetBytes(frame));
            while (framer.TryRead(out var read)) reader.Read(read, events);
            return events.OfType<PartDelta>().Count() > before;
        })];
    }

    /// <summary>Its name, for the messages of failed tests.</summary>
    public override string ToString() => Name;
}
