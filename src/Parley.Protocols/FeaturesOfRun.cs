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
        var features = OfEnd(state.End);
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

    private static RunFeatures OfEnd(RunEnded? end)
    {
        var features = end?.Usage switch
        {
            null => RunFeatures.None,
            { CachedInput: null, Reasoning: null } => RunFeatures.Usage,
            _ => RunFeatures.Usage | RunFeatures.UsageDetails,
        };
        switch (end)
        {
            case RunCompleted { Finish: var finish } when finish != FinishReason.Stop:
                features |= RunFeatures.FinishReason;
                break;
            case RunCancelled:
                features |= RunFeatures.Cancelled;
                break;
            case RunFailed failed:
                features |= RunFeatures.ErrorMessage;
                if (failed.Error is { Public: true, Code: not null }) features |= RunFeatures.ErrorCode;
                break;
            case RunSuspended suspended:
                foreach (var required in suspended.Required)
                    features |= required switch
                    {
                        AnswerQuestion or ProvideInput => RunFeatures.Question,
                        Authorize => RunFeatures.Consent,
                        _ => RunFeatures.None,
                    };
                break;
        }

        return features;
    }
}
