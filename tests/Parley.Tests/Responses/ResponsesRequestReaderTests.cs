using System.Text;
using Parley.Protocols.Responses;
using Parley.Runs;

namespace Parley.Tests.Responses;

public sealed class ResponsesRequestReaderTests
{
    [Fact]
    public void Everything_that_a_request_may_say_is_read()
    {
        var read = Read(
            """
            {"model":"helper","stream":true,"stream_options":{"include_obfuscation":false},"background":true,"conversation":{"id":"conv_1"},"metadata":{"k":"v"},"include":["reasoning.encrypted_content"],
             "instructions":"be kind","tools":[{"type":"function","name":"find","description":"d","parameters":{"type":"object","$schema":"s"},"strict":true}],"tool_choice":{"type":"function","name":"find"},"parallel_tool_calls":false,"temperature":0.5,"top_p":1,
             "presence_penalty":2,"frequency_penalty":-1,"max_output_tokens":7,"reasoning":{"effort":"low"},"user":"u1","structured_inputs":{"city": "Ulm"},
             "text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true}},"x_new":[1, "a b"],"top_logprobs":3,"input":"hi"}
            """);
        Assert.Equal(("helper", true, true, true, "conv_1", null), (read.Model, read.Stream, read.Background, read.Store, read.Conversation, read.PreviousResponseId));
        Assert.Equal([new("k", "v")], read.Metadata);
        Assert.Equal(["reasoning.encrypted_content"], read.Include);
        Assert.Equal([new ResponsesInput([InputItem.Said(Role.User, "hi")])], read.Input);
        Assert.Equal(
            new ModelRequest
            {
                Model = "helper",
                Instructions = "be kind",
                Tools = [new("find", "d", new("""{"type":"object","$schema":"s"}"""), true)],
                ToolChoice = new("""{"type":"function","function":{"name":"find"}}"""),
                ParallelToolCalls = false,
                Temperature = 0.5,
                TopP = 1,
                PresencePenalty = 2,
                FrequencyPenalty = -1,
                MaxOutputTokens = 7,
                ResponseFormat = new("""{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"},"strict":true}}"""),
                ReasoningEffort = "low",
                User = "u1",
                Parameters = new("""{"city":"Ulm"}"""),
                Leftover = new(Protocol.Responses, new("""{"x_new":[1,"a b"],"top_logprobs":3}""")),
            }, read.Request);
    }

    [Fact]
    public void What_a_response_repeats_is_filled_up_for_strict_readers()
    {
        var read = Read(
            """
            {"model":"m","input":"hi","temperature":0.50,"max_tool_calls":2,"truncation":"auto","service_tier":"flex","tools":[{"type":"function","name":"f"},{"type": "web_search"}],
             "text":{"format":{"type":"json_schema","name":"n","schema":{}},"verbosity":"low"},"reasoning":{"summary":"auto"},"tool_choice":"required"}
            """);
        Assert.Equal(
            """{"temperature":0.50,"max_tool_calls":2,"service_tier":"flex","truncation":"auto","tools":[{"type":"function","name":"f","description":null,"parameters":null,"strict":null},{"type":"web_search"}],"tool_choice":"required","text":{"format":{"type":"json_schema","name":"n","description":null,"schema":{},"strict":false},"verbosity":"low"},"reasoning":{"effort":null,"summary":"auto"}}""",
            read.Echo.Text);
    }

    [Fact]
    public void What_only_this_dialect_can_say_is_kept_whole_for_a_peer_that_speaks_it()
    {
        var read = Read("""{"model":"m","input":"hi","tools":[{"type":"function","name":"f"},{"type":"web_search"}],"tool_choice":{"type":"web_search"},"reasoning":{"effort":"high","summary":"auto"}}""");
        Assert.Equal([new ToolDefinition("f")], read.Request.Tools);
        Assert.Null(read.Request.ToolChoice);
        Assert.Equal("""{"tools":[{"type":"function","name":"f"},{"type":"web_search"}],"tool_choice":{"type":"web_search"},"reasoning":{"effort":"high","summary":"auto"}}""", read.Request.Leftover?.Members.Text);
    }

    [Theory]
    [InlineData("\"auto\"", "\"auto\"")]
    [InlineData("""{"type":"custom","name":"c"}""", """{"type":"custom","custom":{"name":"c"}}""")]
    [InlineData("""{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"f"}]}""", """{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"f"}}]}}""")]
    public void The_choice_of_a_tool_is_kept_in_the_form_of_chat_completions(string sent, string kept)
        => Assert.Equal(kept, Read($$"""{"model":"m","input":"hi","tool_choice":{{sent}}}""").Request.ToolChoice?.Text);

    [Theory]
    [InlineData("""{"agent":{"type":"agent_reference","name":"a","version":"2"},"input":"hi"}""", "2")]
    [InlineData("""{"agent_reference":{"type":"agent_reference","name":"a"}}""", null)]
    [InlineData("""{"agent":{"type":"agent_id","name":"a","version":null}}""", null)]
    public void An_agent_is_named_in_either_generation_of_words_and_needs_no_model_and_no_input(string body, string? version)
    {
        var read = Read(body);
        Assert.Equal((new AgentRef("a", version), null), (read.Agent, read.Model));
    }

