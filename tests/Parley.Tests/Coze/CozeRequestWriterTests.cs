using System.Text;
using System.Text.Json;
using Parley.Agents;
using Parley.Conversations;
using Parley.Protocols.Coze;
using Parley.Runs;

namespace Parley.Tests.Coze;

public sealed class CozeRequestWriterTests
{
    private static readonly CozeAgentOptions Bot = new() { Url = new("http://127.0.0.1:1"), BotId = "73" };
    private static readonly CozeAgentOptions Chatflow = new() { Url = new("http://127.0.0.1:1"), WorkflowId = "75", AppId = "8", Parameters = new("""{"tone":"dry","city":"Ulm"}""") };
    private static readonly RawJson Known = new("""{"chat_id":"91","conversation_id":"90"}""");

    [Fact]
    public async Task A_first_turn_tells_everything_and_asks_for_a_stream()
        => Assert.Equal(
            """{"bot_id":"73","user_id":"me","stream":true,"auto_save_history":true,"additional_messages":[{"role":"user","type":"question","content":"Hi","content_type":"text"},{"role":"assistant","type":"answer","content":"Hello <you>","content_type":"text"},{"role":"user","type":"question","content":"And?","content_type":"text","meta_data":{"k":"v"}}],"custom_variables":{"name":"Ann"},"parameters":{"city":"Bonn"},"meta_data":{"trace":"7"},"enable_card":true}""",
            await WriteAsync(
                Bot,
                new ModelRequest
                {
                    User = "me",
                    Variables = [new("name", "Ann")],
                    Parameters = new("""{"city":"Bonn"}"""),
                    Leftover = new(Protocol.Coze, new("""{"enable_card":true,"bot_id":"other","app_id":"9"}""")),
                },
                null,
                InputItem.Said(Role.User, "Hi"), InputItem.Said(Role.Assistant, "Hello <you>"), InputItem.Said(Role.User, "And?") with { Metadata = [new("k", "v")] }));

    [Fact]
    public async Task A_later_turn_tells_only_what_is_new()
        => Assert.Equal(
            """[{"role":"user","type":"question","content":"And?","content_type":"text"}]""",
            MessagesOf(await WriteAsync(Bot, ModelRequest.Empty, Known, InputItem.Said(Role.User, "Hi"), InputItem.Said(Role.Assistant, "Hello"), InputItem.Said(Role.User, "And?"))));

    [Fact]
    public async Task A_chatflow_names_its_conversation_in_the_body_and_the_requests_parameters_win()
        => Assert.Equal(
            """{"workflow_id":"75","app_id":"8","conversation_id":"90","additional_messages":[{"role":"user","type":"question","content":"And?","content_type":"text"}],"parameters":{"tone":"dry","city":"Bonn"}}""",
            await WriteAsync(Chatflow, new ModelRequest { Parameters = new("""{"city":"Bonn"}""") }, Known, InputItem.Said(Role.User, "And?")));

    [Fact]
    public async Task Standing_instructions_are_told_as_the_users_words()
        => Assert.Equal(
            """[{"role":"user","type":"question","content":"Be brief.","content_type":"text"},{"role":"user","type":"question","content":"You are Ann.","content_type":"text"},{"role":"user","type":"question","content":"Hi","content_type":"text"}]""",
            MessagesOf(await WriteAsync(Bot, new ModelRequest { Instructions = "Be brief." }, null, InputItem.Said(Role.System, "You are Ann."), InputItem.Said(Role.User, "Hi"))));

    [Fact]
    public async Task Calls_results_and_thoughts_stay_here()
        => Assert.Equal(
            """[{"role":"user","type":"question","content":"Hi","content_type":"text"},{"role":"assistant","type":"answer","content":"Sunny.","content_type":"text"},{"role":"user","type":"question","content":"And?","content_type":"text"}]""",
            MessagesOf(await WriteAsync(
                Bot, ModelRequest.Empty, null,
                InputItem.Said(Role.User, "Hi"),
                new(new ReasoningItem(), [new(PartKind.ReasoningText, "hm")]),
                new(new ToolCallItem("a", "f", RunBy.Client), [new(PartKind.Input, "{}")]),
                InputItem.Output("a", "sun"),
                InputItem.Said(Role.Assistant, "Sunny."),
                InputItem.Said(Role.User, "And?"))));

