using System.Globalization;
using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.OpenAi;

/// <summary>OpenAI's error object, both ways. Read, it is always the agent's: a peer that refuses our key has no quarrel with the client.</summary>
public static class OpenAiErrors
{
    /// <summary>
    /// Reads the error of a peer. Servers write <c>{"error":{message,type,code}}</c>, <c>{"error":"…"}</c>, <c>{"message":…}</c>,
    /// <c>{"detail":…}</c>, or a page of HTML. What the peer says about the request is passed on; what it says about itself is not.
    /// </summary>
    /// <param name="status">The HTTP status; null within a stream.</param>
    /// <param name="body">The body, or the data of the event.</param>
    public static RunError Read(int? status, ReadOnlySpan<byte> body)
    {
        string? message = null, type = null, code = null;
        try
        {
            var json = new Utf8JsonReader(body);
            if (json.Read() && json.TokenType == JsonTokenType.StartObject) ReadMembers(ref json, ref message, ref type, ref code);
        }
        catch (JsonException)
        {
            // What could be read stands.
        }

        if (code is not null && int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            if (number is >= 400 and < 600) status ??= number;
            code = null;
        }

        var cause = status is { } known && known is not 400 and < 500 ? CauseOf(known) : CauseOf(type, code) ?? CauseOf(status ?? 500);
        return Of(cause, message, code);
    }

    /// <summary>A peer's error of a known cause, in the words that clients may read.</summary>
    internal static RunError Of(ErrorCause cause, string? message, string? code) => cause == ErrorCause.Rejected
        ? new RunError(ErrorSide.Agent, cause, string.IsNullOrWhiteSpace(message) ? "The agent's server refused the request." : message, true, code ?? "upstream_rejected")
        : new RunError(ErrorSide.Agent, cause, MessageOf(cause), true, code ?? CodeOf(cause));

    /// <summary>Writes an error as the body of an answer, or the data of an event.</summary>
    public static void Write(JsonLine json, RunError error)
    {
        json.Object().Name("error"u8).Object().String("message"u8, error.PublicMessage).String("type"u8, TypeOf(error));
        json.StringOrNull("param"u8, error.Param);
        json.StringOrNull("code"u8, CodeOf(error));
        json.EndObject().EndObject();
    }

    /// <summary>The HTTP status of an error: the one by which OpenAI's SDKs choose the class of their exception, and whether to try again.</summary>
    public static int StatusOf(RunError error) => (error.Side, error.Cause, error.Code) switch
    {
        (_, ErrorCause.Cancelled, _) => 499,
        (ErrorSide.Client, _, "body_too_large") => 413,
        (ErrorSide.Client, ErrorCause.Unauthorised, "loopback_only") => 403,
        (ErrorSide.Client, ErrorCause.Unauthorised, _) => 401,
        (ErrorSide.Client, ErrorCause.NotFound, _) => 404,
        (ErrorSide.Client or ErrorSide.Agent, ErrorCause.Limit, _) => 429,

        // What the agent's server says about the request itself; not worth a second try, which 5xx would invite.
        (ErrorSide.Client, _, _) or (ErrorSide.Agent, ErrorCause.Rejected, _) => 400,
        (ErrorSide.Agent, ErrorCause.TimedOut, _) => 504,
        (ErrorSide.Agent, _, _) => 502,
        (ErrorSide.Store, _, _) => 503,
        _ => 500,
    };

    private static string? CodeOf(RunError error) => error switch
    {
        { Side: ErrorSide.Client, Cause: ErrorCause.Unauthorised, Code: "missing_key" or "invalid_key" } => "invalid_api_key",
        { Cause: ErrorCause.Cancelled } => error.Code ?? "cancelled",
        _ => error.Code,
    };

    internal static string TypeOf(RunError error) => (error.Side, error.Cause) switch
    {
        (_, ErrorCause.Limit) when error.Code != "body_too_large" => "rate_limit_error",
        (ErrorSide.Client, _) or (ErrorSide.Agent, ErrorCause.Rejected) => "invalid_request_error",
        _ => "server_error",
    };

    /// <summary>The cause that a status tells.</summary>
    internal static ErrorCause CauseOf(int status) => status switch
    {
        401 or 403 => ErrorCause.Unauthorised,
        404 => ErrorCause.NotFound,
        408 or 504 => ErrorCause.TimedOut,
        429 => ErrorCause.Limit,
        499 => ErrorCause.Cancelled,
        >= 400 and < 500 => ErrorCause.Rejected,
        _ => ErrorCause.Unavailable,
    };

    private static ErrorCause? CauseOf(string? type, string? code)
    {
        if (Is("rate_limit") || Is("quota") || Is("too_many")) return ErrorCause.Limit;
        if (Is("api_key") || Is("authentication") || Is("permission") || Is("unauthorized")) return ErrorCause.Unauthorised;
        if (Is("timeout") || Is("stalled")) return ErrorCause.TimedOut;
        if (Is("cancelled")) return ErrorCause.Cancelled;
        if (Is("not_found")) return ErrorCause.NotFound;
        if (Is("malformed") || Is("incomplete") || Is("too_large")) return ErrorCause.Malformed;
        if (Is("invalid") || Is("context_length") || Is("upstream_rejected")) return ErrorCause.Rejected;
        return null;

        bool Is(string word) => Has(code, word) || Has(type, word);
        static bool Has(string? text, string word) => text?.Contains(word, StringComparison.OrdinalIgnoreCase) == true;
    }

    private static string MessageOf(ErrorCause cause) => cause switch
    {
        ErrorCause.Unauthorised => "The agent's server refused the agent's key.",
        ErrorCause.NotFound => "The agent's server does not know the agent's model.",
        ErrorCause.TimedOut => "The agent's server took too long.",
        ErrorCause.Limit => "The agent's server takes no more requests for now.",
        ErrorCause.Cancelled => "The agent's server cancelled the answer.",
        ErrorCause.Malformed => "The agent's server got an answer that it could not read.",
        _ => "The agent's server failed.",
    };

    private static string CodeOf(ErrorCause cause) => cause switch
    {
        ErrorCause.Unauthorised => "upstream_unauthorized",
        ErrorCause.NotFound => "upstream_not_found",
        ErrorCause.TimedOut => "upstream_timeout",
        ErrorCause.Limit => "upstream_rate_limited",
        ErrorCause.Cancelled => "cancelled",
        ErrorCause.Malformed => "upstream_malformed",
        _ => "upstream_error",
    };

    private static void ReadMembers(ref Utf8JsonReader json, ref string? message, ref string? type, ref string? code)
    {
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("error"u8) || json.ValueTextEquals("detail"u8)) ReadError(ref json, ref message, ref type, ref code);
            else if (json.ValueTextEquals("message"u8)) message = json.ReadText() ?? message;
            else if (json.ValueTextEquals("type"u8)) type = json.ReadText() ?? type;
            else if (json.ValueTextEquals("code"u8)) code = ReadCode(ref json) ?? code;
            else json.SkipValue();
        }
    }

    private static void ReadError(ref Utf8JsonReader json, ref string? message, ref string? type, ref string? code)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.StartObject) ReadMembers(ref json, ref message, ref type, ref code);
        else if (json.TokenType == JsonTokenType.String) message = JsonText.ReadTolerant(json);
        else json.Skip();
    }

    private static string? ReadCode(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String) return JsonText.ReadTolerant(json) is { Length: > 0 } text ? text : null;
        if (json.TokenType == JsonTokenType.Number && json.TryGetInt32(out var number)) return number.ToString(CultureInfo.InvariantCulture);
        json.Skip();
        return null;
    }
}
