using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>A request for a response, read.</summary>
public sealed record ResponsesRequest
{
    /// <summary>What <see cref="Include"/> says where encrypted reasoning is to be told.</summary>
    public const string EncryptedReasoning = "reasoning.encrypted_content";

    /// <summary>The model: an agent's name or alias; null if it is absent, as where an agent is named.</summary>
    public string? Model { get; init; }

    /// <summary>The agent, named in either generation of Foundry's words.</summary>
    public AgentRef? Agent { get; init; }

    /// <summary>Whether the answer is to be a stream.</summary>
    public bool Stream { get; init; }

    /// <summary>Whether the answer is not waited for.</summary>
    public bool Background { get; init; }

    /// <summary>Whether the response is kept.</summary>
    public bool Store { get; init; } = true;

    /// <summary>What is given, one entry for each of the list's, so that its index is the one in the request.</summary>
    public ValueList<ResponsesInput> Input { get; init; }

    /// <summary>The conversation's id as it was sent.</summary>
    public string? Conversation { get; init; }

    /// <summary>The id of the response before, as it was sent.</summary>
    public string? PreviousResponseId { get; init; }

    /// <summary>The client's key-value pairs.</summary>
    public ValueList<KeyValuePair<string, string>> Metadata { get; init; }

    /// <summary>
    /// Everything else that is asked. A member that the canonical request cannot hold is whole, as it was sent, in its leftover: also
    /// <c>tools</c>, <c>tool_choice</c>, <c>text</c> and <c>reasoning</c>, where only a part of them has a canonical word.
    /// </summary>
    public ModelRequest Request { get; init; } = ModelRequest.Empty;

    /// <summary>What is to be told beyond the usual.</summary>
    public ValueList<string> Include { get; init; }

    /// <summary>The members that a response repeats, a JSON object of those that were given.</summary>
    public RawJson Echo { get; init; } = new("{}");
}

/// <summary>An entry of an input list.</summary>
/// <param name="Items">What it says: none for a reference, a call and its result for a call that a server ran.</param>
/// <param name="Id">The item's id as the client sent it.</param>
public sealed record ResponsesInput(ValueList<InputItem> Items, string? Id = null);

/// <summary>A request for a conversation, or to change one.</summary>
/// <param name="Metadata">The client's key-value pairs; null if they are absent.</param>
/// <param name="Items">What the conversation begins with.</param>
public sealed record ConversationRequest(ValueList<KeyValuePair<string, string>>? Metadata, ValueList<ResponsesInput> Items);