    [Fact]
    public async Task An_output_that_nothing_waits_for_is_told_in_words()
        => Assert.Equal(
            """[{"role":"user","type":"question","content":"Hi","content_type":"text"},{"role":"user","type":"question","content":"sun","content_type":"text"}]""",
            MessagesOf(await WriteAsync(
                Bot, ModelRequest.Empty, null,
                InputItem.Said(Role.User, "Hi"), new(new ToolCallItem("a", "f", RunBy.Client), [new(PartKind.Input, "{}")]), InputItem.Output("a", "sun"))));

    [Fact]
    public async Task No_more_messages_are_sent_than_a_peer_takes()
    {
        var many = Enumerable.Range(0, 130).Select(i => InputItem.Said(Role.User, $"m{i}")).ToArray();
        var messages = JsonElement.Parse(await WriteAsync(Bot, new ModelRequest { Instructions = "i" }, null, many)).GetProperty("additional_messages").EnumerateArray().ToList();
        Assert.Equal((100, "i", "m31", "m129"), (messages.Count, ContentOf(messages[0]), ContentOf(messages[1]), ContentOf(messages[^1])));
        Assert.Equal(50, JsonElement.Parse(await WriteAsync(Chatflow, ModelRequest.Empty, null, many)).GetProperty("additional_messages").GetArrayLength());
    }

    [Fact]
    public async Task What_is_not_to_be_kept_is_not_kept_there_either()
        => Assert.Contains("\"auto_save_history\":false", await WriteAsync(Bot, ModelRequest.Empty, null, stored: false, InputItem.Said(Role.User, "Hi")), StringComparison.Ordinal);

    [Fact]
    public async Task A_file_at_an_address_is_sent_by_it()
        => Assert.Equal(
            """[{"role":"user","type":"question","content":"[{\"type\":\"text\",\"text\":\"look\"},{\"type\":\"image\",\"file_url\":\"https://h/i.png\"}]","content_type":"object_string"}]""",
            MessagesOf(await WriteAsync(
                Bot, ModelRequest.Empty, null, new InputItem(new MessageItem(Role.User), [new(PartKind.Text, "look"), new(PartKind.Media, Media: new("https://h/i.png", MediaType: "image"))]))));

    private static string ContentOf(JsonElement message) => message.GetProperty("content").GetString()!;

    private static string MessagesOf(string body) => JsonElement.Parse(body).GetProperty("additional_messages").GetRawText();

    private static Task<string> WriteAsync(CozeAgentOptions options, ModelRequest request, RawJson? upstream, params InputItem[] items)
        => WriteAsync(options, request, upstream, stored: true, items);

    // The last item alone is the input, and new to the peer.
    private static async Task<string> WriteAsync(CozeAgentOptions options, ModelRequest request, RawJson? upstream, bool stored, params InputItem[] items)
    {
        IReadOnlyList<Message> context = [.. items.Select((item, index) => item.ToMessage(new Id(8 * (index + 1)), new Id(8), default, DateTimeOffset.UnixEpoch))];
        var run = CozeRuns.Header() with { Request = request, Stored = stored, Metadata = request.User is null ? [] : [new("trace", "7")] };
        var asked = new AgentRequest { Run = run, Context = context, InputCount = 1, Upstream = upstream, UnseenCount = upstream is null ? context.Count : 1 };
        using var client = new Protocols.Upstream.UpstreamClient(TimeProvider.System);
        var turn = CozeTurn.Of(asked);
        var files = await CozeFiles.UploadAsync(asked, turn, new CozePeer(options, client), TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(CozeRequestWriter.WriteChat(asked, turn, options, files).Span);
    }
}
