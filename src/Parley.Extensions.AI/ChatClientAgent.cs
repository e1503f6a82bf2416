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
        var events = new List<RunEvent>();
        while (true)
        {
            var messages = await MessageWriter.WriteAsync(request, place is null ? request.Context.Count : request.UnseenCount, cancellationToken).ConfigureAwait(false);
            var options = OptionsWriter.Write(request.Run.Request, place);
            var reader = new UpdateReader(request.Run.Request);
            var mayBeginAnew = place is not null && request.HasWholePath;
            var updates = client.GetStreamingResponseAsync(messages, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using var _ = updates.ConfigureAwait(false);
            while (await NextAsync(updates, reader, events, mayBeginAnew, cancellationToken).ConfigureAwait(false))
            {
                mayBeginAnew = false;
                foreach (var @event in events) yield return @event;
                events.Clear();
            }

            foreach (var @event in events) yield return @event;
            if (events.Count > 0) yield break;
            place = null;
        }
    }

    // False after the last update; its events, an end the last of them, are added either way. No event at all: the conversation is lost, and may be begun anew.
    private static async ValueTask<bool> NextAsync(
        IAsyncEnumerator<ChatResponseUpdate> updates, UpdateReader reader, List<RunEvent> into, bool mayBeginAnew, CancellationToken cancellationToken)
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
        catch (Exception failed) when (mayBeginAnew && MayMeanLost(failed))
        {
            return false;
        }
        catch (Exception failed)
        {
            // Whatever a chat client throws is its failure, and what it says is not for clients.
            reader.Fail((failed as RunException)?.Error ?? new RunError(ErrorSide.Agent, CauseOf(failed), failed.Message), into);
        }

        return false;
    }

    // Clients have exceptions of their own for what a server refuses: one that is not known may be that.
    private static bool MayMeanLost(Exception failed) => failed switch
    {
        RunException { Error.Cause: var cause } => cause is ErrorCause.NotFound or ErrorCause.Rejected,
        HttpRequestException => CauseOf(failed) is ErrorCause.NotFound or ErrorCause.Rejected,
        TimeoutException or OperationCanceledException or IOException => false,
        _ => true,
    };

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
