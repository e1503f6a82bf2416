using Microsoft.Extensions.Logging.Abstractions;
using Parley.Agents;
using Parley.Cli;
using Parley.Conversations;
using Parley.Runs;

namespace Parley.Tests.Cli;

public sealed class ChatSessionTests
{
    [Fact]
    public async Task The_second_turn_knows_the_first()
    {
        var (exit, output, _) = await TalkAsync(new EchoOptions { Reply = EchoReply.History }, "one\ntwo\n");
        Assert.Equal((0, "user: one\nuser: one\nassistant: user: one\nuser: two\n"), (exit, output));
    }

    [Fact]
    public async Task Reasoning_and_suggestions_surround_the_answer()
        => Assert.Equal("Hm\nhello\n  ? More?\n", (await TalkAsync(new EchoOptions { Reasoning = "Hm", FollowUps = ["More?"] }, "hello\n")).Output);

    [Fact]
    public async Task The_user_gives_the_output_of_a_tool()
        => Assert.Equal("  get_time({})\nnoon\n", (await TalkAsync(new EchoOptions { Tool = "get_time" }, "what time is it?\nnoon\n")).Output);

    [Fact]
    public async Task A_failure_is_told_and_the_chat_goes_on()
    {
        var (exit, output, error) = await TalkAsync(new EchoOptions { FailAfter = 1, Pieces = 2 }, "ab\ncd\n");
        Assert.Equal((1, "a\nc\n"), (exit, output));
        Assert.Equal(2, error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task Empty_lines_say_nothing() => Assert.Equal("hello\n", (await TalkAsync(new EchoOptions(), "\n  \nhello\n")).Output);

    private static async Task<(int Exit, string Output, string Error)> TalkAsync(EchoOptions options, string input)
    {
        await using var runner = new Runner(new MemoryStore(), new IdSource(TimeProvider.System), TimeProvider.System, NullLogger<Runner>.Instance);
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var session = new ChatSession(runner, new Agent("echo", new EchoAgent(options, TimeProvider.System)), new ChatScreen(output, error, isTerminal: false), Id.None);
        var exit = await session.TalkAsync(new StringReader(input), TestContext.Current.CancellationToken);
        return (exit, output.ToString().ReplaceLineEndings("\n"), error.ToString());
    }
}
