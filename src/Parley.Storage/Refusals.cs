using Parley.Runs;

namespace Parley.Storage;

/// <summary>What is refused, and what is said then.</summary>
internal static class Refusals
{
    public static RunException NoConversation() => new(RunError.NotFound("The conversation does not exist.", "conversation_id", "conversation"));

    /// <param name="name">The member of the query that names it.</param>
    public static RunException NoMessage(string name) => new(RunError.NotFound("The message does not exist on this path of the conversation.", name, "message"));

    public static RunException NameTaken() => new(RunError.Rejected("There is a conversation of this name already.", "external_id"));

    public static RunException Busy() => new(new RunError(ErrorSide.Client, ErrorCause.Busy, "A run is active in this conversation.", true, Param: "conversation_id"));
}
