using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Parley.Protocols.Clients;

namespace Parley.Extensions.AI;

/// <summary>An agent behind a client of Parley's, as a chat client.</summary>
internal sealed class AgentChatClient(AgentClient client, string agent) : IChatClient
{
    private readonly ChatClientMetadata _metadata = new($"parley-{client.Protocol}", client.Url, agent);

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var answer = Ask(messages, options, cancellationToken);
        var response = await UpdatesOf(answer, new UpdateWriter(answer, isWhole: true), CancellationToken.None).ToChatResponseAsync(cancellationToken).ConfigureAwait(false);
        response.RawRepresentation = answer.State;
        return response;
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var answer = Ask(messages, options, cancellationToken);
        return UpdatesOf(answer, new UpdateWriter(answer), CancellationToken.None);
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        return serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType.IsInstanceOfType(this) ? this
            : serviceType.IsInstanceOfType(client) ? client
            : null;
    }

    public void Dispose()
    {
        // The client is its maker's, and may serve others.
    }

    private ChatStream Ask(IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
        => client.ChatAsync(
            new ClientRequest(options?.ModelId ?? agent, MessageReader.Read(messages))
            {
                Conversation = options?.ConversationId,
                Options = OptionsReader.Read(options, this),
            },
            cancellationToken);

    private static async IAsyncEnumerable<ChatResponseUpdate> UpdatesOf(ChatStream answer, UpdateWriter writer, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var @event in answer.WithCancellation(cancellationToken).ConfigureAwait(false))
            if (writer.Write(@event) is { } update) yield return update;
    }
}
