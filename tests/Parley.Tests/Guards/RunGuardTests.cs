using Parley.Runs;
using Parley.Tests.Events;

namespace Parley.Tests.Guards;

/// <summary>Each rule of the grammar, broken by hand.</summary>
public sealed class RunGuardTests
{
    private static readonly RunEvent Start = new RunStarted();
    private static readonly RunEvent End = new RunCompleted(FinishReason.Stop);
    private static readonly RunEvent Item = new ItemStarted(0, new MessageItem(Role.Assistant), new Id(8));
    private static readonly RunEvent Part = new PartStarted(0, 0, PartKind.Text);
    private static readonly RunEvent Delta = new PartDelta(0, 0, "abc");
    private static readonly RunEvent PartEnd = new PartCompleted(0, 0);
    private static readonly RunEvent ItemEnd = new ItemCompleted(0);
    private static readonly RunEvent Call = new ItemStarted(1, new ToolCallItem("c", "f", RunBy.Client), new Id(16));
    private static readonly RunEvent Question = new ItemStarted(1, new WorkflowActionItem("Question", "q"), new Id(16));

    public static TheoryData<string, RunEvent[]> Broken => new()
    {
        { "event 0: the run has not started", [Item, Part] },
        { "event 1: the run starts twice", [Start, Start] },
        { "event 2: it comes after the end", [Start, End, Item] },
        { "event 2: it comes after the end", [Start, End, End] },
        { "event 5: there is no end", [Start, Item, Part, PartEnd, ItemEnd] },
        { "event 0: the run has not started", [End] },
        { "event 1: item 1 is out of order", [Start, Call] },
        { "event 1: item 0 has no id", [Start, (ItemStarted)Item with { Id = default }] },
        { "event 2: item 1 has the id of another", [Start, Item, (ItemStarted)Call with { Id = new Id(8) }] },
        { "event 1: item 0 belongs to one that does not exist", [Start, (ItemStarted)Item with { Within = 0 }] },
        { "event 1: item 0 has not started", [Start, Part] },
        { "event 2: part 1 of item 0 is out of order", [Start, Item, new PartStarted(0, 1, PartKind.Text)] },
        { "event 2: part 0 of item 0 has not started", [Start, Item, Delta] },
        { "event 4: part 0 of item 0 has ended", [Start, Item, Part, PartEnd, Delta] },
        { "event 4: part 0 of item 0 has ended", [Start, Item, Part, PartEnd, PartEnd] },
        { "event 4: part 0 of item 0 has ended", [Start, Item, Part, PartEnd, new PartAnnotated(0, 0, new Annotation("x", null, null, new Source(null, null)))] },
        { "event 3: part 0 of item 0 is still open", [Start, Item, Part, ItemEnd] },
        { "event 3: item 0 has ended", [Start, Item, ItemEnd, Part] },
        { "event 3: item 0 has ended", [Start, Item, ItemEnd, ItemEnd] },
        { "event 2: item 3 does not exist", [Start, Item, new Extension(Protocol.Coze, "x", new RawJson("{}"), 3)] },
        { "event 2: item 0 is left open", [Start, Item, End] },
        { "event 3: part 0 of item 0 is left open", [Start, Item, Part, new RunCancelled()] },
        { "event 2: item 0 is left open", [Start, Item, new RunFailed(new RunError(ErrorSide.Agent, ErrorCause.Unavailable, "x"))] },
        { "event 1: the run waits for nothing", [Start, new RunSuspended([])] },
        { "event 1: the run waits for item 4, which does not exist", [Start, new RunSuspended([new CallFunction(4)])] },
        { "event 3: the run waits for item 0, which is no call", [Start, Item, ItemEnd, new RunSuspended([new CallFunction(0)])] },
        { "event 3: item 0 is left open", [Start, Item, Question, new RunSuspended([new AnswerQuestion(1)])] },
        { "event 4: part 0 of item 0 repeats what was streamed", [Start, Item, Part, Delta, new PartCompleted(0, 0, "abcd")] },
        { "event 7: a text is not what was streamed, and the run does not say so", [Start, Item, Part, Delta, new PartCompleted(0, 0, "abd"), ItemEnd, End] },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_rule_is_told_with_the_event_that_broke_it(string violation, RunEvent[] events)
        => Assert.Equal(violation, Check(events)?.ToString());

    [Fact]
    public void Numbers_that_leave_a_gap_are_a_violation()
    {
        var guard = new RunGuard();
        guard.Check(new Logged(0, default, Start));
        guard.Check(new Logged(2, default, End));
        Assert.Equal("event 1: it has the number 2", guard.Broken?.ToString());
    }

    [Fact]
    public void A_failure_may_stand_alone_and_what_is_waited_for_may_stay_open()
    {
        Assert.Null(Check([new RunFailed(new RunError(ErrorSide.Agent, ErrorCause.Unavailable, "x"))]));
        Assert.Null(Check([Start, Item, ItemEnd, Question, new RunSuspended([new AnswerQuestion(1, 0)])]));
        Assert.Null(Check([Start, Item, Part, new RunFailed(new RunError(ErrorSide.Store, ErrorCause.Unavailable, "x"))]));
    }

    [Fact]
    public void A_text_may_differ_where_the_run_says_so()
    {
        var guard = new RunGuard();
        foreach (var logged in RandomRuns.LogOf([Start, Item, Part, Delta, new PartCompleted(0, 0, "abd"), ItemEnd, End])) guard.Check(logged);
        guard.End([RunGuard.TextDiffers]);
        Assert.Null(guard.Broken);
    }

    [Fact]
    public void Every_legal_run_passes()
    {
        for (var seed = 0; seed < 1500; seed++) Guarded.AssertLawful(RandomRuns.LogOf(new RandomRuns(seed).Next()), Guarded.AnyLoss, $"seed {seed}");
    }

    private static Violation? Check(RunEvent[] events)
    {
        var guard = new RunGuard();
        for (var i = 0; i < events.Length; i++) guard.Check(new Logged(i, default, events[i]));
        guard.End([]);
        return guard.Broken;
    }
}
