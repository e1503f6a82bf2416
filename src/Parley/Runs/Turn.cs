namespace Parley.Runs;

/// <summary>What a request means at a place where something may be pending.</summary>
/// <param name="Continues">The suspended run that it continues, or null for a normal turn.</param>
/// <param name="SameChat">The new run belongs to the chat of the run it continues: it was resumed by tool outputs.</param>
/// <param name="Input">The input, with an error result for each call that is given up, and a reply for each leave that is given or refused in words.</param>
internal sealed record Turn(Run? Continues, bool SameChat, ValueList<InputItem> Input)
{
    /// <summary>
    /// Judges a request. A question is answered by the next message, a call by its output, a request for leave by a word where there is no other way, and whatever
    /// another agent left is given up.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="pending">The suspended run at the place, or null.</param>
    /// <param name="state">Its fold.</param>
    /// <exception cref="RunException">The request does not fit what is pending.</exception>
    public static Turn Judge(RunRequest request, Run? pending, RunState? state)
    {
        // History may come as input, calls with their results: only a result without its call answers what is pending.
        var told = request.Input.Select(item => item.Head).OfType<ToolCallItem>().Select(call => call.CallId).ToHashSet(StringComparer.Ordinal);
        var outputs = request.Input.Select(item => item.Head).OfType<ToolResultItem>().Where(output => !told.Contains(output.CallId)).ToList();
        var replies = request.Input.Select(item => item.Head).OfType<ApprovalReplyItem>().ToList();
        if (pending is not { End: RunSuspended suspended } || state is null)
        {
            if (request.Detached) return new(null, false, request.Input);
            if (outputs.Count > 0) throw NotOpen(outputs[0].CallId);
            return replies.Count == 0 ? new(null, false, request.Input) : throw NotAsked();
        }

        var sameAgent = pending.Agent.Name == request.Agent.Name;
        var open = suspended.Required.OfType<CallFunction>().Select(call => ((ToolCallItem)state.Items[call.Item].Head).CallId).ToList();
        var approvals = suspended.Required.OfType<Approve>().Select(approval => state.Items[approval.Item]).ToList();
        var isSpoken = replies.Count == 0 && request.MustAnswer != MustAnswer.CallsAndApprovals;
        var spoken = isSpoken && SpokenLeave.Read(request.Input) is { } granted ? approvals.Select(approval => new ApprovalReplyItem(approval.Id, granted)).ToList() : [];
        ValueList<InputItem> input = [.. spoken.Select(reply => new InputItem(reply, default)), .. request.Input];
        if (outputs.Count > 0 || replies.Count > 0)
        {
            if (!sameAgent) throw Refused($"The call waits for an answer of agent {pending.Agent.Name}.");
            CheckOutputs(outputs, open);
            CheckReplies([.. replies, .. spoken], approvals);
            return new(pending, true, input);
        }

        if (open.Count > 0)
        {
            if (request.MustAnswer != MustAnswer.Nothing && sameAgent) throw Refused($"No tool output found for function call {open[0]}.");
            return new(null, false, [.. open.Select(GivenUp), .. request.Input]);
        }

        if (approvals.Count > 0 && !isSpoken && sameAgent) throw NotAnswered(approvals[0]);
        return sameAgent && request.Input.Count > 0 ? new(pending, false, input) : new(null, false, request.Input);
    }

    private static void CheckOutputs(List<ToolResultItem> outputs, List<string> open)
    {
        var given = new HashSet<string>(StringComparer.Ordinal);
        foreach (var output in outputs)
        {
            if (!open.Contains(output.CallId)) throw NotOpen(output.CallId);
            if (!given.Add(output.CallId)) throw Refused($"There are two outputs for tool call {output.CallId}.");
        }

        if (open.Find(call => !given.Contains(call)) is { } missing) throw Refused($"No tool output found for function call {missing}.");
    }

    private static void CheckReplies(List<ApprovalReplyItem> replies, List<ItemState> approvals)
    {
        var given = new HashSet<Id>();
        foreach (var reply in replies)
        {
            if (!approvals.Exists(approval => approval.Id == reply.Request)) throw NotAsked();
            if (!given.Add(reply.Request)) throw Refused("There are two answers to one approval request.");
        }

        if (approvals.Find(approval => !given.Contains(approval.Id)) is { } missing) throw NotAnswered(missing);
    }

    private static InputItem GivenUp(string callId) => InputItem.Output(callId, "The call was not answered.", isError: true);

    private static RunException NotOpen(string callId) => Refused($"Tool call {callId} does not wait for an output.");

    private static RunException NotAsked() => Refused("There is no such approval request that waits for an answer.");

    private static RunException NotAnswered(ItemState approval) => Refused($"The approval request for {((ApprovalRequestItem)approval.Head).Name} was not answered.");

    private static RunException Refused(string message) => new(RunError.Rejected(message, "tool_outputs", "tool_outputs"));
}
