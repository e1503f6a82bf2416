using System.Net;
using System.Net.Http.Headers;

namespace Parley.Protocols.Upstream;

/// <summary>When to try again: what the peer asks for, else half a second doubled with each attempt, with a quarter of jitter.</summary>
internal static class Retry
{
    /// <summary>A peer that asks for more than this is not waited for: the client is told at once.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <summary>Too many requests, or a peer which is, or whose gateway says that it is, out of reach for now.</summary>
    public static bool MayHelp(HttpStatusCode status)
        => status is HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    /// <summary>What a Retry-After header asks for, in seconds or as a date; null if there is none that can be read.</summary>
    public static TimeSpan? Asked(RetryConditionHeaderValue? header, DateTimeOffset now)
    {
        if ((header?.Delta ?? header?.Date - now) is not { } wait) return null;
        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }

    /// <summary>How long to wait before attempt number <paramref name="attempt"/> + 1; null if that is longer than there is time.</summary>
    public static TimeSpan? Wait(int attempt, TimeSpan? asked, TimeSpan left)
    {
        var wait = asked ?? TimeSpan.FromSeconds(0.5 * (1 << attempt) * (0.75 + Random.Shared.NextDouble() / 2));
        return wait <= LongestWait && wait < left ? wait : null;
    }
}
