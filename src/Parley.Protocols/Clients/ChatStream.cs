using System.Runtime.CompilerServices;
using Parley.Agents;
using Parley.Runs;

namespace Parley.Protocols.Clients;

/// <summary>An answer as it comes: a list of run events, to be read once, and what they amount to so far.</summary>
public sealed class ChatStream : IAsyncEnumerable<RunEvent>
{
    private readonly DirectRun _run;
    private readonly Func<RunState, string?> _placeOf;
    private readonly CancellationToken _cancelled;

    internal ChatStream(DirectRun run, Func<RunState, string?> placeOf, CancellationToken cancelled)
        => (_run, _placeOf, _cancelled) = (run, placeOf, cancelled);

    /// <summary>What the client calls the answer.</summary>
    public Id Id => _run.Id;

    /// <summary>What has been read so far: items with their texts, the model, the end with its usage.</summary>
    public RunState State => _run.State;

    /// <summary>What was said so far.</summary>
    public string Text => string.Join("\n\n", State.Items.Where(item => item.Head is MessageItem).Select(item => item.Text).Where(text => text.Length > 0));

    /// <summary>The calls of the client's tools that were asked for; each is to be answered by <see cref="InputItem.Output"/>.</summary>
    public IReadOnlyList<ItemState> Calls => State.End is RunSuspended { Required: var required } ? [.. required.OfType<CallFunction>().Select(call => State.Items[call.Item])] : [];

    /// <summary>
    /// Where the conversation goes on, for <see cref="ClientRequest.Conversation"/>: to be kept, and not to be looked into. Null before the start, and where the server
    /// keeps no conversations.
    /// </summary>
    public string? Conversation => _placeOf(State);

    /// <summary>Reads all that is to come.</summary>
    /// <exception cref="RunException">The run failed.</exception>
    public async Task<ChatStream> ReadAsync()
    {
        await foreach (var @event in this.ConfigureAwait(false))
            if (@event is RunFailed failed) throw new RunException(failed.Error);
        return this;
    }

    /// <summary>
    /// The events, the last of which tells how it ended: a failure is a <see cref="RunFailed"/>, cancelling an exception. Whoever stops reading before the end
    /// breaks the answer off.
    /// </summary>
    public IAsyncEnumerator<RunEvent> GetAsyncEnumerator(CancellationToken cancellationToken = default) => EventsAsync(_cancelled).GetAsyncEnumerator(cancellationToken);

    // Either token cancels: the compiler links them.
    private async IAsyncEnumerable<RunEvent> EventsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var @event in _run.RunAsync(cancellationToken).ConfigureAwait(false)) yield return @event;
    }
}
