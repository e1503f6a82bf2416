using Parley.Runs;

namespace Parley.Tests.Events;

/// <summary>Makes legal lists of run events by chance, the same for the same seed. They obey the grammar that the runner enforces.</summary>
internal sealed class RandomRuns(int seed)
{
    private static readonly string[] Words =
        ["a", " ", "Hello", "中文", "🙂", "👩‍👩‍👧", "\n", "\n\n", "\"", "\\", "<b>", "&", "\u2028", "\u0085", "e\u0301", "{\"x\":1}", "[DONE]", "data:", "\u0001", "\u007f", "'"];

    private readonly Random _random = new(seed);
    private readonly List<RunEvent> _events = [];
    private readonly List<RequiredAction> _waiting = [];
    private int _items;

    /// <summary>Whether a text may be replaced by another at its end.</summary>
    public bool Replaces { get; init; } = true;

    /// <summary>Whether items and parts that few protocols know may occur.</summary>
    public bool Exotic { get; init; } = true;

    /// <summary>The next list.</summary>
    public List<RunEvent> Next()
    {
        _events.Clear();
        _waiting.Clear();
        _items = 0;
        if (_random.Next(12) == 0) return [new RunFailed(Error())];
        _events.Add(new RunStarted(Maybe("model")));
        for (var count = _random.Next(6); count > 0; count--) AddItem();
        AddEnd();
        return [.. _events];
    }

    /// <summary>The events as a log: with the ids that a runner mints, a second apart.</summary>
    public static List<Logged> LogOf(IEnumerable<RunEvent> events, long firstId = 7710237672458944528, DateTimeOffset? at = null)
    {
        var start = at ?? DateTimeOffset.FromUnixTimeSeconds(1795179600);
        var log = new List<Logged>();
        var (next, reasoning) = (firstId, Id.None);
        foreach (var @event in events)
        {
            var named = @event;
            if (@event is ItemStarted started)
            {
                var id = started.Head is MessageItem && !reasoning.IsNone ? reasoning : new Id(next);
                if (id.Value == next) next += 8;
                reasoning = started.Head is ReasoningItem ? id : Id.None;
                named = started with { Id = started.Head is ReasoningItem ? id.WithFacet(1) : id };
            }

            log.Add(new Logged(log.Count, start.AddSeconds(log.Count / 10), named));
        }

        return log;
    }

    private void AddItem()
    {
        switch (_random.Next(Exotic ? 11 : 6))
        {
            case 0 or 1 or 2:
                AddMessage();
                break;
            case 3:
                AddReasoning();
                if (_random.Next(3) > 0) AddMessage();
                break;
            case 4:
                // One, or two at a time: poor protocols tell which result belongs to which call by their order alone.
                int[] calls = _random.Next(3) == 0 ? [AddCall(RunBy.Server), AddCall(RunBy.Server)] : [AddCall(RunBy.Server)];
                foreach (var call in calls) AddWhole(new ToolResultItem($"call_{call}"), Text(1), within: call);
                break;
            case 5:
                _waiting.Add(new CallFunction(AddCall(RunBy.Client)));
                break;
            case 6:
                AddWhole(new SuggestionItem(), Text(1));
                break;
            case 7:
                AddWhole(new RecallItem([new Source(Maybe(Text()), Maybe("http://a.example/?x=1&y=2"), Maybe(Text()), _random.Next(2) == 0 ? 0.5 : null, Maybe("doc"))], Maybe("query")), "");
                break;
            case 8:
                AddWhole(new OpaqueItem(_random.Next(2) == 0 ? Protocol.Coze : Protocol.Responses, "verbose", new RawJson("""{"content":"{\"msg_type\":\"time_capsule_recall\"}","content_type":"text"}""")), "");
                break;
            case 9:
                AddWhole(new WorkflowActionItem("SendActivity", "action_1", Title: Maybe("Greet")), "");
                break;
            default:
                _events.Add(new Extension(Protocol.Coze, "conversation.notice", new RawJson("""{"x":1}""")));
                break;
        }
    }

