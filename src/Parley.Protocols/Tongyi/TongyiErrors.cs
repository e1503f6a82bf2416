using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.Tongyi;

/// <summary>
/// Tongyi's error codes, both ways. Upstream's own are few; the others are ours, and say whose error it is.
/// </summary>
public static class TongyiErrors
{
    /// <summary>The agent waits for something that this protocol has no word for, and has said nothing.</summary>
    public const string ActionRequired = "ACTION_REQUIRED";

    private static readonly Dictionary<string, ErrorCause> Causes = new(StringComparer.Ordinal)
    {
        ["NOT_LOGIN"] = ErrorCause.Unauthorised,
        ["LOGIN_TICKET_INVALID"] = ErrorCause.Unauthorised,
        ["AUTH_FAILED"] = ErrorCause.Unauthorised,
        ["SESSION_NOT_EXIST"] = ErrorCause.NotFound,
        ["INVALID_PARAM"] = ErrorCause.Rejected,
        ["SESSION_BUSY"] = ErrorCause.Busy,
        ["LIMIT_EXCEEDED"] = ErrorCause.Limit,
        [ActionRequired] = ErrorCause.Rejected,
        ["AGENT_REJECTED"] = ErrorCause.Rejected,
        ["AGENT_UNAUTHORISED"] = ErrorCause.Unauthorised,
        ["AGENT_NOT_FOUND"] = ErrorCause.NotFound,
        ["AGENT_BUSY"] = ErrorCause.Busy,
        ["AGENT_UNAVAILABLE"] = ErrorCause.Unavailable,
        ["AGENT_TIMEOUT"] = ErrorCause.TimedOut,
        ["AGENT_CANCELLED"] = ErrorCause.Cancelled,
        ["AGENT_MALFORMED"] = ErrorCause.Malformed,
        ["AGENT_LIMIT"] = ErrorCause.Limit,
        ["SYSTEM_ERROR"] = ErrorCause.Unavailable,
    };

    internal static RunError Incomplete { get; } = Of(ErrorCause.Malformed, "The agent's server ended its answer before it was finished.", "upstream_incomplete");

    internal static RunError Malformed { get; } = Of(ErrorCause.Malformed, "The agent's server sent something that is not a message.", "upstream_malformed");

    /// <summary>The code that an error has on the wire.</summary>
    public static string CodeOf(RunError error) => (error.Side, error.Cause) switch
    {
        _ when error.Code == ActionRequired => ActionRequired,
        (ErrorSide.Client, ErrorCause.Unauthorised) => "NOT_LOGIN",
        (ErrorSide.Client, ErrorCause.NotFound) => "SESSION_NOT_EXIST",
        (ErrorSide.Client, ErrorCause.Busy) => "SESSION_BUSY",
        (ErrorSide.Client, ErrorCause.Limit) => "LIMIT_EXCEEDED",
        (ErrorSide.Client, _) => "INVALID_PARAM",
        (ErrorSide.Agent, ErrorCause.Rejected) => "AGENT_REJECTED",
        (ErrorSide.Agent, ErrorCause.Unauthorised) => "AGENT_UNAUTHORISED",
        (ErrorSide.Agent, ErrorCause.NotFound) => "AGENT_NOT_FOUND",
        (ErrorSide.Agent, ErrorCause.Busy) => "AGENT_BUSY",
        (ErrorSide.Agent, ErrorCause.TimedOut) => "AGENT_TIMEOUT",
        (ErrorSide.Agent, ErrorCause.Cancelled) => "AGENT_CANCELLED",
        (ErrorSide.Agent, ErrorCause.Malformed) => "AGENT_MALFORMED",
        (ErrorSide.Agent, ErrorCause.Limit) => "AGENT_LIMIT",
        (ErrorSide.Agent, _) => "AGENT_UNAVAILABLE",
        _ => "SYSTEM_ERROR",
    };

    /// <summary>What a client may read of it: the field that is at fault with it, since upstream's clients complain that it is never told.</summary>
    public static string MessageOf(RunError error)
        => error is { Side: ErrorSide.Client, Param: { Length: > 0 } field } && !error.PublicMessage.Contains(field, StringComparison.Ordinal)
            ? $"{error.PublicMessage} ({field})"
            : error.PublicMessage;

    /// <summary>The HTTP status of an error, before a stream has begun.</summary>
    public static int StatusOf(RunError error) => (error.Side, error.Cause) switch
    {
        (ErrorSide.Client, ErrorCause.Unauthorised) => error.Code == "loopback_only" ? 403 : 401,
        (ErrorSide.Client, ErrorCause.NotFound) => 404,
        (ErrorSide.Client, ErrorCause.Busy) => 409,
        (ErrorSide.Client, ErrorCause.Limit) => error.Code == "body_too_large" ? 413 : 429,
        (ErrorSide.Client, _) => 400,
        (ErrorSide.Agent, ErrorCause.Limit) => 429,
        (ErrorSide.Agent, ErrorCause.TimedOut) => 504,
        (ErrorSide.Agent, _) => 502,
        (ErrorSide.Store, _) => 503,
        _ => 500,
    };

    /// <summary>Writes an error as the body of an answer.</summary>
    public static void Write(JsonLine json, RunError error, string traceId) => json.Object()
        .Name("data"u8).Null()
        .String("errorCode"u8, CodeOf(error)).String("errorMsg"u8, MessageOf(error)).Name("failed"u8).Bool(true)
        .Number("httpCode"u8, StatusOf(error)).Name("success"u8).Bool(false).String("traceId"u8, traceId).EndObject();

    /// <summary>The error that a peer means by a code, from our side of it: the agent's.</summary>
    public static RunError Read(string code, string message)
        => Of(Causes.GetValueOrDefault(code, message == "NOT_LOGIN" ? ErrorCause.Unauthorised : ErrorCause.Unavailable), message, code.Length > 0 ? code : null);

    /// <summary>The error of an answer whose status is not 2xx: the code of its body says what it is, if it is a known one, else the status.</summary>
    public static RunError Read(int status, ReadOnlySpan<byte> body)
    {
        var told = BodyOf(body);
        if (told?.Code is { } code && Causes.ContainsKey(code)) return told;
        var cause = status switch
        {
            401 or 403 => ErrorCause.Unauthorised,
            404 => ErrorCause.NotFound,
            408 or 504 => ErrorCause.TimedOut,
            409 => ErrorCause.Busy,
            429 => ErrorCause.Limit,
            < 500 => ErrorCause.Rejected,
            _ => ErrorCause.Unavailable,
        };
        return Of(cause, told?.Message, told?.Code);
    }

    private static RunError? BodyOf(ReadOnlySpan<byte> body)
    {
        try
        {
            var frame = TongyiFrame.Read(body, []);
            return frame.IsError ? Read(JsonText.ReadTolerant(frame.ErrorCode), JsonText.ReadTolerant(frame.ErrorMessage)) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // What a peer says of our key is no business of the client's, and may repeat the key.
    private static RunError Of(ErrorCause cause, string? message, string? code) => new(
        ErrorSide.Agent, cause,
        cause == ErrorCause.Unauthorised ? "The agent's server refused the agent's key." : string.IsNullOrEmpty(message) ? "The agent failed." : message,
        true, code);
}
