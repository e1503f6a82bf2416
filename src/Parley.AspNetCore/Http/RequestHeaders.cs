using Microsoft.AspNetCore.Http;
using Parley.Runs;

namespace Parley.AspNetCore.Http;

/// <summary>Parley's own headers, the same for every protocol.</summary>
internal static class RequestHeaders
{
    public const string Run = "parley-run";
    public const string Conversation = "parley-conversation";
    public const string OnDisconnect = "parley-on-disconnect";

    /// <summary>What the request wants to happen when its client goes.</summary>
    /// <param name="context">The request.</param>
    /// <param name="usual">What happens in this protocol if it does not say.</param>
    public static DisconnectPolicy OnDisconnectOf(HttpContext context, DisconnectPolicy usual)
        => context.Request.Headers[OnDisconnect].ToString() switch
        {
            "" => usual,
            "continue" => DisconnectPolicy.Continue,
            "cancel" => DisconnectPolicy.Cancel,
            var other => throw new RunException(RunError.Rejected($"The header {OnDisconnect} must be continue or cancel, not '{other}'.", OnDisconnect)),
        };
}
