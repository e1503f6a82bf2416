using Parley.Protocols.Coze;
using Parley.Runs;
using Parley.Tests.Events;

namespace Parley.Tests.Coze;

/// <summary>The law of the room: what is written is read back, minus the losses that docs/protocols/coze.md declares.</summary>
public sealed class CozeLawTests
{
    private const int Rounds = 1500;

    [Fact]
    public void What_is_written_is_read_back_minus_the_declared_losses()
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var events = new RandomRuns(seed).Next();
            Assert.Equal(FactsOf(events, isOriginal: true), FactsOf(Again(events), isOriginal: false));
        }
    }

    [Fact]
    public void A_second_pass_loses_nothing_more()
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var once = Again(new RandomRuns(seed).Next());
            Assert.Equal(Plain(once), Plain(Again(once)));
        }
    }

    [Fact]
    public void Both_framings_say_the_same()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var events = new RandomRuns(seed).Next();
            Assert.Equal(Plain(Again(events)), Plain(Again(events, Protocol.CozeWorkflow)));
        }
    }

    [Fact]
    public void It_does_not_matter_where_the_bytes_are_cut()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var bytes = Streams.Write(new CozeStreamWriter(CozeRuns.Header()), RandomRuns.LogOf(new RandomRuns(seed).Next()));
            var whole = Streams.Read(new CozeStreamReader(), bytes);
            foreach (var piece in (int[])[1, 2, 3, 7, 64]) Assert.Equal(whole, Streams.Read(new CozeStreamReader(), bytes, piece));
        }
    }

    private static List<RunEvent> Again(List<RunEvent> events, Protocol? dialect = null)
        => Streams.Read(new CozeStreamReader(), Streams.Write(new CozeStreamWriter(CozeRuns.Header(dialect)), RandomRuns.LogOf(events)));

    // Without the ids of the stream that it was read from, which are the same only by chance; and notices, which belong to no item, at the end.
    private static List<RunEvent> Plain(List<RunEvent> events) => [.. events.OrderBy(@event => @event is Extension).Select(@event => @event switch
    {
        RunStarted started => started with { Upstream = null },
        ItemStarted started => started with { SourceId = null },
        _ => @event,
    })];

    /// <summary>What a reader of the stream learns, one line each, with the losses taken from the original.</summary>
    private static List<string> FactsOf(List<RunEvent> events, bool isOriginal)
    {
        var state = new RunState();
        foreach (var logged in RandomRuns.LogOf(events)) state.Apply(logged);
        var (facts, later) = (new List<string>(), new List<string>());
        var broken = state.End is RunFailed or RunCancelled;
        foreach (var item in state.Items)
        {
            var text = item.Text;
            switch (item.Head)
            {
                case MessageItem:
                    facts.Add($"answer {text}");
                    break;
                case ReasoningItem:
                    facts.Add($"reasoning {item.Reasoning}");
                    break;
                case ToolCallItem { RunBy: RunBy.Server } call:
                    facts.Add($"call {call.Name} {item.Input}");
                    break;

                // The place of a call that the client must run is lost: it is told at the end.
                case ToolCallItem call when !broken:
                    later.Add($"client call {call.CallId} {call.Name} {item.Input}");
                    break;
                case ToolResultItem:
                    facts.Add($"result {text} of {(item.Within is { } within ? Calls(state, within) : "none")}");
                    break;
                case RecallItem recall:
                    facts.Add($"recall {recall.Query} {string.Join(';', recall.Sources)}");
                    break;
                case SuggestionItem when !broken:
                    later.Insert(later.FindLastIndex(line => line.StartsWith("suggestion", StringComparison.Ordinal)) + 1, $"suggestion {text}");
                    break;
                case OpaqueItem { Protocol.Name: "coze" } opaque:
                    facts.Add($"opaque {opaque.Type} {opaque.Members}");
                    break;
            }
        }

        facts.AddRange(later);
        facts.AddRange(events.OfType<Extension>().Select(extension => $"extension {extension.Name} {extension.Json}"));
        facts.Add(state.End switch
        {
            RunCompleted completed => $"completed {completed.Finish} {UsageOf(completed)}",
            RunSuspended suspended => $"suspended {string.Join(',', suspended.Required.Select(required => required.GetType().Name))} {UsageOf(suspended)}",
            RunFailed failed => $"failed {failed.Error.Message} {(isOriginal ? 5000 : failed.Error.Code)} {UsageOf(failed)}",
            // A cancelled chat's usage has no frame to be in.
            _ => "cancelled",
        });
        return facts;
    }

    private static string UsageOf(RunEnded end) => end.Usage is { } usage ? $"{usage.Input}+{usage.Output}={usage.Sum}" : "unknown";

    private static int Calls(RunState state, int ordinal) => state.Items.Take(ordinal).Count(item => item.Head is ToolCallItem { RunBy: RunBy.Server });
}

/// <summary>Headers for tests, with the ids of the examples in the design.</summary>
internal static class CozeRuns
{
    public static Run Header(Protocol? dialect = null, CozeRendering? rendering = null) => new()
    {
        Id = new Id(7710237672458944520),
        Owner = "local",
        Conversation = new Id(7710237672458944512),
        Section = new Id(7710237672458944512),
        Agent = new AgentRef("assistant"),
        Status = RunStatus.Running,
        Dialect = dialect ?? Protocol.Coze,
        Rendering = (rendering ?? new CozeRendering { Bot = "7478675888952246323" }).ToJson(),
        Chat = new Id(7710237672458944520),
        Request = ModelRequest.Empty,
        CreatedAt = DateTimeOffset.FromUnixTimeSeconds(1795179599),
    };
}
