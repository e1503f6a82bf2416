using Microsoft.AspNetCore.Http;
using Parley.Agents;
using Parley.AspNetCore.Configuration;
using Parley.Runs;

namespace Parley.AspNetCore.Http;

/// <summary>The request header by which a client says what happens to its run when it goes.</summary>
internal static class Disconnect
{
    public const string Header = "parley-on-disconnect";

    /// <summary>What the request says, else the agent, else what is usual in the protocol.</summary>
    public static DisconnectPolicy PolicyOf(HttpContext context, Agent agent, DisconnectPolicy usual)
    {
        if (context.Request.Headers[Header].ToString() is not { Length: > 0 } text) return agent.OnDisconnect ?? usual;
        return Notations.OnDisconnect.TryParse(text, out var policy)
            ? policy
            : throw new RunException(RunError.Rejected($"The header {Header} must be {Notations.OnDisconnect.Expected}.", Header));
    }
}
