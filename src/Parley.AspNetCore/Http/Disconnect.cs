using Microsoft.AspNetCore.Http;
using Parley.Runs;

namespace Parley.AspNetCore.Http;

/// <summary>The request header by which a client says what happens to its run when it goes.</summary>
internal static class Disconnect
{
    public const string Header = "parley-on-disconnect";

    /// <summary>What the request says, else what is usual in its protocol.</summary>
    public static DisconnectPolicy PolicyOf(HttpContext context, DisconnectPolicy otherwise) => context.Request.Headers[Header].ToString() switch
    {
        "" => otherwise,
        "continue" => DisconnectPolicy.Continue,
        "cancel" => DisconnectPolicy.Cancel,
        _ => throw new RunException(RunError.Rejected($"The header {Header} must be continue or cancel.", Header)),
    };
}
