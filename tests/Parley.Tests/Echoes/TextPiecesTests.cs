using System.Globalization;
using Parley.Agents;

namespace Parley.Tests.Echoes;

public sealed class TextPiecesTests
{
    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("Hello, how are you?")]
    [InlineData("你好，世界。今天天气怎么样？")]
    [InlineData("👨‍👩‍👧‍👦🇩🇪e\u0301 👍🏽\r\nend")]
    public void The_pieces_together_are_the_text(string text)
        => Assert.Equal(text, string.Concat(TextPieces.Cut(text).Select(piece => piece.Text)));

    [Fact]
    public void A_piece_has_about_four_graphemes()
        => Assert.Equal(["abc", "def", "ghij"], TextPieces.Cut("abcdefghij").Select(piece => piece.Text));

    [Fact]
    public void A_family_a_flag_and_an_accent_are_never_split()
    {
        const string Text = "👨‍👩‍👧‍👦🇩🇪e\u0301👍🏽";
        var pieces = TextPieces.Cut(Text, 100).Select(piece => piece.Text);
        Assert.Equal(["👨‍👩‍👧‍👦", "🇩🇪", "e\u0301", "👍🏽"], pieces);
    }

    [Fact]
    public void A_long_text_has_no_more_than_200_pieces()
    {
        var pieces = TextPieces.Cut(new string('x', 1_000_003)).ToList();
        Assert.Equal(200, pieces.Count);
        Assert.InRange(pieces.Max(piece => piece.Text.Length) - pieces.Min(piece => piece.Text.Length), 0, 1);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    [InlineData(10, 10)]
    [InlineData(11, 10)]
    public void As_many_pieces_as_asked_for_but_never_an_empty_one(int asked, int given)
    {
        var pieces = TextPieces.Cut("abcdefghij", asked).ToList();
        Assert.Equal(given, pieces.Count);
        Assert.DoesNotContain(pieces, piece => StringInfo.ParseCombiningCharacters(piece.Text).Length == 0);
    }

    [Fact]
    public void Only_the_first_piece_is_the_first()
        => Assert.Equal([true, false, false], TextPieces.Cut("abcdefghij").Select(piece => piece.IsFirst));
}
