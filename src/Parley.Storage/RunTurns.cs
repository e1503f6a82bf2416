using Parley.Conversations;
using Parley.Runs;

namespace Parley.Storage;

/// <summary>How a run enters the store and how it ends there.</summary>
internal static class RunTurns
{
    /// <summary>Nothing has been changed unless the run has started.</summary>
    public static RunStartResult Start(SqlSession session, RunStart start)
    {
        var run = start.Run;
        var input = start.Input;
        if (input.Count > 0) run = run with { Input = input.Select(message => message.Id).ToValueList() };
        if (run.Detached)
        {
            // Nothing else keeps two answers apart.
            if (!run.Continues.IsNone && !RunRows.CloseOpenCalls(session, run.Owner, run.Continues)) return new RunStartResult(RunStartStatus.Answered);
            return RunRows.Insert(session, run) ? new RunStartResult(RunStartStatus.Started, run, input) : new RunStartResult(RunStartStatus.Busy);
        }


        var row = start.Create is { } create
            ? new ConversationRow(create with { Head = default }, 0, 0)
            : ConversationRows.Find(session, run.Owner, run.Conversation);
        if (row is null) return new RunStartResult(RunStartStatus.NoConversation);
        var conversation = row.Conversation;
        if (PlaceOf(session, row, run) is not { } place)
            return new RunStartResult(RunStartStatus.NoParent);
        if (start.ExpectedHead is { } expected && expected != conversation.Head) return new RunStartResult(RunStartStatus.HeadMoved);

        var section = run.Parent.IsNone ? conversation.Section : place.Section;
        run = run with { Parent = place.Message, Section = section };
        if (start.Create is { } named && ConversationRows.IsNameTaken(session, named)) return new RunStartResult(RunStartStatus.Busy);
        if (!Accept(session, run)) return new RunStartResult(RunStartStatus.Busy);
        if (start.Create is not null) ConversationRows.Insert(session, conversation);
        else ConversationRows.Touch(session, conversation.Id, run.CreatedAt);
        if (run.Stored) (input, _) = Tree.Append(session, conversation.Id, place, section, input);
        else input = Chain(input, conversation.Id, place.Message, section);
        return new RunStartResult(RunStartStatus.Started, run, input);
    }

    /// <summary>Passed over if the run or its conversation is gone, or if the run has ended before.</summary>
    public static void End(SqlSession session, RunWrite write)
    {
        var ending = write.Ending!;
        var run = ending.Run;
        var at = run.EndedAt ?? run.CreatedAt;
        var section = run.Detached ? null : ConversationRows.FindSection(session, run.Conversation);
        if ((section is null && !run.Detached) || !RunRows.End(session, run, at)) return;

        if (write.Segment is { } segment) Segments.Write(session, segment);
        Segments.Close(session, run.Id, at);
        if (run.Stored)
            foreach (var call in ending.OpenCalls) RunRows.OpenCall(session, run, call);
        if (section is not { } current) return;
        if (run.Stored && AddOutput(session, ending) is { } head)
        {
            // The section that the run was asked in becomes current again, unless a newer one was begun while it was under way.
            ConversationRows.MoveHead(session, run.Conversation, head, current.Value > run.Id.Value ? current : run.Section, at);
            return;
        }

        ConversationRows.Touch(session, run.Conversation, at);
    }

    // The place to which the head moves, if it does.
    private static Place? AddOutput(SqlSession session, RunEnding ending)
    {
        var run = ending.Run;
        var under = run.Input.Count > 0 ? run.Input[^1] : run.Parent;
        // What it hung under may have expired; the answer then begins a path.
        var place = under.IsNone ? Place.Root : MessageRows.FindPlace(session, run.Conversation, under) ?? Place.Root;
        var (_, last) = Tree.Append(session, run.Conversation, place, run.Section, ending.Output);
        return !ending.MoveHead || (ending.Output.Count == 0 && run.Input.Count == 0) || last.Message.IsNone ? null : last;
    }

    private static Place? PlaceOf(SqlSession session, ConversationRow row, Run run)
    {
        if (!run.Parent.IsNone) return MessageRows.FindPlace(session, run.Conversation, run.Parent);
        return run.Exclusive ? Tree.HeadOf(session, row) : Place.Root;
    }

    private static bool Accept(SqlSession session, Run run)
    {
        if (!RunRows.Insert(session, run)) return false;
        if (!run.Continues.IsNone) RunRows.CloseOpenCalls(session, run.Owner, run.Continues);
        return true;
    }

    // Not stored, but the run sees them as if they were.
    private static Message[] Chain(IReadOnlyList<Message> messages, Id conversation, Id parent, Id section)
        => [.. messages.Select((message, i) => message with { Conversation = conversation, Section = section, Parent = i == 0 ? parent : messages[i - 1].Id })];
}
