using Parley.Protocols;
using Parley.Runs;

namespace Parley.Tests.Matrix;

/// <summary>What became of everything that an agent said, on its way to a client.</summary>
/// <param name="Lost">The features that did not arrive, each with how it was told instead; null where it was not.</param>
/// <param name="Seen">The features that were said.</param>
/// <param name="Problems">Where that is not what is declared.</param>
internal sealed record Observed(SortedDictionary<RunFeatures, string?> Lost, RunFeatures Seen, List<string> Problems)
{
    private const RunFeatures Waiting = RunFeatures.ToolCalls | RunFeatures.Approvals | RunFeatures.Question | RunFeatures.Consent;

    /// <summary>Plays all scripts between a client and an agent.</summary>
    public static async Task<Observed> OfAsync(Bench bench, Peer client, Peer? agent)
    {
        var observed = new Observed([], RunFeatures.None, []);

        // Consent is asked for by a thing that one protocol has for itself, and which only an agent of it says.
        var scripts = Script.All.Where(script => agent is not null || !FeaturesOfRun.Of(script.State).HasFlag(RunFeatures.Consent)).ToList();
        var streamed = await Task.WhenAll(scripts.Select(script => PlayAsync(bench, client, agent, script, isStreamed: true)));
        var whole = client.AnswersWhole ? await Task.WhenAll(scripts.Select(script => PlayAsync(bench, client, agent, script, isStreamed: false))) : [];
        foreach (var play in streamed.Concat(whole)) observed = observed.With(play, client, agent);
        return observed;
    }

    private static async Task<Play> PlayAsync(Bench bench, Peer client, Peer? agent, Script script, bool isStreamed)
    {
        var talk = bench.NewClient(client, agent, isStreamed);
        var state = await talk.SayAsync(script.Name);
        var headers = talk.Answer.Headers;
        string[]? kept = null;
        if (isStreamed && headers.TryGetValue("parley-run", out var id))
            kept = [.. (await bench.RunAsync(id, agent is not null)).GetProperty("losses").EnumerateArray().Select(loss => loss.GetString()!)];
        return new Play(script, isStreamed, state, talk.Answer.Body, headers.GetValueOrDefault("parley-losses"), kept);
    }

    private Observed With(Play play, Peer client, Peer? agent)
    {
        var declared = Losses.OfPair(client.Protocol, agent?.Protocol, play.IsStreamed);

        // The server behind is a Parley, which has no more words than a server that speaks its protocol has.
        var expected = agent is null ? declared : declared | (StreamFormat.Of(agent.Protocol).CannotWrite & ~StreamFormat.Of(agent.Protocol).OwnTells);
        var (script, seen) = (play.Script, play.State);
        var features = FeaturesOf(script, agent);
        var asText = false;
        var lost = RunFeatures.None;
        foreach (var feature in Each(features))
        {
            var wanted = Facts.Of(feature, script.State);
            var got = feature is RunFeatures.ErrorMessage or RunFeatures.ErrorCode ? wanted.Where(fact => play.Body.Contains(fact, StringComparison.Ordinal)).ToList() : Facts.Of(feature, seen);
            var (isKept, isLost) = (got.SequenceEqual(wanted), got.Count == 0);
            if (!isKept && !isLost) Add(play, $"{NameOf(feature)} is changed: {string.Join('|', got)} for {string.Join('|', wanted)}");
            if (isKept && expected.HasFlag(feature)) Add(play, $"{NameOf(feature)} is declared as lost, and arrives");
            if (isLost && !expected.HasFlag(feature)) Add(play, $"{NameOf(feature)} is lost, and not declared");
            if (!isLost) continue;
            lost |= feature;
            var note = NoteOf(feature, wanted[0], seen);
            asText |= note == "as text";
            if (!Lost.TryGetValue(feature, out var known) || known is null) Lost[feature] = note;
        }

        CheckText(play, asText);
        CheckEnd(play, lost);
        if (!asText && seen.End is not (RunFailed or RunCancelled) && !Order(script.State, lost, agent).SequenceEqual(Facts.OrderOf(seen)))
            Add(play, $"the order is {string.Join(", ", Facts.OrderOf(seen))}");
        var header = string.Join(", ", Losses.NamesOf(declared));
        if (script.State.Started && (play.Header ?? "") != header) Add(play, $"the header says {play.Header} for {header}");
        CheckRun(play, features, client, agent);
        return this with { Seen = Seen | features };
    }

    // What a protocol has for itself is said only by an agent of it.
    private static RunFeatures FeaturesOf(Script script, Peer? agent)
    {
        var format = agent is null ? null : StreamFormat.Of(agent.Protocol);
        var features = FeaturesOfRun.Of(script.State);
        if (!script.State.Items.Any(item => item.Head is OpaqueItem opaque && opaque.Protocol == format?.Own)) features &= ~RunFeatures.Opaque;

        // Where not even that it waits can be told, the run behind the agent is a whole one.
        var lost = format is null ? RunFeatures.None : format.CannotRead | (format.CannotWrite & ~format.OwnTells);
        return (features & Waiting) != 0 && (features & Waiting & ~lost) == 0 && lost.HasFlag(RunFeatures.Question)
            ? (features & ~RunFeatures.UsageOfWaiting) | RunFeatures.Usage
            : features;
    }

