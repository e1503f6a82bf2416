using Parley.Runs;

namespace Parley.Tests.Runs;

public sealed class DeltaPiecesTests
{
    [Fact]
    public void A_long_delta_is_cut_and_no_pair_of_surrogates_with_it()
    {
        for (var shift = 0; shift < 2; shift++)
        {
            var text = new string('x', shift) + string.Concat(Enumerable.Repeat("🙂", 10_000));
            var pieces = DeltaPieces.Of(new PartDelta(1, 2, text)).ToList();
            Assert.Equal(text, string.Concat(pieces.Select(piece => piece.Text)));
            Assert.All(pieces, piece =>
            {
                Assert.Equal((1, 2), (piece.Item, piece.Part));
                Assert.InRange(piece.Text.Length, 1, 4096);
                Assert.False(char.IsLowSurrogate(piece.Text[0]));
            });
        }
    }

    [Fact]
    public void Pieces_of_base64_are_base64()
        => Assert.All(DeltaPieces.Of(new PartDelta(0, 0, Convert.ToBase64String(new byte[10_000]))), piece => Convert.FromBase64String(piece.Text));

    [Fact]
    public void A_delta_that_is_not_long_is_left_alone()
    {
        var delta = new PartDelta(0, 0, new string('x', 4096));
        Assert.Same(delta, Assert.Single(DeltaPieces.Of(delta)));
    }
}
