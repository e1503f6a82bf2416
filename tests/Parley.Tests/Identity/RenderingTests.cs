namespace Parley.Tests.Identity;

public sealed class RenderingTests
{
    private static readonly Id Conversation = new(0x6b00445000c00000);

    // Minted at 2026-11-20 13:00:00 UTC on node 3.
    public static TheoryData<long, string, string, string> Vectors => new()
    {
        { 0x6b00445000c00000, "7710237672458944512", "conv_6b00445000c0000000Ewl0omrStP14imtOxVIDdAkHq2aQVHAw", "6b00445000c000006b00445000c00000" },
        { 0x6b00445000c00008, "7710237672458944520", "resp_6b00445000c00000007BykkymfGphIi0cc2FssELwsG1s2blMv", "6b00445000c000006b00445000c00008" },
        { 0x6b00445000c00010, "7710237672458944528", "msg_6b00445000c00000004h0bhyukiDk1b2e1W6ePSQ3cX0wTwdYM", "6b00445000c000006b00445000c00010" },
        { 0x6b00445000c00018, "7710237672458944536", "msg_6b00445000c00000000WqE8n8c42gHq0q2AbRldWabamNne62L", "6b00445000c000006b00445000c00018" },
        { 0x6b00445000c00019, "7710237672458944537", "rs_6b00445000c00000007ts5B7i7NdlLO3Wx4fyAEYgDvboU5PZd", "6b00445000c000006b00445000c00019" },
    };

    [Theory, MemberData(nameof(Vectors))]
    public void An_id_is_rendered_in_each_dialect_and_read_back(long value, string dec, string prefixed, string hex)
    {
        var id = new Id(value);
        Assert.Equal(dec, DecimalId.Render(id));
        Assert.Equal(prefixed, PrefixedId.Render(prefixed[..(prefixed.IndexOf('_', StringComparison.Ordinal) + 1)], Conversation, id));
        Assert.Equal(hex, HexId.Render(Conversation, id));
        foreach (var text in new[] { dec, prefixed, hex })
        {
            Assert.True(AnyId.TryParse(text, out var read), text);
            Assert.Equal(id, read);
        }
    }

    [Fact]
    public void A_prefixed_id_with_any_wrong_character_is_refused()
    {
        const string Id = "resp_6b00445000c00000007BykkymfGphIi0cc2FssELwsG1s2blMv";
        for (var i = 5; i < Id.Length; i++)
        {
            var wrong = Id[..i] + (Id[i] == 'x' ? 'y' : 'x') + Id[(i + 1)..];
            Assert.False(PrefixedId.TryParse(wrong, out _, out _), wrong);
        }
    }

    [Fact]
    public void Random_ids_survive_every_rendering()
    {
        var random = new Random(20261120);
        for (var i = 0; i < 2000; i++)
        {
            var (conversation, entity) = (new Id(random.NextInt64(1, long.MaxValue)), new Id(random.NextInt64(1, long.MaxValue)));
            Assert.True(PrefixedId.TryParse(PrefixedId.Render("msg_", conversation, entity), out var c, out var e));
            Assert.Equal((conversation, entity), (c, e));
            Assert.True(HexId.TryParse(HexId.Render(conversation, entity), out c, out e));
            Assert.Equal((conversation, entity), (c, e));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("01")]
    [InlineData("1.0")]
    [InlineData("9223372036854775808")]
    [InlineData("77102376724589445120")]
    [InlineData("6b00445000c000006B00445000C00000")]
    [InlineData("6b00445000c0000000000000000000000")]
    [InlineData("conv_")]
    [InlineData("nope_6b00445000c0000000Ewl0omrStP14imtOxVIDdAkHq2aQVHAw")]
    public void What_is_no_id_is_refused(string text) => Assert.False(AnyId.TryParse(text, out _));
}
