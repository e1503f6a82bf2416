using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.DashScope;

/// <summary>What an application did itself, such as a look into its documents: a call that the server made, with its result. It is told again in every frame.</summary>
internal sealed class DashScopeDeeds
{
    private readonly List<byte[]> _known = [];

    /// <summary>Takes one that has come out.</summary>
    public void Add(in DashScopeThought deed, ReadOnlySpan<byte> data, ref int items, List<RunEvent> into)
    {
        var observation = deed.Observation.In(data);
        foreach (var known in _known)
            if (observation.SequenceEqual(known)) return;
        _known.Add(observation.ToArray());
        var (call, result) = (items++, items++);
        var id = FormattableString.Invariant($"call_{_known.Count}");
        into.Add(new ItemStarted(call, new ToolCallItem(id, deed.Name ?? deed.Type ?? "action", RunBy.Server)));
        AddPart(call, PartKind.Input, deed.Input.In(data), into);
        into.Add(new ItemStarted(result, new ToolResultItem(id), Within: call));
        AddPart(result, PartKind.Text, observation, into);
    }

    private static void AddPart(int item, PartKind kind, ReadOnlySpan<byte> escaped, List<RunEvent> into)
    {
        into.Add(new PartStarted(item, 0, kind));
        if (!escaped.IsEmpty) into.Add(new PartDelta(item, 0, JsonText.ReadTolerant(escaped)));
        into.Add(new PartCompleted(item, 0));
        into.Add(new ItemCompleted(item));
    }
}
