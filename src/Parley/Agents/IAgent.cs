using Parley.Conversations;
using Parley.Runs;

namespace Parley.Agents;

/// <summary>Anything that turns a request into run events: a remote peer, a workflow, an echo.</summary>
public interface IAgent
{
    /// <summary>The protocol in which it asks another server, and by which its answers are limited; null if it asks none.</summary>
    Protocol? Peer => null;

    /// <summary>
    /// Answers. The first event, <see cref="RunStarted"/>, means that the request was accepted; an agent that cannot answer throws a
    /// <see cref="RunException"/> or ends with <see cref="RunFailed"/>. One that is cancelled may tell by an
    /// <see cref="AgentCancelledException"/> what it had spent. Items are numbered from 0 by the agent; their ids are left empty.
    /// </summary>
    IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, CancellationToken cancellationToken);
}

/// <summary>What an agent is asked.</summary>
public sealed record AgentRequest
{
    /// <summary>The run's header.</summary>
    public required Run Run { get; init; }

    /// <summary>How many agents are asking one another above this one: 0 where a client asks.</summary>
    public int Depth { get; init; }

    /// <summary>The messages of the path within the section, oldest first, ending with the input.</summary>
    public required IReadOnlyList<Message> Context { get; init; }

    /// <summary>How many of the last messages of <see cref="Context"/> are this request's input.</summary>
    public required int InputCount { get; init; }

    /// <summary>The run that this one continues, with its <see cref="RunSuspended.State"/>; null for a normal turn.</summary>
    public Run? Continues { get; init; }

    /// <summary>The <see cref="Run.Upstream"/> of the nearest run of the same agent on the path; null if there is none.</summary>
    public RawJson? Upstream { get; init; }

    /// <summary>How many of the last messages of <see cref="Context"/> the peer behind <see cref="Upstream"/> has not seen.</summary>
    public int UnseenCount { get; init; }

    /// <summary>False: <see cref="Context"/> has only what is new, so that a peer which has lost its conversation cannot be told it again.</summary>
    public bool HasWholePath { get; init; } = true;

    /// <summary>The conversation goes on elsewhere from the place of this run: a peer that cannot branch is not to be continued.</summary>
    public bool IsBranch { get; init; }

    /// <summary>Reads the files that <see cref="Media.File"/> names.</summary>
    public FileOpener? Files { get; init; }

    /// <summary>
    /// Waits until all that the agent has said so far is durable: for one that acts on the outside, and must not forget that it did. Null where nothing is
    /// kept. It fails if the store does.
    /// </summary>
    public Func<CancellationToken, ValueTask>? Saved { get; init; }

    /// <summary>Tells what is asked here from all else that is asked within the same run, the same each time: empty for the run itself.</summary>
    public string Key { get; init; } = "";

    /// <summary>A file that a message names; null if it is absent.</summary>
    public ValueTask<OpenedFile?> OpenFileAsync(Id file, CancellationToken cancellationToken) => Files?.Invoke(Run.Owner, file, cancellationToken) ?? default;
}
