using Parley.Runs;

namespace Parley.Protocols.Tongyi;

/// <summary>
/// Ids as Tongyi's clients see them: 32 lower-case hex digits, without a dash, since clients join two ids by one. An answer has the id of its run, a
/// question that of its message.
/// </summary>
public static class TongyiIds
{
    /// <summary>A session: both halves are the conversation's id.</summary>
    public static string OfSession(Id conversation) => HexId.Render(conversation, conversation);

    /// <summary>A question, by its message, or an answer, by its run.</summary>
    public static string OfMessage(Id conversation, Id entity) => HexId.Render(conversation, entity);

    /// <summary>What a turn is called in the logs: the halves of its answer's id, changed about.</summary>
    public static string OfTrace(Run run) => HexId.Render(run.Id, run.Conversation);

    /// <summary>Reads a session's id.</summary>
    public static bool TryParseSession(ReadOnlySpan<char> text, out Id conversation)
        => HexId.TryParse(text, out conversation, out var entity) && entity == conversation;

    /// <summary>Reads the id of a question or an answer; one of another conversation is none.</summary>
    public static bool TryParseMessage(ReadOnlySpan<char> text, Id conversation, out Id entity)
        => HexId.TryParse(text, out var itsConversation, out entity) && itsConversation == conversation && entity != conversation;
}
