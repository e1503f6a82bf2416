using System.Text.Json;
using Parley.Agents;
using Parley.Tests.Runs;

namespace Parley.Tests.Tongyi;

/// <summary>Answers anew, more of an answer, other questions: branches of one tree.</summary>
public sealed class TongyiTreeDoorTests
{
    private const string Unknown = "ffffffffffffffffffffffffffffffff";

    [Theory]
    [InlineData("\"action\":\"variant\"", "answer")]
    [InlineData("\"action\":\"next\",\"userAction\":\"regenerate\"", "question")]
    [InlineData("\"userAction\":\"retry\"", "")]
    public async Task An_answer_is_given_again_beside_the_first(string members, string by)
    {
        await using var door = await TongyiDoor.OpenAsync(TongyiDoor.Historian());
        var first = await door.SayAsync("1");
        var second = await door.SayAsync("2", first.Session, first.Message);
        var parent = by switch { "answer" => second.Message, "question" => second.Question, _ => "" };
        var again = await door.AskAsync($"{{{members},\"sessionId\":\"{first.Session}\",\"parentMsgId\":\"{parent}\",\"contents\":[]}}");
        Assert.Equal(second.Question, again.Question);
        Assert.NotEqual(second.Message, again.Message);
        Assert.Equal(second.Text, again.Text);
        Assert.Equal(
            [(first.Question, ""), (first.Message, first.Question), (second.Question, first.Message), (second.Message, second.Question), (again.Message, second.Question)],
            Edges(await door.MessagesAsync(first.Session)));
    }

    [Fact]
    public async Task The_same_agent_answers_again_unless_another_is_named()
    {
        await using var door = await TongyiDoor.OpenAsync(TongyiDoor.Echo("a", new EchoOptions { Text = "A" }), TongyiDoor.Echo("b", new EchoOptions { Text = "B" }));
        var first = await door.SayAsync("1", more: "\"model\":\"b\"");
        var again = $"{{\"action\":\"variant\",\"sessionId\":\"{first.Session}\",\"parentMsgId\":\"{first.Message}\"";
        Assert.Equal("B", (await door.AskAsync(again + "}")).Text);
        Assert.Equal("A", (await door.AskAsync(again + ",\"params\":{\"agentId\":\"a\"}}")).Text);
    }

