using System.Text;
using Parley.Protocols.ChatCompletions;
using Parley.Protocols.Sse;
using Parley.Runs;
using static Parley.Tests.ChatCompletions.ChatWire;

namespace Parley.Tests.ChatCompletions;

public sealed class ChatReaderTests
{
    [Fact]
    public void A_text_is_one_message_and_the_end_has_the_usage_that_comes_after_it()
    {
        var events = ChatWire.Read(
            """{"id":"x","model":"m1","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}""",
            """{"id":"x","model":"m1","choices":[{"index":0,"delta":{"content":"Hel"},"finish_reason":null}]}""",
            """{"id":"x","model":"m1","choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":null}]}""",
            """{"id":"x","model":"m1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""",
            """{"id":"x","model":"m1","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9,"prompt_tokens_details":{"cached_tokens":3},"completion_tokens_details":{"reasoning_tokens":1}}}""",
            "[DONE]");
        Assert.Equal(
            """
            started m1
            0 message
            0.0 Text
            0.0 'Hel'
            0.0 'lo'
            0.0 end
            0 Completed
            completed stop 7+2=9 cached 3 reasoning 1
            """, Lines(events));
    }

    [Fact]
    public void Reasoning_ends_where_the_answer_begins_and_later_reasoning_is_another_item()
    {
        var events = ChatWire.Read(Chunks(["""{"reasoning_content":"a"}""", """{"reasoning":"b"}""", """{"content":"c"}""", """{"reasoning":"d","reasoning_content":"d"}""", """{"content":"e"}"""]));
        Assert.Equal(
            """
            started m
            0 reasoning
            0.0 ReasoningText
            0.0 'a'
            0.0 'b'
            0.0 end
            0 Completed
            1 message
            1.0 Text
            1.0 'c'
            2 reasoning
            2.0 ReasoningText
            2.0 'd'
            2.0 end
            2 Completed
            1.0 'e'
            1.0 end
            1 Completed
            completed stop
            """, Lines(events));
    }

    [Fact]
    public void Parallel_calls_with_interleaved_arguments_suspend_the_run_whatever_the_peer_calls_its_end()
    {
        foreach (var finish in (string[])["tool_calls", "stop"])
        {
            var events = ChatWire.Read(Chunks(
                [
                    """{"tool_calls":[{"index":0,"id":"c0","type":"function","function":{"name":"f","arguments":""}}]}""",
                    """{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]}""",
                    """{"tool_calls":[{"index":1,"id":"c1","type":"function","function":{"name":"g","arguments":""}}]}""",
                    """{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}""",
                    """{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]}""",
                ], finish));
            Assert.Equal(
                """
                started m
                0 call c0 f
                0.0 Input
                0.0 '{"a"'
                1 call c1 g
                1.0 Input
                0.0 ':1}'
                1.0 '{}'
                0.0 end
                0 Completed
                1.0 end
                1 Completed
                suspended 0,1
                """, Lines(events));
        }
    }

    [Fact]
    public void Half_an_argument_list_is_not_for_anyone_to_execute()
    {
        var events = ChatWire.Read(Chunks(["""{"tool_calls":[{"index":0,"id":"c0","function":{"name":"f","arguments":"{\"a"}}]}"""], "length"));
        Assert.Equal("0 Incomplete\ncompleted length", string.Join('\n', Lines(events).Split('\n')[^2..]));
    }

    [Fact]
    public void A_call_begins_when_its_name_is_known_and_keeps_what_came_before()
    {
        var events = ChatWire.Read(Chunks(["""{"tool_calls":[{"index":3,"id":"c","function":{"arguments":"{\"a\":"}}]}""", """{"tool_calls":[{"index":3,"function":{"name":"f","arguments":"1}"}}]}"""]));
        Assert.Equal("""{"a":1}""", Fold(events).Items.Single().Input);
        Assert.Equal(new ToolCallItem("c", "f", RunBy.Client), Fold(events).Items.Single().Head);
    }

    [Theory]
    // Ollama: every call has the index 0. Gemini's: none has an index. Others: arguments that are JSON, not a string of it.
    [InlineData("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}""", """{"tool_calls":[{"index":0,"id":"b","function":{"name":"g","arguments":"{}"}}]}""")]
    [InlineData("""{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}},{"id":"b","function":{"name":"g","arguments":"{}"}}]}""", "{}")]
    [InlineData("""{"tool_calls":[{"id":"a","function":{"name":"f","arguments":{}}},{"id":"b","function":{"name":"g","arguments":{}}}]}""", "{}")]
    public void Calls_of_servers_with_their_own_ways_are_told_apart(string first, string second)
    {
        var state = Fold(ChatWire.Read(Chunks([first, second])));
        Assert.Equal(["a f {}", "b g {}"], state.Items.Select(item => $"{((ToolCallItem)item.Head).CallId} {((ToolCallItem)item.Head).Name} {item.Input}"));
        Assert.Equal([new CallFunction(0), new CallFunction(1)], Assert.IsType<RunSuspended>(state.End).Required);
    }

    [Fact]
    public void Refusals_citations_and_lists_of_parts_are_read()
    {
        var events = ChatWire.Read(Chunks(
            [
                """{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}""",
                """{"refusal":"no"}""",
                """{"annotations":[{"type":"url_citation","url_citation":{"start_index":1,"end_index":2,"title":"t","url":"http://u"}}]}""",
            ]));
        Assert.Equal("ab", Fold(events).Items[0].Parts[0].Text);
        Assert.Equal("no", Fold(events).Items[0].Parts[1].Text);
        Assert.Contains(new PartAnnotated(0, 0, new Annotation("url_citation", 1, 2, new Source("t", "http://u"))), events);
    }