    [Theory]
    [InlineData("""{"model":"m"}""", "input", "missing_required_parameter")]
    [InlineData("""{"model":"m","input":[]}""", "input", "missing_required_parameter")]
    [InlineData("""{"model":"m","input":5}""", "input", "invalid_type")]
    [InlineData("""{"model":7,"input":"a"}""", "model", "invalid_type")]
    [InlineData("""{"model":"m","input":"a","stream":"yes"}""", "stream", "invalid_type")]
    [InlineData("""{"model":"m","input":"a","background":true,"store":false}""", "background", "invalid_value")]
    [InlineData("""{"model":"m","input":"a","conversation":"conv_1","previous_response_id":"resp_1"}""", "previous_response_id", "mutually_exclusive_parameters")]
    [InlineData("""{"model":"m","input":"a","conversation":{}}""", "conversation.id", "missing_required_parameter")]
    [InlineData("""{"model":"m","input":"a","conversation":1}""", "conversation", "invalid_type")]
    [InlineData("""{"input":"a","agent":"x"}""", "agent", "invalid_type")]
    [InlineData("""{"input":"a","agent":{"type":"agent_reference"}}""", "agent.name", "missing_required_parameter")]
    [InlineData("""{"input":"a","agent_reference":{"type":"model","name":"x"}}""", "agent_reference.type", "invalid_value")]
    [InlineData("""{"model":"m","input":"a","instructions":["x"]}""", "instructions", "invalid_type")]
    [InlineData("""{"model":"m","input":"a","temperature":"hot"}""", "temperature", "invalid_type")]
    [InlineData("""{"model":"m","input":"a","max_output_tokens":0}""", "max_output_tokens", "integer_below_min_value")]
    [InlineData("""{"model":"m","input":"a","top_logprobs":-1}""", "top_logprobs", "integer_below_min_value")]
    [InlineData("""{"model":"m","input":"a","truncation":"some"}""", "truncation", "invalid_value")]
    [InlineData("""{"model":"m","input":"a","tools":{}}""", "tools", "invalid_type")]
    [InlineData("""{"model":"m","input":"a","tools":[{"name":"f"}]}""", "tools[0].type", "missing_required_parameter")]
    [InlineData("""{"model":"m","input":"a","tools":[{"type":"function","function":{"name":"f"}}]}""", "tools[0].name", "missing_required_parameter")]
    [InlineData("""{"model":"m","input":"a","tools":[{"type":"function","name":"f","strict":"no"}]}""", "tools[0].strict", "invalid_type")]
    [InlineData("""{"model":"m","input":"a","tool_choice":"all"}""", "tool_choice", "invalid_value")]
    [InlineData("""{"model":"m","input":"a","tool_choice":{"type":"function"}}""", "tool_choice.name", "missing_required_parameter")]
    [InlineData("""{"model":"m","input":"a","text":"plain"}""", "text", "invalid_type")]
    [InlineData("""{"model":"m","input":"a","text":{"format":{"type":"xml"}}}""", "text.format.type", "invalid_value")]
    [InlineData("""{"model":"m","input":"a","text":{"format":{"type":"json_schema","name":"n"}}}""", "text.format.schema", "missing_required_parameter")]
    [InlineData("""{"model":"m","input":"a","text":{"verbosity":"huge"}}""", "text.verbosity", "invalid_value")]
    [InlineData("""{"model":"m","input":"a","reasoning":"low"}""", "reasoning", "invalid_type")]
    [InlineData("""{"model":"m","input":"a","reasoning":{"effort":1}}""", "reasoning.effort", "invalid_type")]
    [InlineData("""{"model":"m","input":"a","include":[1]}""", "include[0]", "invalid_type")]
    [InlineData("""{"model":"m","input":"a","metadata":{"a":1}}""", "metadata.a", "invalid_type")]
    [InlineData("""{"model":"m","input":"a","structured_inputs":[]}""", "structured_inputs", "invalid_type")]
    [InlineData("""{"model":"m","input":"a","stream_options":{"include_obfuscation":1}}""", "stream_options.include_obfuscation", "invalid_type")]
    public void A_wrong_request_is_refused_by_the_name_of_the_member(string body, string param, string code)
    {
        var error = Assert.Throws<RunException>(() => Read(body)).Error;
        Assert.Equal((ErrorSide.Client, ErrorCause.Rejected, param, code, true), (error.Side, error.Cause, error.Param, error.Code, error.Public));
    }

    [Fact]
    public void Compacting_needs_a_model_and_something_to_compact()
    {
        Assert.Equal("model", Refusal("""{"input":"a"}"""));
        Assert.Equal("input", Refusal("""{"model":"m"}"""));
        static string? Refusal(string body) => Assert.Throws<RunException>(() => ResponsesRequestReader.ReadCompact(Encoding.UTF8.GetBytes(body))).Error.Param;
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("{}", true)]
    [InlineData("""{"metadata":{"a":"b"}}""", false)]
    public void A_conversation_may_begin_with_nothing(string body, bool isPlain)
        => Assert.Equal(isPlain, ConversationReader.ReadCreate(Encoding.UTF8.GetBytes(body)).Metadata is null);

    [Fact]
    public void A_conversation_gets_at_most_twenty_items_at_a_time()
    {
        var items = string.Join(',', Enumerable.Repeat("""{"role":"user","content":"a"}""", 21));
        Assert.Equal("items", Assert.Throws<RunException>(() => ConversationReader.ReadItems(Encoding.UTF8.GetBytes($$"""{"items":[{{items}}]}"""))).Error.Param);
        Assert.Equal("items", Assert.Throws<RunException>(() => ConversationReader.ReadItems("{}"u8.ToArray())).Error.Param);
        Assert.Equal("metadata", Assert.Throws<RunException>(() => ConversationReader.ReadUpdate("{}"u8.ToArray())).Error.Param);
    }

    private static ResponsesRequest Read(string body) => ResponsesRequestReader.Read(Encoding.UTF8.GetBytes(body));
}
