using Parley.Runs;

namespace Parley.Protocols.Clients;

/// <summary>What an agent is asked by a client.</summary>
/// <param name="Agent">The agent as its server calls it: a Coze bot's id, a model's name.</param>
/// <param name="Messages">The new messages and outputs of tools, in order; without a <see cref="Conversation"/> all that was said so far before them.</param>
public sealed record ClientRequest(string Agent, ValueList<InputItem> Messages)
{
    /// <summary>A question in plain text.</summary>
    public ClientRequest(string agent, string text)
        : this(agent, [InputItem.Said(Role.User, text)])
    {
    }

    /// <summary>Where it goes on: <see cref="ChatStream.Conversation"/> of an earlier answer, or the server's own id of a conversation; null to begin one.</summary>
    public string? Conversation { get; init; }

    /// <summary>Tools, sampling, instructions and whatever else is asked.</summary>
    public ModelRequest Options { get; init; } = ModelRequest.Empty;

    /// <summary>Key-value pairs for the server to keep, where its protocol has them.</summary>
    public ValueList<KeyValuePair<string, string>> Metadata { get; init; }

    /// <summary>An answer to a request for leave to call a tool, as one of <see cref="Messages"/>.</summary>
    /// <param name="request">The server's id of the request: <see cref="ItemState.SourceId"/> of the item.</param>
    /// <param name="approved">Whether the tool may be called.</param>
    /// <param name="reason">Why, or why not.</param>
    public static InputItem Approval(string request, bool approved, string? reason = null)
        => new(new ApprovalReplyItem(default, approved, reason), []) { SourceId = request };
}
