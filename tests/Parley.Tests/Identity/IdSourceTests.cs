namespace Parley.Tests.Identity;

public sealed class IdSourceTests
{
    private readonly FakeTime _time = new();

    [Fact]
    public void Ids_hold_the_second_the_node_and_a_counter()
    {
        var ids = new IdSource(_time, node: 3);
        var first = ids.Next();
        Assert.Equal(_time.GetUtcNow().AddSeconds(1), first.MintedAt);
        Assert.Equal(3 << 22, first.Value & 0xffffffff);
        Assert.Equal(8, ids.Next().Value - first.Value);
    }

    [Fact]
    public void A_source_made_within_the_same_second_does_not_repeat_an_id_of_the_one_before()
    {
        var before = new IdSource(_time);
        _time.Advance(TimeSpan.FromSeconds(1));
        var last = before.Next();
        Assert.True(new IdSource(_time).Next().CompareTo(last) > 0);
    }

    [Fact]
    public void Ids_grow_past_the_counter_and_over_seconds()
    {
        var ids = new IdSource(_time);
        var last = ids.Next();
        for (var i = 0; i < 600_000; i++)
        {
            var next = ids.Next();
            Assert.True(next.Value > last.Value);
            last = next;
        }

        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.True(ids.Next().Value > last.Value);
    }

    [Fact]
    public void A_facet_names_something_derived_and_masks_away()
    {
        var id = new IdSource(_time).Next();
        Assert.Equal(id.Value + 2, id.WithFacet(2).Value);
        Assert.Equal(id, id.WithFacet(2).Entity);
        Assert.Throws<ArgumentOutOfRangeException>(() => id.WithFacet(8));
    }
}
