using Parley.Runs;

namespace Parley.Tests.Matrix;

/// <summary>What an agent says, item by item.</summary>
internal sealed class Script
{
    private readonly List<RunEvent> _events = [new RunStarted("m")];
    private int _items;

    private Script(string name, Usage? usage = null) => (Name, Usage) = (name, usage ?? new Usage(7, 5));

    public string Name { get; }

    public IReadOnlyList<RunEvent> Events => _events;

    /// <summary>What it is after all that was said.</summary>
    public RunState State { get; } = new();

    private Usage Usage { get; }

    /// <summary>The error of the scripts that fail.</summary>
    public static RunError Broken { get; } = new(ErrorSide.Agent, ErrorCause.Unavailable, "It broke at 42.", true, "my_own_code");

    /// <summary>Everything that may happen, by name.</summary>
    public static IReadOnlyList<Script> All { get; } =
    [
        new Script("text").Says("Hé", "llo 👩", "\u200d👩\u200d", "👧 and 🙂", "! \"\\\n").Completes(),
        new Script("reasoning").Thinks(PartKind.ReasoningText, "Let me ", "think 🤔.").Says("Done.").Completes(),
        new Script("summary").Thinks(PartKind.ReasoningSummary, "A summary.").Says("Done.").Completes(),
        new Script("messages").Says("First.").Says("Second.").Completes(),
        new Script("parts").SaysParts(PartKind.Text, "One. ", "Two.").Completes(),
        new Script("call").Says("I call.").Calls(new ToolCallItem("call_abc", "look_up", RunBy.Client), "{\"city\":", "\"Köln\"}").Waits(item => new CallFunction(item)),
        new Script("custom-call").Calls(new ToolCallItem("call_abd", "run", RunBy.Client, Freeform: true), "print 1").Waits(item => new CallFunction(item)),
        new Script("server-calls").Says("Before.").Calls(new ToolCallItem("call_0", "search", RunBy.Server), "{\"q\":\"x\"}").Results("Found 3.").Says("After.").Completes(),
        new Script("approval").Calls(new ApprovalRequestItem("delete_file", "disk"), "{\"name\":\"a\"}").Waits(item => new Approve(item)),
        new Script("question").Says("Which size?").Opens(new WorkflowActionItem("Question", "ask_size")).Waits(item => new AnswerQuestion(item, 0)),
        new Script("consent").Opens(new OpaqueItem(Protocol.Responses, "oauth_consent_request", new RawJson("""{"consent_link":"https://example.org/consent"}""")))
            .Waits(item => new Authorize(item, "https://example.org/consent")),
        new Script("actions").Does(new WorkflowActionItem("SetVariable", "set_1")).Says("Set.").Completes(),
        new Script("suggestions").Says("Well.").Suggests("Why?").Suggests("How?").Completes(),
        new Script("recalls").Does(new RecallItem([new Source("Title", "https://example.org/1", "A passage.")], "what")).Says("It says so.").Completes(),
        new Script("annotations").Notes("See there.", new Annotation("url_citation", 4, 9, new Source("There", "https://example.org/there"))).Completes(),
        new Script("media").Shows("Look:", new Media("https://example.org/cat.png", MediaType: "image")).Completes(),
        new Script("audio").Says("Listen.").SaysParts(PartKind.Audio, "AAEC").Completes(),
        new Script("data").Says("Text.").Gives("""{"n":1}""").Completes(),
        new Script("refusal").SaysParts(PartKind.Refusal, "I will not.").Completes(),
        new Script("usage", new Usage(70, 50, null, 30, 20)).Says("Spent.").Completes(),
        new Script("length").Says("And then").Completes(FinishReason.Length),
        new Script("filter").Says("And th").Completes(FinishReason.ContentFilter),
        new Script("cancelled").Says("Stop").Ends(new RunCancelled(new Usage(3, 1))),
        new Script("fails-late").Says("Half an answ").Ends(new RunFailed(Broken, new Usage(3, 2))),
        new Script("fails-early").Refuses(),
        new Script("opaque-coze").Does(new OpaqueItem(Protocol.Coze, "verbose", new RawJson("""{"content":"{\"msg_type\":\"time_capsule_recall\"}","content_type":"text"}"""))).Says("Done.").Completes(),
        new Script("opaque-responses").Does(new OpaqueItem(Protocol.Responses, "web_search_call", new RawJson("""{"status":"completed","action":{"type":"search","query":"x"}}"""))).Says("Done.").Completes(),
    ];

