namespace Parley.Runs;

/// <summary>
/// What a run that waits must say in words to a client that reads nothing else, because nothing it said asks for it: a leave, a consent, a question without
/// words.
/// </summary>
public static class WaitPrompt
{
    /// <summary>What must be said; null if nothing.</summary>
    public static string? Of(RunSuspended suspended, IReadOnlyList<ItemState> items)
        => Of(suspended, items.Any(item => item.Head is MessageItem && item.Text.Length > 0), item => (items[item].Head, items[item].Input));

    /// <summary>What must be said; null if nothing.</summary>
    /// <param name="suspended">What is waited for.</param>
    /// <param name="hasSpoken">Something was said.</param>
    /// <param name="find">An item by its ordinal, with its arguments if it asks for leave.</param>
    public static string? Of(RunSuspended suspended, bool hasSpoken, Func<int, (Item Head, string Input)> find)
    {
        var lines = new List<string>();
        foreach (var required in suspended.Required)
        {
            var (head, input) = find(required.Item);
            switch (required)
            {
                case Approve when head is ApprovalRequestItem request:
                    lines.Add(OfApproval(request, input));
                    break;
                case Authorize authorize:
                    lines.Add($"Please authorise access: {authorize.Link}");
                    break;
                case AnswerQuestion { Prompt: null } or ProvideInput when head is WorkflowActionItem { Title.Length: > 0 } action && !hasSpoken:
                    lines.Add(action.Title);
                    break;
            }
        }

        return lines.Count > 0 ? string.Join('\n', lines) : null;
    }

    /// <summary>The question for leave to make a call, to be answered by <see cref="SpokenLeave">a word</see>.</summary>
    public static string OfApproval(ApprovalRequestItem request, string arguments) => $"May {request.Name} be called with {(arguments.Length > 0 ? arguments : "{}")}? (yes/no)";
}