    private void CheckText(Play play, bool asText)
    {
        var (wanted, got) = (Facts.TextOf(play.Script.State), Facts.TextOf(play.State));
        var isWhole = got == wanted || (asText && got.StartsWith(wanted, StringComparison.Ordinal)) || (!play.IsStreamed && play.State.End is RunFailed or RunCancelled && wanted.StartsWith(got, StringComparison.Ordinal));
        if (!isWhole) Add(play, $"the text is \"{got}\" for \"{wanted}\"");
        if (got.Contains(Script.Broken.Message, StringComparison.Ordinal)) Add(play, "the error is in the text");
        if (play.State.End is RunFailed failed && got.Contains(failed.Error.Message, StringComparison.Ordinal)) Add(play, "the error is in the text");
        if (play.State.Items.Any(item => item.Head is MessageItem message && message.Role != Role.Assistant)) Add(play, "a message is not the assistant's");
    }

    private void CheckEnd(Play play, RunFeatures lost)
    {
        var (wanted, got) = (Facts.EndOf(play.Script.State), Facts.EndOf(play.State));
        var fits = wanted == got
            || (wanted == "suspended" && got == "completed" && (lost & Waiting) != 0)

            // Nothing said and nothing asked: an empty answer would look like a whole one.
            || (wanted == "suspended" && got == "failed" && (lost & Waiting) != 0 && Facts.TextOf(play.Script.State).Length == 0)
            || (wanted == "cancelled" && got == "failed" && lost.HasFlag(RunFeatures.Cancelled));
        if (!fits) Add(play, $"the end is {got} for {wanted}{(play.State.End is RunFailed failed ? ": " + failed.Error.Message : "")}");
    }

    private void CheckRun(Play play, RunFeatures features, Peer client, Peer? agent)
    {
        if (play.Kept is null) return;
        var unwritten = StreamFormat.Of(client.Protocol).CannotWrite;
        var arrived = agent is null ? features : features & ~(StreamFormat.Of(agent.Protocol).CannotRead | StreamFormat.Of(agent.Protocol).CannotWrite);
        foreach (var name in Losses.NamesOf(arrived & unwritten & ~RunFeatures.Opaque).Except(play.Kept)) Add(play, $"the run does not tell that {name} was lost");
        foreach (var name in play.Kept.Except(Losses.NamesOf(unwritten | RunFeatures.Opaque))) Add(play, $"the run tells that {name} was lost");
    }

    private void Add(Play play, string problem) => Problems.Add($"{play.Script}{(play.IsStreamed ? "" : ", whole")}: {problem}");

    private static IEnumerable<string> Order(RunState state, RunFeatures lost, Peer? agent)
    {
        var last = "";
        var kinds = Facts.OrderOf(state).Where(kind => !Losses.NamesOf(lost).Contains(kind));
        foreach (var kind in agent is { TellsSourcesLast: true } ? kinds.OrderBy(kind => kind == "recalls") : kinds)
        {
            if (kind != last) yield return kind;
            last = kind;
        }
    }

    private static string? NoteOf(RunFeatures feature, string fact, RunState seen)
    {
        var mark = feature is RunFeatures.Approvals ? fact.Split(' ')[0] : fact;
        if (feature is RunFeatures.Cancelled) return seen.End is RunFailed ? "as a failure" : null;
        if (feature is RunFeatures.Question or RunFeatures.FinishReason) return seen.End is RunCompleted ? "as a whole answer" : null;
        if ((feature & Waiting) != 0 && seen.End is RunFailed) return "as a failure";
        if (feature is RunFeatures.SeveralMessages or RunFeatures.SeveralParts) return Facts.TextOf(seen).Contains(mark, StringComparison.Ordinal) ? "as one text" : null;
        if (Facts.TextOf(seen).Contains(mark, StringComparison.Ordinal)) return "as text";
        if (seen.Items.Any(item => item.Head is ReasoningItem && item.Reasoning.Contains(mark, StringComparison.Ordinal))) return "as reasoning";
        return seen.Items.Any(item => item.Head is ToolCallItem && item.Input.Contains(mark, StringComparison.Ordinal)) ? "as a call with JSON" : null;
    }

    private static IEnumerable<RunFeatures> Each(RunFeatures features) => Enum.GetValues<RunFeatures>().Where(feature => int.PopCount((int)feature) == 1 && features.HasFlag(feature));

    private static string NameOf(RunFeatures feature) => Losses.NamesOf(feature).Single();

    private sealed record Play(Script Script, bool IsStreamed, RunState State, string Body, string? Header, string[]? Kept);
}
