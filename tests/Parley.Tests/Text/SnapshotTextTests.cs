using Parley.Protocols.Text;

namespace Parley.Tests.Text;

public sealed class SnapshotTextTests
{
    [Theory]
    [InlineData("Hel", "Hello", "lo", null)]
    [InlineData("Hello", "Hello", "", null)]
    [InlineData("", "Hello", "Hello", null)]
    [InlineData("20星期三。", "2024 年是星期三。", "", "2024 年是星期三。")]
    [InlineData("Hello", "Hel", "", "Hel")]
    [InlineData("e", "e\u0301", "\u0301", null)]
    [InlineData("é", "e\u0301", "", "e\u0301")]
    public void The_whole_text_gives_the_rest_or_replaces_what_was_streamed(string streamed, string whole, string rest, string? replaced)
    {
        var text = new SnapshotText();
        foreach (var character in streamed) text.Add(character.ToString());
        Assert.Equal(replaced, text.Close(whole, out var actual));
        Assert.Equal(rest, actual);
    }
}
