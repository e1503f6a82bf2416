using System.Text;
using Parley.Agents;
using Parley.Conversations;
using Parley.Protocols.DashScope;
using Parley.Protocols.OpenAi;
using Parley.Runs;
using Parley.Tests.ChatCompletions;

namespace Parley.Tests.DashScope;

public sealed class DashScopeRequestWriterTests
{
    private static readonly DashScopeAgentOptions Options = new() { Url = new("http://127.0.0.1:1"), Model = "qwen-plus" };

    private static readonly InputItem[] Talk =
    [
        InputItem.Said(Role.Developer, "d"), InputItem.Said(Role.User, "u"),
        new(new ReasoningItem(), [new(PartKind.ReasoningText, "thought")]),
        new(new ToolCallItem("a", "f", RunBy.Client), [new(PartKind.Input, "{}")]), InputItem.Output("a", "1"),
        InputItem.Said(Role.Assistant, "Done."), InputItem.Said(Role.User, "v"),
    ];

    [Fact]
    public void All_messages_are_sent_without_reasoning_and_calls_with_an_empty_text()
        => Assert.Equal(
            """{"model":"qwen-plus","input":{"messages":[{"role":"system","content":"s"},{"role":"system","content":"d"},{"role":"user","content":"u"},{"role":"assistant","content":"","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"1"},{"role":"assistant","content":"Done."},{"role":"user","content":"v"}]},"parameters":{"result_format":"message","incremental_output":true}}""",
            Write(Options with { Instructions = "s" }, ModelRequest.Empty, Talk));

    [Fact]
    public void A_model_that_sees_gets_lists_of_parts()
    {
        var image = new InputItem(new MessageItem(Role.User), [new(PartKind.Media, Media: new("https://h/i.png", MediaType: "image")), new(PartKind.Text, "see")]);
        Assert.Contains(
            """[{"role":"user","content":[{"image":"https://h/i.png"},{"text":"see"}]},{"role":"assistant","content":[],"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":[{"text":"1"}]}]""",
            Write(Options with { Multimodal = true }, ModelRequest.Empty, image, Talk[3], Talk[4]), StringComparison.Ordinal);
        Assert.Equal("unsupported_media", Assert.Throws<RunException>(() => Write(Options, ModelRequest.Empty, image)).Error.Code);
        Assert.Contains("""
            "content":"[media of type 'image']\nsee"
            """, Write(Options, ModelRequest.Empty, image, Talk[1]), StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_request_asks_stands_above_the_agents_parameters()
    {
        var body = Write(
            Options with { Parameters = new("""{"temperature":1.5,"enable_search":true,"result_format":"text","incremental_output":false,"x":[1]}"""), Tools = [new("own")] },
            new ModelRequest
            {
                Temperature = 0.1,
                TopP = 0.2,
                PresencePenalty = 0.4,
                MaxOutputTokens = 5,
                Seed = 6,
                Stop = ["x"],
                ReasoningEffort = "low",
                Tools = [new("f", "d", new("""{"type":"object"}"""))],
                ToolChoice = new("\"auto\""),
                Leftover = new(Protocol.ChatCompletions, new("""{"thinking_budget":50,"logit_bias":{"1":2}}""")),
            },
            Talk[1]);
        Assert.EndsWith(
            ""","parameters":{"result_format":"message","incremental_output":true,"temperature":0.1,"top_p":0.2,"seed":6,"presence_penalty":0.4,"max_tokens":5,"stop":["x"],"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}],"tool_choice":"auto","thinking_budget":50,"enable_thinking":true,"enable_search":true,"x":[1]}}""",
            body, StringComparison.Ordinal);
        Assert.Contains("\"own\"", Write(Options with { Tools = [new("own")] }, ModelRequest.Empty, Talk[1]), StringComparison.Ordinal);
    }

    // The last item alone is the input.
    private static string Write(DashScopeAgentOptions options, ModelRequest request, params InputItem[] items)
    {
        IReadOnlyList<Message> context = [.. items.Select((item, index) => item.ToMessage(new Id(8 * (index + 1)), new Id(8), default, ChatWire.At))];
        var asked = new AgentRequest { Run = ChatWire.Header() with { Request = request }, Context = context, InputCount = 1 };
        return Encoding.UTF8.GetString(DashScopeRequestWriter.Write(asked, options, OpenAiFiles.None).Span);
    }
}