    [Fact]
    public async Task An_answer_is_continued_under_itself_and_answered_again_with_its_question()
    {
        await using var door = await TongyiDoor.OpenAsync(TongyiDoor.Historian());
        var first = await door.SayAsync("1");
        var more = await door.AskAsync($"{{\"action\":\"continue\",\"sessionId\":\"{first.Session}\",\"parentMsgId\":\"{first.Message}\"}}");
        Assert.Equal((first.Message, "user: 1\nassistant: user: 1"), (more.Question, more.Text));
        Assert.Equal([(first.Question, ""), (first.Message, first.Question), (more.Message, first.Message)], Edges(await door.MessagesAsync(first.Session)));
        Assert.EndsWith("\nuser: 2", (await door.SayAsync("2", first.Session, more.Message)).Text, StringComparison.Ordinal);

        var again = await door.AskAsync($"{{\"action\":\"variant\",\"sessionId\":\"{first.Session}\",\"parentMsgId\":\"{more.Message}\"}}");
        Assert.Equal((first.Question, "user: 1"), (again.Question, again.Text));
        var (status, code, message) = await door.RefusalAsync("/dialog/conversation", $"{{\"action\":\"continue\",\"sessionId\":\"{first.Session}\",\"parentMsgId\":\"{first.Question}\"}}");
        Assert.Equal((400, "INVALID_PARAM", true), (status, code, message.Contains("parentMsgId", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_edited_question_is_a_branch_beside_the_first()
    {
        await using var door = await TongyiDoor.OpenAsync(TongyiDoor.Historian());
        var first = await door.SayAsync("1");
        var second = await door.SayAsync("2", first.Session, first.Message);
        var edited = await door.SayAsync("zwei", first.Session, first.Message);
        Assert.Equal("user: 1\nassistant: user: 1\nuser: zwei", edited.Text);
        var edges = Edges(await door.MessagesAsync(first.Session));
        Assert.Equal([first.Message, first.Message], edges.Where(edge => edge.Id == second.Question || edge.Id == edited.Question).Select(edge => edge.Parent));

        // The first question too: the session itself is the root.
        var root = await door.SayAsync("eins", first.Session, first.Session);
        Assert.Equal("user: eins", root.Text);
        Assert.Equal("", Edges(await door.MessagesAsync(first.Session)).Single(edge => edge.Id == root.Question).Parent);
    }

    [Fact]
    public async Task A_question_may_hang_under_a_question()
    {
        await using var door = await TongyiDoor.OpenAsync(TongyiDoor.Historian());
        var first = await door.SayAsync("1");
        Assert.Equal("user: 1\nuser: 2", (await door.SayAsync("2", first.Session, first.Question)).Text);
    }

    [Theory]
    [InlineData("next", Unknown)]
    [InlineData("next", "someone's own")]
    [InlineData("variant", Unknown)]
    [InlineData("continue", Unknown)]
    public async Task A_parent_that_is_not_there_is_refused_in_a_session_and_nothing_is_kept(string action, string parent)
    {
        await using var door = await TongyiDoor.OpenAsync();
        var first = await door.SayAsync("1");
        var (status, code, message) = await door.RefusalAsync("/dialog/conversation", TongyiDoor.Body("x", $"\"sessionId\":\"{first.Session}\",\"parentMsgId\":\"{parent}\"").Replace("\"next\"", $"\"{action}\"", StringComparison.Ordinal));
        Assert.Equal((400, "INVALID_PARAM", "parentMsgId names no message of this session."), (status, code, message));
        Assert.Equal(2, (await door.MessagesAsync(first.Session)).Length);
    }

    [Fact]
    public async Task A_parent_of_another_session_or_owner_is_not_there_and_one_in_a_new_session_is_none()
    {
        await using var door = await TongyiDoor.OpenAsync(TongyiDoor.Historian());
        var (one, two) = (await door.SayAsync("1"), await door.SayAsync("2"));
        Assert.Equal(400, (await door.RefusalAsync("/dialog/conversation", TongyiDoor.Body("x", $"\"sessionId\":\"{one.Session}\",\"parentMsgId\":\"{two.Message}\""))).Status);

        // Half of one and half of the other.
        var forged = one.Message[..16] + two.Message[16..];
        Assert.Equal(400, (await door.RefusalAsync("/dialog/conversation", TongyiDoor.Body("x", $"\"sessionId\":\"{one.Session}\",\"parentMsgId\":\"{forged}\""))).Status);
        var stranger = await door.RefusalAsync("/dialog/conversation", TongyiDoor.Body("x", $"\"sessionId\":\"{one.Session}\",\"parentMsgId\":\"{one.Message}\""), ("owner", "eve"));
        Assert.Equal((404, "SESSION_NOT_EXIST"), (stranger.Status, stranger.Code));
        Assert.Equal("user: 3", (await door.SayAsync("3", "", two.Message)).Text);
        Assert.Equal("user: 4", (await door.SayAsync("4", "made by me", Unknown)).Text);
    }

    [Fact]
    public async Task An_unknown_parent_is_none_in_a_session_without_messages()
    {
        await using var door = await TongyiDoor.OpenAsync(TongyiDoor.Historian());
        var made = (await door.DataAsync("/dialog/session/create")).GetProperty("sessionId").GetString()!;
        Assert.Equal("user: 1", (await door.SayAsync("1", made, Unknown)).Text);
        Assert.Equal(400, (await door.RefusalAsync("/dialog/conversation", TongyiDoor.Body("x", $"\"sessionId\":\"{made}\",\"parentMsgId\":\"{Unknown}\""))).Status);
    }

    [Fact]
    public async Task A_message_that_names_itself_as_its_parent_is_refused()
    {
        await using var door = await TongyiDoor.OpenAsync();
        var first = await door.SayAsync("1");
        var refusal = await door.RefusalAsync("/dialog/conversation", TongyiDoor.Body("x", $"\"sessionId\":\"{first.Session}\",\"parentMsgId\":\"{first.Message}\",\"msgId\":\"{first.Message}\""));
        Assert.Equal((400, "INVALID_PARAM", "'parentMsgId' names the message itself."), refusal);
    }

    [Fact]
    public async Task A_deleted_question_is_not_answered_again_and_what_hung_under_it_moves_up()
    {
        await using var door = await TongyiDoor.OpenAsync();
        var first = await door.SayAsync("1");
        Assert.True(HexId.TryParse(first.Question, out var conversation, out var question));
        await door.Store.DeleteMessageAsync("local", conversation, question, DateTimeOffset.UnixEpoch, withRun: false, TestContext.Current.CancellationToken);
        var refusal = await door.RefusalAsync("/dialog/conversation", $"{{\"action\":\"variant\",\"sessionId\":\"{first.Session}\",\"parentMsgId\":\"{first.Message}\"}}");
        Assert.Equal((400, "INVALID_PARAM", "parentMsgId names an answer whose question is not there."), refusal);
        Assert.Equal([(first.Message, "")], Edges(await door.MessagesAsync(first.Session)));
    }

    [Fact]
    public async Task A_turn_that_finds_the_head_busy_is_a_branch()
    {
        var held = new HeldAgent();
        await using var door = await TongyiDoor.OpenAsync(TongyiDoor.Historian() with { IsDefault = true }, new Agent("held", held));
        var first = await door.SayAsync("1");
        using var response = await door.SendAsync("POST", "/dialog/conversation", TongyiDoor.Body("2", $"\"sessionId\":\"{first.Session}\",\"model\":\"held\""));
        await held.Begun;
        var beside = await door.SayAsync("3", first.Session);
        Assert.Equal("user: 1\nassistant: user: 1\nuser: 3", beside.Text);
        held.Release();
        var waited = await TongyiAnswer.OfAsync(response);
        var edges = Edges(await door.MessagesAsync(first.Session));
        Assert.Equal([first.Message, first.Message], edges.Where(edge => edge.Id == waited.Question || edge.Id == beside.Question).Select(edge => edge.Parent));
    }

    [Fact]
    public async Task Two_first_turns_of_a_session_that_a_client_has_named_are_branches()
    {
        var held = new HeldAgent();
        await using var door = await TongyiDoor.OpenAsync(TongyiDoor.Historian() with { IsDefault = true }, new Agent("held", held));
        using var response = await door.SendAsync("POST", "/dialog/conversation", TongyiDoor.Body("1", "\"sessionId\":\"s-1\",\"model\":\"held\""));
        await held.Begun;
        var beside = await door.SayAsync("2", "s-1");
        Assert.Equal(("user: 2", "s-1"), (beside.Text, beside.Session));
        held.Release();
        var waited = await TongyiAnswer.OfAsync(response);
        Assert.Equal((beside.Conversation, "s-1"), (waited.Conversation, waited.Session));
        Assert.Equal(["", ""], Edges(await door.MessagesAsync("s-1")).Where(edge => edge.Id == waited.Question || edge.Id == beside.Question).Select(edge => edge.Parent));
    }

    private static (string? Id, string? Parent)[] Edges(JsonElement[] messages)
        => [.. messages.Select(message => (message.GetProperty("msgId").GetString(), message.GetProperty("parentMsgId").GetString()))];
}
