using Parley.Runs;

namespace Parley.Protocols.Tongyi;

/// <summary>What a message has been seen to consist of, by the ids of its items.</summary>
internal sealed class TongyiSlots
{
    // 16 MB in characters. Texts and thoughts are passed on as they come; what is of use only when it is whole stays here, and nobody else counts it.
    private const int Most = 8 * 1024 * 1024;

    private readonly List<TongyiSlot> _slots = [];
    private int _items;
    private int _gathered;

    /// <summary>More is kept until it is whole than any answer needs.</summary>
    public bool AreTooLarge => _gathered > Most;

    /// <summary>The number of the next item of the run.</summary>
    public int Next() => _items++;

    /// <summary>The slot of an item: by its id, or where it has none by its index; and its type, since some peers give one id to two types.</summary>
    public TongyiSlot Of(in TongyiItem item, ReadOnlySpan<byte> data)
    {
        var id = data[item.Id];
        var type = data[item.Type];
        foreach (var slot in _slots)
            if (slot.Is(id, type, item.Index)) return slot;
        var made = new TongyiSlot(id.ToArray(), type.ToArray(), item.Index, this);
        _slots.Add(made);
        return made;
    }

    /// <summary>So many characters more, or less, are kept until they are whole.</summary>
    public void Gather(int length) => _gathered += length;

    /// <summary>A thought is over when something is said.</summary>
    public void CloseThoughts(ItemStatus status, List<RunEvent> into)
    {
        foreach (var slot in _slots)
            if (slot.Kind == TongyiSlotKind.Thought) slot.Close(status, into);
    }

    /// <summary>Nothing more comes.</summary>
    public void CloseAll(ItemStatus status, List<RunEvent> into)
    {
        foreach (var slot in _slots) slot.Close(status, into);
    }
}

/// <summary>What a slot's content is.</summary>
internal enum TongyiSlotKind
{
    /// <summary>The answer.</summary>
    Text,

    /// <summary>A thought, in JSON in a string.</summary>
    Thought,

    /// <summary>Something that is of use only when it is whole.</summary>
    Whole,
}
