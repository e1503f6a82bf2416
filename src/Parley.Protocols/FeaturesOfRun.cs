using Parley.Runs;

namespace Parley.Protocols;

/// <summary>What is in a run of that which not every protocol can tell.</summary>
public static class FeaturesOfRun
{
    /// <summary>The features of a run.</summary>
    /// <param name="state">Its fold.</param>
    /// <param name="own">The protocol whose own things count as told, see <see cref="StreamFormat.Own"/>.</param>
    public static RunFeatures Of(RunState state, Protocol? own = null)
    {
        var features = OfEnd(state, own);
        var messages = 0;
        foreach (var item in state.Items)
        {
            features |= OfItem(item, state, own);
            foreach (var part in item.Parts) features |= OfPart(part);
            if (item.Head is not MessageItem) continue;
            var texts = item.Parts.Count(IsText);
            if (texts > 0) messages++;
            if (texts > 1) features |= RunFeatures.SeveralParts;
        }

        return messages > 1 ? features | RunFeatures.SeveralMessages : features;
    }

    private static bool IsText(PartState part) => part.Kind is PartKind.Text or PartKind.Refusal or PartKind.Transcript;

    private static RunFeatures OfItem(ItemState item, RunState state, Protocol? own) => item.Head switch
    {
        ReasoningItem when item.Parts.Count > 0 => RunFeatures.Reasoning,
        ToolCallItem { RunBy: RunBy.Client } call => call.Freeform ? RunFeatures.ToolCalls | RunFeatures.CustomToolCalls : RunFeatures.ToolCalls,
        ToolCallItem or ToolResultItem => RunFeatures.ServerToolCalls,
        ApprovalRequestItem => RunFeatures.Approvals,

        // One that waits is told by what it waits for.
        WorkflowActionItem when !Waits(item, state) => RunFeatures.WorkflowActions,
        SuggestionItem => RunFeatures.Suggestions,
        RecallItem => RunFeatures.Recalls,
        OpaqueItem opaque when opaque.Protocol != own => RunFeatures.Opaque,
        _ => RunFeatures.None,
    };

    private static bool Waits(ItemState item, RunState state) => state.End is RunSuspended suspended && suspended.Required.Any(required => required.Item == item.Ordinal);

    private static RunFeatures OfPart(PartState part)
    {
        var features = part.Kind switch
        {
            PartKind.ReasoningSummary => RunFeatures.ReasoningSummary,
            PartKind.Media => RunFeatures.Media,
            PartKind.Audio => RunFeatures.Audio,
            PartKind.Data => RunFeatures.Data,
            PartKind.Refusal => RunFeatures.Refusal,
            _ => RunFeatures.None,
        };
        return part.Notes.Count > 0 ? features | RunFeatures.Annotations : features;
    }

    private static RunFeatures OfEnd(RunState state, Protocol? own) => state.End switch
    {
        RunCompleted completed => OfUsage(completed, RunFeatures.Usage) | (completed.Finish == FinishReason.Stop ? RunFeatures.None : RunFeatures.FinishReason),
        RunCancelled cancelled => OfUsage(cancelled, RunFeatures.UsageOfCancelled) | RunFeatures.Cancelled,
        RunFailed failed => OfUsage(failed, RunFeatures.UsageOfFailed) | OfError(failed.Error, state),
        RunSuspended suspended => suspended.Required.Aggregate(OfUsage(suspended, RunFeatures.UsageOfWaiting), (features, required) => features | OfRequired(required, state.Items[required.Item], own)),
        _ => RunFeatures.None,
    };

    private static RunFeatures OfUsage(RunEnded end, RunFeatures feature) => end.Usage switch
    {
        null => RunFeatures.None,
        { CachedInput: null, Reasoning: null } => feature,
        _ => feature | RunFeatures.UsageDetails,
    };

    // A refusal of the request is told as it is by all, and so is one before anything was answered.
    private static RunFeatures OfError(RunError error, RunState state)
    {
        var features = error.Cause == ErrorCause.Rejected ? RunFeatures.None : RunFeatures.ErrorMessage;
        return error is { Public: true, Code: not null } && state.Started ? features | RunFeatures.ErrorCode : features;
    }

    private static RunFeatures OfRequired(RequiredAction required, ItemState item, Protocol? own) => required switch
    {
        AnswerQuestion or ProvideInput => RunFeatures.Question,
        Authorize when item.Head is not OpaqueItem opaque || opaque.Protocol != own => RunFeatures.Consent,
        _ => RunFeatures.None,
    };
}
