using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Parley.Agents;
using Parley.Runs;

namespace Parley.Extensions.AI;

/// <summary>
/// An agent that a chat client answers for. It is given the history, images included, and the client's tools, whose calls come back to that client; functions that the chat
/// client runs itself are only shown. Where it keeps conversations it is told only what is new. See <see cref="Agent.IsStateful"/>.
/// </summary>
public sealed class ChatClientAgent(IChatClient client) : IAgent
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var place = request.IsBranch ? null : ConversationState.Of(request.Continues?.End) ?? ConversationState.Of(request.Upstream);
        var messages = await MessageWriter.WriteAsync(request, place is null ? request.Context.Count : request.UnseenCount, cancellationToken).ConfigureAwait(false);
        var options = OptionsWriter.Write(request.Run.Request, place);
        var reader = new UpdateReader(request.Run.Request);
        var events = new List<RunEvent>();
        var updates = client.GetStreamingResponseAsync(messages, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var _ = updates.ConfigureAwait(false);
        while (await NextAsync(updates, reader, events, cancellationToken).ConfigureAwait(false))
        {
            foreach (var @event in events) yield return @event;
            events.Clear();
        }

        foreach (var @event in events) yield return @event;
    }

    // False after the last update; its events, an end the last of them, are added either way.
    private static async ValueTask<bool> NextAsync(IAsyncEnumerator<ChatResponseUpdate> updates, UpdateReader reader, List<RunEvent> into, CancellationToken cancellationToken)
    {
        try
        {
            if (await updates.MoveNextAsync().ConfigureAwait(false))
            {
                reader.Read(updates.Current, into);
                return true;
            }

            reader.End(into);
        }
        catch (OperationCanceledException cancelled) when (cancellationToken.IsCancellationRequested)
        {
            throw new AgentCancelledException(reader.Spent, cancelled, cancellationToken);
        }
        catch (Exception failed)
        {
            // Whatever a chat client throws is its failure, and what it says is not for clients.
            reader.Fail((failed as RunException)?.Error ?? new RunError(ErrorSide.Agent, CauseOf(failed), failed.Message), into);
        }

        return false;
    }

    private static ErrorCause CauseOf(Exception failed) => failed switch
    {
        TimeoutException or OperationCanceledException => ErrorCause.TimedOut,
        HttpRequestException { StatusCode: { } status } => (int)status switch
        {
            401 or 403 => ErrorCause.Unauthorised,
            404 => ErrorCause.NotFound,
            429 => ErrorCause.Limit,
            >= 500 => ErrorCause.Unavailable,
            _ => ErrorCause.Rejected,
        },
        _ => ErrorCause.Unavailable,
    };
}