    [Fact]
    public void Half_a_character_waits_for_its_other_half()
    {
        var events = ChatWire.Read(Chunks([@"{""content"":""a\ud83d""}", @"{""content"":""\ude42b""}", @"{""content"":""c\ud83d""}"]));
        Assert.Equal(["a", "🙂b", "c", "\uFFFD"], events.OfType<PartDelta>().Select(delta => delta.Text));
    }

    [Fact]
    public void Other_choices_and_odd_members_are_passed_over()
    {
        var events = ChatWire.Read(
            """{"choices":null,"prompt_filter_results":[{"a":[1,{}]}],"model":""}""",
            """{"choices":[{"delta":{"content":"no"},"index":1},{"x":[{}],"delta":{"content":"yes","audio":{"data":"AA"}},"index":0,"logprobs":{"content":[]}}]}""",
            """{"choices":[{"index":0,"delta":null,"finish_reason":"stop"}],"usage":null}""",
            """{"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}""");
        Assert.Equal("started -\n0 message\n0.0 Text\n0.0 'yes'\n0.0 end\n0 Completed\ncompleted stop", Lines(events));
    }

    [Theory]
    [InlineData("""{"choices":[{"delta":{"content":"a"}}]""", "started m|0 message|0.0 Text|0.0 'x'|0.0 end|0 Incomplete|failed Agent Malformed upstream_malformed")]
    [InlineData("<html>", "started m|0 message|0.0 Text|0.0 'x'|0.0 end|0 Incomplete|failed Agent Malformed upstream_malformed")]
    [InlineData("[]", "started m|0 message|0.0 Text|0.0 'x'|0.0 end|0 Incomplete|failed Agent Malformed upstream_malformed")]
    [InlineData("[DONE]", "started m|0 message|0.0 Text|0.0 'x'|0.0 end|0 Incomplete|failed Agent Malformed upstream_incomplete")]
    [InlineData("""{"error":{"message":"boom","type":"server_error","code":null}}""", "started m|0 message|0.0 Text|0.0 'x'|0.0 end|0 Incomplete|failed Agent Unavailable upstream_error")]
    [InlineData("""{"error":"boom"}""", "started m|0 message|0.0 Text|0.0 'x'|0.0 end|0 Incomplete|failed Agent Unavailable upstream_error")]
    [InlineData("""{"error":{"message":"slow down","code":429}}""", "started m|0 message|0.0 Text|0.0 'x'|0.0 end|0 Incomplete|failed Agent Limit upstream_rate_limited")]
    [InlineData("""{"object":"error","message":"too long","type":"BadRequestError","code":400}""", "started m|0 message|0.0 Text|0.0 'x'|0.0 end|0 Incomplete|failed Agent Rejected upstream_rejected")]
    public void What_breaks_a_stream_is_one_failure_after_what_was_said(string data, string expected)
    {
        Assert.Equal(expected.Replace('|', '\n'), Lines(ChatWire.Read(Chunk("""{"content":"x"}"""), data, Chunk("""{"content":"y"}"""))));
    }

    [Fact]
    public void A_stream_that_stops_without_saying_why_has_failed()
        => Assert.Equal("started m\nfailed Agent Malformed upstream_incomplete", Lines(ChatWire.Read(Chunk("{}"))));

    [Fact]
    public void A_body_that_was_not_streamed_gives_the_same_run()
    {
        var events = new List<RunEvent>();
        ChatCompletionsReader.ReadBody(
            """
            {"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi","reasoning_content":"hm",
            "tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}
            """u8, events);
        Assert.Equal(
            """
            started m
            0 reasoning
            0.0 ReasoningText
            0.0 'hm'
            0.0 end
            0 Completed
            1 message
            1.0 Text
            1.0 'hi'
            2 call c f
            2.0 Input
            2.0 '{}'
            1.0 end
            1 Completed
            2.0 end
            2 Completed
            suspended 2 1+2=3 cached  reasoning 
            """, Lines(events));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"choices":[]}""")]
    [InlineData("""{"error":{"message":"x"}}""")]
    public void A_body_that_is_no_completion_is_a_failure(string body)
    {
        var events = new List<RunEvent>();
        ChatCompletionsReader.ReadBody(Encoding.UTF8.GetBytes(body), events);
        Assert.IsType<RunFailed>(events[^1]);
        Assert.Single(events.OfType<RunEnded>());
    }

    [Fact]
    public void A_delta_allocates_its_text_and_its_event_and_nothing_more()
    {
        var reader = new ChatCompletionsReader();
        var events = new List<RunEvent>(4096);
        var chunk = Encoding.UTF8.GetBytes(Chunk("""{"content":"a text of some forty characters, or less"}"""));
        var call = Encoding.UTF8.GetBytes(Chunk("""{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":""}}]}"""));
        var arguments = Encoding.UTF8.GetBytes(Chunk("""{"tool_calls":[{"index":0,"function":{"arguments":"a text of some forty characters, or less"}}]}"""));
        Repeat(chunk, 500);
        reader.Read(new SseFrame(default, call), events);
        Repeat(arguments, 500);
        reader.Read(new SseFrame(default, chunk), events);
        var text = 24 + 2 * "a text of some forty characters, or less".Length;
        Assert.Equal(100 * (Aligned(text - 2) + 40), Allocated(chunk));
        reader.Read(new SseFrame(default, arguments), events);
        Assert.Equal(100 * (Aligned(text - 2) + 40), Allocated(arguments));

        void Repeat(byte[] data, int times)
        {
            for (var i = 0; i < times; i++) reader.Read(new SseFrame(default, data), events);
        }

        long Allocated(byte[] data)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Repeat(data, 100);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        static int Aligned(int size) => (size + 7) & ~7;
    }
}