    private void AddEnd()
    {
        if (_waiting.Count == 0 && Exotic && _random.Next(8) == 0)
        {
            _events.Add(new ItemStarted(_items, new WorkflowActionItem("Question", "question")));
            _waiting.Add(new AnswerQuestion(_items++, LastMessage()));
        }

        RunEnded end = _random.Next(8) switch
        {
            0 => new RunFailed(Error(), Usage()),
            1 => new RunCancelled(Usage()),
            _ when _waiting.Count > 0 => new RunSuspended(_waiting.ToValueList(), Usage()),
            _ => new RunCompleted(FinishReason.Stop, Usage()),
        };

        // Only a run that is suspended leaves open what it waits for.
        if (end is not RunSuspended && _waiting is [AnswerQuestion question]) _events.Add(new ItemCompleted(question.Item, ItemStatus.Incomplete));
        _events.Add(end);
    }

    private void AddMessage()
    {
        var item = Start(new MessageItem(Role.Assistant));
        for (var part = 0; part < 1 + _random.Next(5) / 4; part++)
        {
            _events.Add(new PartStarted(item, part, _random.Next(8) == 0 ? PartKind.Refusal : PartKind.Text));
            AddDeltas(item, part);
            _events.Add(new PartCompleted(item, part, Replaces && _random.Next(8) == 0 ? "Another " + Text(1) : null));
        }

        _events.Add(new ItemCompleted(item));
    }

    private void AddReasoning()
    {
        var item = Start(new ReasoningItem());
        _events.Add(new PartStarted(item, 0, _random.Next(4) == 0 ? PartKind.ReasoningSummary : PartKind.ReasoningText));
        AddDeltas(item, 0);
        _events.Add(new PartCompleted(item, 0));
        _events.Add(new ItemCompleted(item));
    }

    private int AddCall(RunBy runBy)
    {
        var item = Start(new ToolCallItem($"call_{_items}", (runBy == RunBy.Client ? "ask_" : "look_") + _random.Next(2), runBy));
        _events.Add(new PartStarted(item, 0, PartKind.Input));
        foreach (var piece in _random.Next(3) switch { 0 => (string[])["{}"], 1 => ["{\"city\": \"Köl", "n\"}"], _ => ["{\"n\":12345678901234567890,", "\"a\":[1,2]}"] })
            _events.Add(new PartDelta(item, 0, piece));
        _events.Add(new PartCompleted(item, 0));
        _events.Add(new ItemCompleted(item));
        return item;
    }

    private void AddWhole(Item head, string text, int? within = null)
    {
        var item = Start(head, within);
        if (text.Length > 0)
        {
            _events.Add(new PartStarted(item, 0, PartKind.Text));
            _events.Add(new PartDelta(item, 0, text));
            _events.Add(new PartCompleted(item, 0));
        }

        _events.Add(new ItemCompleted(item));
    }

    private int Start(Item head, int? within = null)
    {
        _events.Add(new ItemStarted(_items, head, Within: within));
        return _items++;
    }

    private void AddDeltas(int item, int part)
    {
        for (var count = 1 + _random.Next(4); count > 0; count--) _events.Add(new PartDelta(item, part, Text(1)));
    }

    private int? LastMessage()
        => _events.OfType<ItemStarted>().LastOrDefault(started => started.Head is MessageItem)?.Item;

    private Usage? Usage() => _random.Next(3) == 0 ? null : new Usage(_random.Next(1, 1000), _random.Next(1, 1000), _random.Next(4) == 0 ? 5000 : null);

    private RunError Error() => new(ErrorSide.Agent, ErrorCause.Unavailable, "It broke: " + Text(), true);

    private string Text(int atLeast = 0) => string.Concat(Enumerable.Range(0, atLeast + _random.Next(5)).Select(_ => Words[_random.Next(Words.Length)]));

    private string? Maybe(string text) => _random.Next(2) == 0 ? null : text;
}
