using System.Net.Sockets;
using Parley.Runs;

namespace Parley.Protocols.Upstream;

/// <summary>What can go wrong with a peer, each with a code of its own. The messages name no address and no key, so clients may read them.</summary>
internal static class UpstreamErrors
{
    public static RunError Unreachable { get; } = Error(ErrorCause.Unavailable, "upstream_unreachable", "The agent's server cannot be reached.");

    public static RunError ConnectTimeout { get; } = Error(ErrorCause.TimedOut, "upstream_connect_timeout", "The agent's server did not accept the connection in time.");

    public static RunError Insecure { get; } = Error(ErrorCause.Unavailable, "upstream_insecure", "No secure connection to the agent's server could be made.");

    public static RunError Closed { get; } = Error(ErrorCause.Unavailable, "upstream_closed", "The agent's server broke the connection before the answer was complete.");

    public static RunError NoAnswer { get; } = Error(ErrorCause.TimedOut, "upstream_timeout", "The agent's server did not begin to answer in time.");

    public static RunError Stalled { get; } = Error(ErrorCause.TimedOut, "upstream_stalled", "The agent's server stopped in the middle of the answer.");

    public static RunError NotHttp { get; } = Error(ErrorCause.Malformed, "upstream_malformed", "The agent's server did not answer in HTTP.");

    public static RunError TooLarge { get; } = Error(ErrorCause.Malformed, "upstream_too_large", "The agent's server sent an event that is too large.");

    public static RunError Redirected { get; } = Error(ErrorCause.Unavailable, "upstream_redirected", "The agent's server sends its callers elsewhere, which is not followed.");

    /// <summary>What an exception before the headers of an answer means.</summary>
    public static RunError OfSending(Exception exception) => exception switch
    {
        HttpRequestException { InnerException: TimeoutException } => ConnectTimeout,
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => Insecure,
        HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded } => NotHttp,
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.ProxyTunnelError } => Unreachable,
        _ => Closed,
    };

    /// <summary>What an exception in the middle of a body means.</summary>
    public static RunError OfReading(Exception exception) => exception switch
    {
        HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse } => NotHttp,
        InvalidDataException => TooLarge,
        _ => Closed,
    };

    /// <summary>What the network may do to a call; anything else is a mistake of ours and goes up.</summary>
    public static bool IsOfTheNetwork(Exception exception) => exception is HttpRequestException or IOException or SocketException or InvalidDataException;

    private static RunError Error(ErrorCause cause, string code, string message) => new(ErrorSide.Agent, cause, message, true, code);
}
