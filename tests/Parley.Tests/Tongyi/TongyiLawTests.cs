using Parley.Protocols.Tongyi;
using Parley.Runs;
using Parley.Tests.ChatCompletions;
using Parley.Tests.Events;
using Parley.Tests.Guards;

namespace Parley.Tests.Tongyi;

/// <summary>The law of the room: what is written is read back, minus the losses that docs/protocols/tongyi.md declares.</summary>
public sealed class TongyiLawTests
{
    private const int Rounds = 1500;

    public static TheoryData<bool> Dialects => [false, true];

    [Theory]
    [MemberData(nameof(Dialects))]
    public void What_is_written_is_read_back_minus_the_declared_losses(bool isCumulative)
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var events = new RandomRuns(seed).Next();
            Assert.Equal(FactsOf(events, isOriginal: true), FactsOf(Again(events, isCumulative), isOriginal: false));
        }
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public void A_second_pass_loses_nothing_more(bool isCumulative)
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var once = Again(new RandomRuns(seed).Next(), isCumulative);
            Assert.Equal(Plain(once), Plain(Again(once, isCumulative)));
        }
    }

    [Fact]
    public void Both_dialects_say_the_same()
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var events = new RandomRuns(seed).Next();
            Assert.Equal(FactsOf(Again(events, false), isOriginal: false), FactsOf(Again(events, true), isOriginal: false));
        }
    }

    [Fact]
    public void The_dialect_of_older_clients_is_lawful_too()
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var events = seed % 2 == 0 ? new RandomRuns(seed).Next() : ChatRuns.Next(new Random(seed));
            Guarded.AssertLawful(Protocol.Tongyi, TongyiWire.Bytes(events, TongyiWire.Cumulative), Guarded.AnyLoss, $"seed {seed}");
        }
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public void It_does_not_matter_where_the_bytes_are_cut(bool isCumulative)
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var bytes = TongyiWire.Bytes(new RandomRuns(seed).Next(), new TongyiRendering { IsCumulative = isCumulative });
            var whole = Streams.Read(new TongyiStreamReader(), bytes);
            foreach (var piece in (int[])[1, 2, 3, 7, 64]) Assert.Equal(whole, Streams.Read(new TongyiStreamReader(), bytes, piece));
        }
    }

    private static List<RunEvent> Again(List<RunEvent> events, bool isCumulative)
        => Streams.Read(new TongyiStreamReader(), TongyiWire.Bytes(events, new TongyiRendering { IsCumulative = isCumulative }));

    // Without the ids of the stream that it was read from.
    private static List<RunEvent> Plain(List<RunEvent> events) => Streams.Joined(events.Select(@event => @event switch
    {
        RunStarted started => started with { Upstream = null },
        ItemStarted started => started with { SourceId = null },
        _ => @event,
    }));

    /// <summary>What a reader of the stream learns, one line each, with the losses taken from the original.</summary>
    private static List<string> FactsOf(List<RunEvent> events, bool isOriginal)
    {
        var state = TongyiWire.Fold(events);
        var facts = new List<string>();
        var texts = state.Items.Where(item => item.Head is MessageItem).Select(item => item.Text).ToList();
        if (state.Items.Any(item => item.Head is MessageItem && item.Parts.Count > 0)) facts.Add($"answer {string.Join("\n\n", texts)}");
        foreach (var item in state.Items)
        {
            switch (item.Head)
            {
                case ReasoningItem:
                    facts.Add($"reasoning {item.Reasoning}");
                    break;

                // How well a page fits, and what was asked, has no place.
                case RecallItem recall:
                    facts.Add($"recall {string.Join(';', recall.Sources.Select(source => source with { Score = null, Document = null }))}");
                    break;
            }
        }

        facts.Add(state.End switch
        {
            RunCompleted completed => $"completed {completed.Finish}",
            RunSuspended when texts.Count > 0 => "completed stop",
            RunSuspended => "failed The agent waits for an action that cannot be told here.",
            RunFailed failed => $"failed {failed.Error.Message}",
            _ => "cancelled",
        });
        if (!isOriginal && state.End is RunFailed { Error: var error }) Assert.True(error is { Side: ErrorSide.Agent, Public: true });
        return facts;
    }
}
