using Parley.Runs;

namespace Parley.Protocols.Clients;

/// <summary>The place of a conversation at its server, as the agent of its room knows it.</summary>
/// <param name="Upstream">The server's handles.</param>
/// <param name="Waiting">The end of the run that waits there for the outputs of tools, where the protocol tells that apart.</param>
internal sealed record ClientPlace(RawJson Upstream, RunSuspended? Waiting = null);