    public static Script Of(string name) => All.Single(script => script.Name == name);

    public override string ToString() => Name;

    private Script Says(params string[] pieces) => Item(new MessageItem(Role.Assistant), PartKind.Text, pieces);

    private Script Thinks(PartKind kind, params string[] pieces) => Item(new ReasoningItem(), kind, pieces);

    private Script Calls(Item call, params string[] pieces) => Item(call, PartKind.Input, pieces);

    private Script Suggests(string text) => Item(new SuggestionItem(), PartKind.Text, text);

    private Script Results(string text) => Item(new ToolResultItem("call_0"), PartKind.Text, text);

    private Script Item(Item head, PartKind kind, params string[] pieces)
    {
        var item = Start(head);
        Add(new PartStarted(item, 0, kind));
        foreach (var piece in pieces) Add(new PartDelta(item, 0, piece));
        Add(new PartCompleted(item, 0));
        return Close(item);
    }

    private Script SaysParts(PartKind kind, params string[] texts)
    {
        var item = Start(new MessageItem(Role.Assistant));
        for (var part = 0; part < texts.Length; part++)
        {
            Add(new PartStarted(item, part, kind));
            Add(new PartDelta(item, part, texts[part]));
            Add(new PartCompleted(item, part));
        }

        return Close(item);
    }

    private Script Notes(string text, Annotation note)
    {
        var item = Start(new MessageItem(Role.Assistant));
        Add(new PartStarted(item, 0, PartKind.Text));
        Add(new PartDelta(item, 0, text));
        Add(new PartAnnotated(item, 0, note));
        Add(new PartCompleted(item, 0));
        return Close(item);
    }

    private Script Shows(string text, Media media)
    {
        var item = Start(new MessageItem(Role.Assistant));
        Add(new PartStarted(item, 0, PartKind.Text));
        Add(new PartDelta(item, 0, text));
        Add(new PartCompleted(item, 0));
        Add(new PartStarted(item, 1, PartKind.Media, media));
        Add(new PartCompleted(item, 1));
        return Close(item);
    }

    private Script Gives(string json)
    {
        var item = Start(new MessageItem(Role.Assistant));
        Add(new PartStarted(item, 0, PartKind.Data, Data: new RawJson(json)));
        Add(new PartCompleted(item, 0));
        return Close(item);
    }

    private Script Does(Item head) => Close(Start(head));

    private Script Opens(Item head)
    {
        Start(head);
        return this;
    }

    private Script Waits(Func<int, RequiredAction> required) => Ends(new RunSuspended([required(_items - 1)], Usage));

    private Script Completes(FinishReason? finish = null) => Ends(new RunCompleted(finish ?? FinishReason.Stop, Usage));

    private Script Ends(RunEnded end)
    {
        Add(end);
        foreach (var logged in _events.Select((@event, i) => new Logged(i, DateTimeOffset.UnixEpoch, @event))) State.Apply(logged);
        return this;
    }

    private Script Refuses()
    {
        _events.Clear();
        return Ends(new RunFailed(Broken));
    }

    private int Start(Item head)
    {
        int? within = head is ToolResultItem ? _items - 1 : null;
        Add(new ItemStarted(_items, head, Within: within));
        return _items++;
    }

    private Script Close(int item)
    {
        Add(new ItemCompleted(item));
        return this;
    }

    private void Add(RunEvent @event) => _events.Add(@event);
}
