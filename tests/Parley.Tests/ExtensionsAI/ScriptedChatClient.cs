using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Parley.Tests.ExtensionsAI;

/// <summary>A chat client that says what a test has written for each of its turns, and keeps what it was asked.</summary>
internal sealed class ScriptedChatClient(params ChatResponseUpdate[][] turns) : IChatClient
{
    private int _turn;

    public List<(IReadOnlyList<ChatMessage> Messages, ChatOptions Options)> Asked { get; } = [];

    /// <summary>Thrown behind the last update of a turn.</summary>
    public Exception? Failure { get; init; }

    /// <summary>The only turn that fails; null for every one.</summary>
    public int? FailsAt { get; init; }

    /// <summary>Behind its last update it is silent.</summary>
    public bool Hangs { get; init; }

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        => GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Asked.Add(([.. messages], options!));
        var turn = _turn++;
        foreach (var update in turns[turn])
        {
            await Task.Yield();
            yield return update;
        }

        if (Hangs) await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        if (Failure is not null && (FailsAt ?? turn) == turn) throw Failure;
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("scripted", null, "m-1") : null;

    public void Dispose()
    {
    }

    public static ChatResponseUpdate Says(params AIContent[] contents) => new(ChatRole.Assistant, contents);

    public static ChatResponseUpdate Says(string text) => new(ChatRole.Assistant, text);

    public static ChatResponseUpdate Finishes(ChatFinishReason reason, long input = 3, long output = 4)
        => new(ChatRole.Assistant, [new UsageContent(new UsageDetails { InputTokenCount = input, OutputTokenCount = output, TotalTokenCount = input + output })]) { FinishReason = reason };
}
