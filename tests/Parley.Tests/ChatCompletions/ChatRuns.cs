using Parley.Runs;

namespace Parley.Tests.ChatCompletions;

/// <summary>Random legal runs, with everything in them that other protocols have and this one has not.</summary>
internal static class ChatRuns
{
    private static readonly string[] Atoms = ["a", "bc", " ", "\"", "\\", "\n", "é", "世界", "🙂", "\u2028", "\u0085", "</script>", "\u0000", "{\"x\":1}"];

    public static List<RunEvent> Next(Random random)
    {
        var events = new List<RunEvent> { new RunStarted("m") };
        var calls = new List<int>();
        var count = random.Next(6);
        for (var item = 0; item < count; item++) Add(events, item, random, calls);
        var usage = random.Next(3) switch { 0 => null, 1 => new Usage(random.Next(1, 99), random.Next(99)), _ => new Usage(5, 6, 12, 1, 2, UsageQuality.Estimated) };
        events.Add(random.Next(8) switch
        {
            0 => new RunFailed(new RunError((ErrorSide)random.Next(4), (ErrorCause)random.Next(9), "why", random.Next(2) == 0, random.Next(2) == 0 ? "some_code" : null, "param"), usage),
            1 => new RunCancelled(usage),
            2 => new RunCompleted(FinishReason.Length, usage),
            3 => new RunCompleted(FinishReason.ContentFilter, usage),
            _ when calls.Count > 0 => new RunSuspended(calls.Select(RequiredAction (call) => new CallFunction(call)).ToValueList(), usage),
            4 => new RunCompleted(new FinishReason("interrupted"), usage),
            _ => new RunCompleted(FinishReason.Stop, usage),
        });
        return events;
    }

    private static void Add(List<RunEvent> events, int item, Random random, List<int> calls)
    {
        switch (random.Next(9))
        {
            case 0 or 1:
                events.Add(new ItemStarted(item, new MessageItem(Role.Assistant)));
                AddPart(events, item, 0, PartKind.Text, random);
                if (random.Next(4) == 0) events.Add(new PartAnnotated(item, 0, new Annotation("url_citation", 0, 1, new Source("t", "http://u"))));
                events.Add(new PartCompleted(item, 0));
                if (random.Next(4) == 0)
                {
                    AddPart(events, item, 1, PartKind.Refusal, random);
                    events.Add(new PartCompleted(item, 1));
                }

                break;
            case 2:
                events.Add(new ItemStarted(item, new ReasoningItem()));
                AddPart(events, item, 0, random.Next(2) == 0 ? PartKind.ReasoningText : PartKind.ReasoningSummary, random);
                break;
            case 3 or 4:
                events.Add(new ItemStarted(item, new ToolCallItem($"call_{item}", "f\"", RunBy.Client)));
                AddPart(events, item, 0, PartKind.Input, random);
                calls.Add(item);
                break;
            case 5:
                events.Add(new ItemStarted(item, new ToolCallItem($"server_{item}", "g", RunBy.Server)));
                AddPart(events, item, 0, PartKind.Input, random);
                break;
            case 6:
                events.Add(new ItemStarted(item, new SuggestionItem()));
                AddPart(events, item, 0, PartKind.Text, random);
                break;
            case 7:
                events.Add(new ItemStarted(item, new WorkflowActionItem("SendActivity", "a")));
                break;
            default:
                events.Add(new ItemStarted(item, new RecallItem([new Source("t", "u")])));
                events.Add(new Extension(Protocol.Coze, "ping", new RawJson("{}")));
                break;
        }

        events.Add(new ItemCompleted(item));
    }

    private static void AddPart(List<RunEvent> events, int item, int part, PartKind kind, Random random)
    {
        events.Add(new PartStarted(item, part, kind));
        var deltas = random.Next(4);
        for (var i = 0; i < deltas; i++)
            events.Add(new PartDelta(item, part, string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => Atoms[random.Next(Atoms.Length)]))));
    }
}
