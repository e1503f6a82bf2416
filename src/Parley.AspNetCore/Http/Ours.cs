using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Parley.AspNetCore.Http;

/// <summary>Endpoint metadata: Parley's, and no door. A host that embeds Parley has endpoints of its own beside it, with errors and access rules of their own.</summary>
internal sealed class Ours
{
    public static Ours Instance { get; } = new();

    /// <summary>Whether the request is for an endpoint of the host's. What no route knows is answered by Parley.</summary>
    public static bool IsForTheHost(HttpContext context)
        => context.GetEndpoint() is RouteEndpoint { Metadata: var metadata } && metadata.GetMetadata<Door>() is null && metadata.GetMetadata<Ours>() is null;
}
