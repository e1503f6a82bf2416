using System.Buffers.Text;
using System.Text;
using Parley.Agents;
using Parley.Protocols.Clients;
using Parley.Protocols.Upstream;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>A client of a server that speaks Coze. Its agents are bots; with <see cref="CozeAgentOptions.WorkflowId"/> bots in whose context that chatflow runs.</summary>
public sealed class CozeClient : AgentClient
{
    private readonly CozeAgentOptions _options;

    /// <param name="url">The base address, such as <c>https://api.coze.cn</c>.</param>
    /// <param name="key">The key, sent as a bearer token.</param>
    public CozeClient(Uri url, string? key = null)
        : this(new CozeAgentOptions { Url = url, Key = key })
    {
    }

    /// <param name="options">The server; the bot is that of each request.</param>
    /// <param name="upstream">Makes the calls; null for connections of its own.</param>
    public CozeClient(CozeAgentOptions options, UpstreamClient? upstream = null)
        : base(options.Url, upstream) => _options = options;

    /// <inheritdoc/>
    public override Protocol Protocol => Protocol.Coze;

    private protected override IAgent AgentOf(string name) => new CozeAgent(_options with { BotId = name }, Upstream);

    // CONVERSATION, or where calls wait CONVERSATION/CHAT, and what must be remembered of the chat behind it.
    private protected override ClientPlace PlaceOf(string conversation)
    {
        var parts = conversation.Split('/');
        if (parts.Length > 3 || parts.Any(part => part.Length == 0)) throw new ArgumentException($"\"{conversation}\" is no conversation of Coze.", nameof(conversation));
        var upstream = CozeWriter.LeftoverOf(("chat_id", parts.Length > 1 ? parts[1] : ""), ("conversation_id", parts[0])).Members;
        return new ClientPlace(upstream, parts.Length == 1 ? null : new RunSuspended([new CallFunction(0)], State: parts.Length == 3 ? StateOf(parts[2]) : null));
    }

    private protected override string? PlaceAfter(ClientRequest request, RunState state)
    {
        if (CozeHandles.Of(state.Upstream) is not { } chat) return null;
        if (state.End is not RunSuspended { Required: var required, State: var remembered } || !required.Any(action => action is CallFunction)) return chat.Conversation;
        return remembered is { } json ? $"{chat.Conversation}/{chat.Chat}/{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.Text))}" : $"{chat.Conversation}/{chat.Chat}";
    }

    private static RawJson StateOf(string text)
    {
        try
        {
            return new RawJson(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)));
        }
        catch (FormatException e)
        {
            throw new ArgumentException("The conversation was changed since it was told.", nameof(text), e);
        }
    }
}
