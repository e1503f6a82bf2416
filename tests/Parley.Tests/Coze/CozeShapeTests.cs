using System.Text;
using Parley.Protocols.Coze;
using Parley.Runs;
using Parley.Tests.Events;

namespace Parley.Tests.Coze;

/// <summary>A delta that looks like the one before it is not parsed; here is what could make that wrong.</summary>
public sealed class CozeShapeTests
{
    private const string End = "event:conversation.chat.completed\ndata:{}\n\nevent:done\ndata:{}\n\n";

    [Theory]
    [InlineData("{\"id\":\"6\",\"content\":\"b\\\"c\"}", "ab\"cz")]
    [InlineData("{\"id\":\"6\",\"content\":\"b\",\"content\":\"c\"}", "acz")]
    [InlineData("{\"id\":\"6\",\"content\":\"\"}", "az")]
    [InlineData("{\"id\":\"6\",\"content\":\"b\",\"type\":\"follow_up\"}", "az")]
    [InlineData("{\"id\":\"6\",\"content\":\"b\",\"x\":\"y\"}", "abz")]
    [InlineData("{\"id\":\"6\",\"content\":\"b\\\\\"}", "ab\\z")]
    [InlineData("{\"id\":\"7\",\"content\":\"b\"}", "abz")]
    public void A_delta_that_begins_like_the_one_before_is_read_as_what_it_is(string data, string text)
        => Assert.Equal(text, TextOf(Read(Delta("{\"id\":\"6\",\"content\":\"a\"}") + Delta(data) + Delta("{\"id\":\"6\",\"content\":\"z\"}") + End)));

    [Theory]
    [InlineData("{\"id\":\"6\",\"content\":\"b\tc\"}")]
    [InlineData("{\"id\":\"6\",\"content\":\"b\\x\"}")]
    [InlineData("{\"id\":\"6\",\"content\":\"b\\\"}")]
    public void What_is_no_JSON_fails_after_a_plain_delta_too(string data)
        => Assert.Equal(ErrorCause.Malformed, ((RunFailed)Read(Delta("{\"id\":\"6\",\"content\":\"a\"}") + Delta(data) + End)[^1]).Error.Cause);

    [Fact]
    public void A_delta_after_the_end_of_its_message_is_not_said_again()
        => Assert.Equal("a", TextOf(Read(
            Delta("{\"id\":\"6\",\"content\":\"a\"}") + "event:conversation.message.completed\ndata:{\"id\":\"6\",\"type\":\"answer\",\"content\":\"a\"}\n\n" + Delta("{\"id\":\"6\",\"content\":\"b\"}") + End)));

    [Fact]
    public void Thoughts_and_words_are_never_taken_for_each_other()
    {
        var events = Read(string.Concat(((string[])["reasoning_content", "reasoning_content", "content", "content", "reasoning_content", "content"])
            .Select((name, index) => Delta($"{{\"id\":\"6\",\"{name}\":\"{index}\"}}"))) + End);
        var state = new RunState();
        foreach (var logged in RandomRuns.LogOf(events)) state.Apply(logged);
        Assert.Equal(["01", "235", "4"], state.Items.Select(item => item.Reasoning + item.Text));
    }

    [Fact]
    public void A_call_between_two_deltas_keeps_its_place()
    {
        var events = Read(
            Delta("{\"id\":\"6\",\"content\":\"a\"}") + Delta("{\"id\":\"6\",\"content\":\"b\"}")
            + "event:conversation.message.completed\ndata:{\"id\":\"8\",\"type\":\"function_call\",\"content\":\"{\\\"name\\\":\\\"f\\\"}\"}\n\n" + Delta("{\"id\":\"6\",\"content\":\"c\"}") + End);
        Assert.True(events.FindIndex(@event => @event is ItemStarted { Head: ToolCallItem }) < events.FindIndex(@event => @event is PartDelta { Text: "c" }));
    }

    private static string Delta(string data) => $"event:conversation.message.delta\ndata:{data}\n\n";

    private static string TextOf(List<RunEvent> events) => string.Concat(events.OfType<PartDelta>().Select(delta => delta.Text));

    private static List<RunEvent> Read(string stream) => Streams.Read(new CozeStreamReader(), Encoding.UTF8.GetBytes(stream));
}
