using System.Text.Json.Serialization;

namespace Parley.Runs;

/// <summary>Whose side an error is on.</summary>
public enum ErrorSide
{
    /// <summary>The request is at fault.</summary>
    Client,

    /// <summary>The agent or its peer.</summary>
    Agent,

    /// <summary>The store.</summary>
    Store,

    /// <summary>Parley itself.</summary>
    Server,
}

/// <summary>What went wrong.</summary>
public enum ErrorCause
{
    /// <summary>Understood and refused.</summary>
    Rejected,

    /// <summary>No or a wrong credential.</summary>
    Unauthorised,

    /// <summary>There is no such thing, or it is another owner's.</summary>
    NotFound,

    /// <summary>Something exclusive is under way.</summary>
    Busy,

    /// <summary>Out of reach or broken off.</summary>
    Unavailable,

    /// <summary>It took too long.</summary>
    TimedOut,

    /// <summary>It was cancelled.</summary>
    Cancelled,

    /// <summary>What came cannot be understood.</summary>
    Malformed,

    /// <summary>Too much or too often.</summary>
    Limit,
}

/// <summary>An error: a side and a cause. Every protocol renders it in its own shape.</summary>
/// <param name="Side">Whose.</param>
/// <param name="Cause">What.</param>
/// <param name="Message">For people. It reaches a client only if <paramref name="Public"/>.</param>
/// <param name="Public">True if the message holds nothing that a client must not see.</param>
/// <param name="Code">A peer's own code, or ours where the cause is too coarse.</param>
/// <param name="Param">The field of the request that is at fault.</param>
public sealed record RunError(ErrorSide Side, ErrorCause Cause, string Message, bool Public = false, string? Code = null, string? Param = null)
{
    /// <summary>What a client may read.</summary>
    [JsonIgnore]
    public string PublicMessage => Public ? Message : (Side, Cause) switch
    {
        (ErrorSide.Agent, ErrorCause.TimedOut) => "The agent did not answer in time.",
        (ErrorSide.Agent, _) => "The agent failed.",
        (ErrorSide.Store, _) => "The store is not available.",
        (ErrorSide.Client, _) => "The request cannot be served.",
        _ => "The server failed.",
    };

    /// <summary>An agent's events came to an end, and none of them was one.</summary>
    public static RunError NoEnd { get; } = new(ErrorSide.Agent, ErrorCause.Malformed, "The agent stopped without an end.");

    /// <summary>The request is at fault, in the field <paramref name="param"/>.</summary>
    public static RunError Rejected(string message, string? param = null, string? code = null)
        => new(ErrorSide.Client, ErrorCause.Rejected, message, true, code, param);

    /// <summary>What the request names does not exist.</summary>
    public static RunError NotFound(string message, string? param = null, string? code = null)
        => new(ErrorSide.Client, ErrorCause.NotFound, message, true, code, param);
}

/// <summary>Carries a <see cref="RunError"/> to the one place that turns it into an answer or a failed run.</summary>
public sealed class RunException(RunError error, Exception? inner = null) : Exception(error.Message, inner)
{
    /// <summary>The error.</summary>
    public RunError Error { get; } = error;
}
