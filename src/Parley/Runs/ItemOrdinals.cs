namespace Parley.Runs;

/// <summary>Items of one who counts from 0 among the items of another.</summary>
public static class ItemOrdinals
{
    /// <summary>The event with the numbers of items moved.</summary>
    public static RunEvent Shift(RunEvent @event, int by) => @event switch
    {
        ItemStarted started => started with { Item = started.Item + by, Within = started.Within + by },
        ItemCompleted completed => completed with { Item = completed.Item + by },
        PartStarted started => started with { Item = started.Item + by },
        PartDelta delta => delta with { Item = delta.Item + by },
        PartAnnotated annotated => annotated with { Item = annotated.Item + by },
        PartCompleted completed => completed with { Item = completed.Item + by },
        Extension { Item: { } item } extension => extension with { Item = item + by },
        RunSuspended suspended => suspended with { Required = suspended.Required.Select(required => Shift(required, by)).ToValueList() },
        _ => @event,
    };

    private static RequiredAction Shift(RequiredAction required, int by) => required is AnswerQuestion question
        ? new AnswerQuestion(question.Item + by, question.Prompt + by)
        : required with { Item = required.Item + by };
}
