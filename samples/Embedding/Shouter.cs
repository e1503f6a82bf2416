using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Embedding;

/// <summary>A chat client that needs no model: it says what it was told last, louder. Yours is any other.</summary>
internal sealed class Shouter : IChatClient
{
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        => await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        var said = messages.Where(message => message.Role == ChatRole.User).ToList();
        yield return new ChatResponseUpdate(ChatRole.Assistant, said[^1].Text.ToUpperInvariant());
        yield return new ChatResponseUpdate(ChatRole.Assistant, $" ({said.Count})");
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
    }
}
