using Parley.Tests.Workflows;

namespace Parley.Tests.ChatCompletions;

/// <summary>An agent that asks and waits, where nothing but the messages says which run is answered.</summary>
public sealed class ChatQuestionTests
{
    private const string Question = """{"role":"user","content":"Hi"},{"role":"assistant","content":"What is your name?"},""";

    [Fact]
    public async Task The_message_behind_a_question_is_its_answer()
    {
        await using var door = await ChatDoor.OpenAsync(Greeter.Agent);
        Assert.Equal("What is your name?", await AskAsync(door, """{"role":"user","content":"Hi"}"""));
        Assert.Equal("Hello, Ada!", await AskAsync(door, Question + """{"role":"user","content":"Ada"}"""));
    }

    [Fact]
    public async Task A_question_is_answered_once_and_then_the_messages_are_history()
    {
        await using var door = await ChatDoor.OpenAsync(Greeter.Agent);
        await AskAsync(door, """{"role":"user","content":"Hi"}""");
        Assert.Equal("Hello, Ada!", await AskAsync(door, Question + """{"role":"user","content":"Ada"}"""));
        Assert.Equal("What is your name?", await AskAsync(door, Question + """{"role":"user","content":"Bob"}"""));
    }

    [Theory]
    [InlineData("eve", "")]
    [InlineData("local", ",\"user\":\"somebody else\"")]
    public async Task Nobody_answers_the_question_of_another(string owner, string more)
    {
        await using var door = await ChatDoor.OpenAsync(Greeter.Agent);
        await AskAsync(door, """{"role":"user","content":"Hi"}""");
        Assert.Equal("What is your name?", await AskAsync(door, Question + """{"role":"user","content":"Eve"}""", owner, more));
    }

    [Fact]
    public async Task Another_agent_is_asked_as_if_nothing_waited()
    {
        await using var door = await ChatDoor.OpenAsync(Greeter.Agent, ChatDoor.Echoing("echo"));
        await AskAsync(door, """{"role":"user","content":"Hi"}""");
        var answer = await door.AskAsync($$"""{"model":"echo","messages":[{{Question}}{"role":"user","content":"Ada"}]}""");
        Assert.Equal("Ada", ChatDoor.ContentOf(answer));
    }

    private static async Task<string> AskAsync(ChatDoor door, string messages, string? owner = null, string more = "")
        => ChatDoor.ContentOf(await door.AskAsync($$"""{"model":"greeter","messages":[{{messages}}]{{more}}}""", owner: owner));
}
