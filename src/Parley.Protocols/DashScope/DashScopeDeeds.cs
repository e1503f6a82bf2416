using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.DashScope;

/// <summary>What an application did itself, such as a look into its documents: a call that the server made, with its result. It is told again in every frame.</summary>
internal sealed class DashScopeDeeds
{
    private readonly List<(string Name, byte[] Input, byte[] Observation)> _known = [];

    /// <summary>Takes one that has come out.</summary>
    public void Add(in DashScopeThought deed, ReadOnlySpan<byte> data, ref int items, List<RunEvent> into)
    {
        var observation = deed.Observation.In(data);
        var input = deed.Input.In(data);
        var name = deed.Name ?? deed.Type ?? "action";
        foreach (var known in _known)
            if (name == known.Name && input.SequenceEqual(known.Input) && observation.SequenceEqual(known.Observation)) return;
        _known.Add((name, input.ToArray(), observation.ToArray()));
        var (call, result) = (items++, items++);
        var id = FormattableString.Invariant($"call_{_known.Count}");
        into.Add(new ItemStarted(call, new ToolCallItem(id, name, RunBy.Server)));
        AddPart(call, PartKind.Input, input, into);
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
