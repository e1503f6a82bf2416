using Parley.Protocols;
using Parley.Runs;

namespace Parley.Tests.Matrix;

/// <summary>What a run says of each feature, as text to compare; nothing where it says nothing.</summary>
internal static class Facts
{
    /// <summary>The facts of one feature.</summary>
    public static List<string> Of(RunFeatures feature, RunState state)
    {
        var items = state.Items;
        var suspended = state.End as RunSuspended;
        return feature switch
        {
            RunFeatures.Reasoning => All(string.Concat(items.Where(item => item.Head is ReasoningItem).Select(item => item.Reasoning))),
            RunFeatures.ReasoningSummary => [.. Parts(PartKind.ReasoningSummary).Select(part => part.Text)],
            RunFeatures.SeveralMessages => Several(items.Where(item => item.Head is MessageItem && item.Text.Length > 0).Select(item => item.Text)),
            RunFeatures.SeveralParts => [.. items.SelectMany(item => Several(item.Parts.Where(part => part.Kind is PartKind.Text or PartKind.Refusal).Select(part => part.Text)))],
            RunFeatures.ToolCalls => [.. Waits<CallFunction>().Select(item => (item, call: (ToolCallItem)item.Head)).Select(it => $"{it.call.CallId} {it.call.Name} {it.item.Input}")],
            RunFeatures.CustomToolCalls => [.. items.Where(item => item.Head is ToolCallItem { Freeform: true }).Select(item => item.Input)],
            RunFeatures.ServerToolCalls => [.. items.Select(ServerFact).OfType<string>()],
            RunFeatures.Approvals => [.. Waits<Approve>().Select(item => $"{((ApprovalRequestItem)item.Head).Name} {item.Input}")],
            RunFeatures.Question => [.. Waits<AnswerQuestion>().Concat(Waits<ProvideInput>()).Select(_ => "asks")],
            RunFeatures.Consent => [.. suspended?.Required.OfType<Authorize>().Select(required => required.Link) ?? []],
            RunFeatures.WorkflowActions => [.. items.Where(item => item is { Head: WorkflowActionItem, Status: not null }).Select(item => (WorkflowActionItem)item.Head).Select(action => $"{action.Kind} {action.ActionId}")],
            RunFeatures.Suggestions => [.. items.Where(item => item.Head is SuggestionItem).Select(item => item.Text)],
            RunFeatures.Recalls => [.. items.Select(item => item.Head).OfType<RecallItem>().SelectMany(recall => recall.Sources).Select(source => $"{source.Title} {source.Url}")],
            RunFeatures.Annotations => [.. items.SelectMany(item => item.Parts).SelectMany(part => part.Notes).Select(note => $"{note.Type} {note.Start} {note.End} {note.Source.Title} {note.Source.Url}")],
            RunFeatures.Media => [.. Parts(PartKind.Media).Select(part => $"{part.Media!.MediaType} {part.Media.Url}")],
            RunFeatures.Audio => [.. Parts(PartKind.Audio).Select(part => part.Text)],
            RunFeatures.Data => [.. Parts(PartKind.Data).Select(part => part.Data?.Text ?? "")],
            RunFeatures.Refusal => [.. Parts(PartKind.Refusal).Select(part => part.Text)],
            RunFeatures.Usage or RunFeatures.UsageOfWaiting or RunFeatures.UsageOfFailed or RunFeatures.UsageOfCancelled
                => state.End?.Usage is { Sum: > 0 } usage ? [$"{usage.Input}+{usage.Output}={usage.Sum}"] : [],
            RunFeatures.UsageDetails => state.End?.Usage is { } details && (details.CachedInput > 0 || details.Reasoning > 0) ? [$"{details.CachedInput} {details.Reasoning}"] : [],
            RunFeatures.FinishReason => state.End is RunCompleted { Finish: var finish } && finish != FinishReason.Stop ? [finish.Value] : [],
            RunFeatures.Cancelled => state.End is RunCancelled ? ["cancelled"] : [],
            RunFeatures.ErrorMessage => state.End is RunFailed failed ? [failed.Error.Message] : [],
            RunFeatures.ErrorCode => state.End is RunFailed { Error.Code: { } code } ? [code] : [],
            RunFeatures.Opaque => [.. items.Select(item => item.Head).OfType<OpaqueItem>().Select(opaque => opaque.Type)],
            _ => throw new ArgumentOutOfRangeException(nameof(feature)),
        };

        IEnumerable<PartState> Parts(PartKind kind) => items.SelectMany(item => item.Parts).Where(part => part.Kind == kind);

        IEnumerable<ItemState> Waits<T>() where T : RequiredAction => suspended?.Required.OfType<T>().Select(required => items[required.Item]) ?? [];
    }

    /// <summary>The text of the answer, messages apart as every protocol that joins them sets them apart.</summary>
    public static string TextOf(RunState state) => string.Join("\n\n", state.Items.Where(item => item.Head is MessageItem).Select(item => item.Text).Where(text => text.Length > 0));

    /// <summary>How the run ended, in one word.</summary>
    public static string EndOf(RunState state) => state.End switch
    {
        RunCompleted => "completed",
        RunSuspended => "suspended",
        RunFailed => "failed",
        RunCancelled => "cancelled",
        _ => "open",
    };

    /// <summary>The items in their order, those of a kind that follow each other as one.</summary>
    public static IEnumerable<string> OrderOf(RunState state)
    {
        var last = "";
        foreach (var kind in state.Items.Select(KindOf).OfType<string>())
        {
            if (kind != last) yield return kind;
            last = kind;
        }
    }

    private static string? KindOf(ItemState item) => item.Head switch
    {
        MessageItem when item.Text.Length > 0 => "message",
        ReasoningItem when item.Reasoning.Length > 0 => "reasoning",
        ToolCallItem { RunBy: RunBy.Client } => "tool-calls",
        ToolCallItem or ToolResultItem => "server-tool-calls",
        SuggestionItem => "suggestions",
        RecallItem => "recalls",
        _ => null,
    };

    private static string? ServerFact(ItemState item) => item.Head switch
    {
        ToolCallItem { RunBy: RunBy.Server } call => $"{call.Name} {item.Input}",
        ToolResultItem => $"{item.Text} of {item.Within}",
        _ => null,
    };

    private static List<string> All(string text) => text.Length > 0 ? [text] : [];

    private static List<string> Several(IEnumerable<string> texts) => texts.ToList() is { Count: > 1 } several ? several : [];
}
