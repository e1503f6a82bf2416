using System.Globalization;
using System.Text;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>Coze's error codes, both ways.</summary>
public static class CozeErrors
{
    internal const string TooMuchMetadata = "4003";
    internal const string TooManyMessages = "4004";
    internal const string EmptyFile = "4300";
    internal const string TooManyFiles = "4301";
    internal const string FileTooLarge = "4302";
    internal const string UnknownFileType = "4303";
    internal const string BadUpload = "4304";

    /// <summary>The code that Coze has for an error.</summary>
    public static int CodeOf(RunError error)
    {
        // A peer that refuses our key must not look like a refusal of the client's.
        if (error is { Side: ErrorSide.Client } or { Cause: not ErrorCause.Unauthorised } && Own(error) is { } own) return own;
        return (error.Side, error.Cause) switch
        {
            (ErrorSide.Client, ErrorCause.Unauthorised) => error.Code == "loopback_only" ? 4101 : 4100,
            (ErrorSide.Client, ErrorCause.NotFound) => NotFoundCodeOf(error.Param),
            (ErrorSide.Client, ErrorCause.Busy) => 4016,
            (ErrorSide.Client, ErrorCause.Limit) => error.Code == "body_too_large" ? 4000 : 4013,
            (ErrorSide.Client, _) => 4000,
            (ErrorSide.Agent, ErrorCause.Limit) => 4020,
            _ => 5000,
        };
    }

    /// <summary>The text that Coze's clients are shown: what a client may read, with the field that is at fault.</summary>
    public static string MessageOf(RunError error)
    {
        if (CodeOf(error) == 4100) return "authentication is invalid";
        var message = error.PublicMessage;
        return error.Side == ErrorSide.Client && FieldOf(error) is { Length: > 0 } field && !message.Contains(field, StringComparison.Ordinal)
            ? $"{message} ({field})"
            : message;
    }

    // Stores and agents do not know what the request calls it.
    private static string? FieldOf(RunError error) => (error.Param, error.Code) switch
    {
        ("after" or "before", _) => error.Param + "_id",
        ("messages", "unsupported_media") => "additional_messages",
        _ => error.Param,
    };

    /// <summary>The HTTP status of an error, where real statuses are wanted.</summary>
    public static int StatusOf(RunError error) => CodeOf(error) switch
    {
        4100 => 401,
        4101 => 403,
        4001 or 4002 or 4005 or 4006 or 4200 => 404,
        4016 or 4104 => 409,
        4013 or 4020 or 4008 or 4009 => 429,
        5000 => (error.Side, error.Cause) switch
        {
            (ErrorSide.Agent, ErrorCause.TimedOut) => 504,
            (ErrorSide.Agent, _) => 502,
            (ErrorSide.Store, _) => 503,
            _ => 500,
        },
        4302 => 413,
        _ => error.Code == "body_too_large" ? 413 : 400,
    };

    /// <summary>The error that a Coze peer means by a code, from our side of it: the agent's.</summary>
    public static RunError Read(string? code, string? message)
    {
        int.TryParse(code, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number);
        return Of(CauseOf(number), message, number == 0 ? null : number.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The error of an answer whose status is not 2xx: the code of its body says what it is, if it has one of Coze's, else the status.</summary>
    public static RunError Read(int status, ReadOnlySpan<byte> body)
    {
        var told = CozeChatFrames.PlainErrorOf(body);
        if (told?.Code is { } code && int.TryParse(code, CultureInfo.InvariantCulture, out var number) && number >= 4000) return told;
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

        // The open-source server refuses in plain text. What else is no JSON is some gateway's page.
        var text = cause == ErrorCause.Rejected && body.Length is > 0 and <= 500 && body[0] != '<' ? Encoding.UTF8.GetString(body).Trim() : null;
        return Of(cause, told is null ? text : told.Message, null);
    }

    internal static RunError Malformed(string message) => new(ErrorSide.Agent, ErrorCause.Malformed, message, true, "malformed_stream");

    internal static RunException Refused(string message, string field, string? code = null) => new(RunError.Rejected(message, field, code));

    // What a peer says of our key is no business of the client's, and may repeat the key.
    private static RunError Of(ErrorCause cause, string? message, string? code) => new(
        ErrorSide.Agent, cause,
        cause == ErrorCause.Unauthorised ? "The agent's server refused the agent's key." : string.IsNullOrEmpty(message) ? "The agent failed." : message,
        true, code);

    private static ErrorCause CauseOf(int code) => code switch
    {
        4100 or 4101 or 700012006 => ErrorCause.Unauthorised,
        4001 or 4002 or 4005 or 4006 or 4200 => ErrorCause.NotFound,
        4016 => ErrorCause.Busy,
        4008 or 4009 or 4011 or 4013 or 4020 or 4028 => ErrorCause.Limit,
        >= 4000 and < 5000 => ErrorCause.Rejected,
        _ => ErrorCause.Unavailable,
    };

    // A code of another protocol may be a number too (429); Coze's begin at 4000.
    private static int? Own(RunError error)
        => int.TryParse(error.Code, NumberStyles.None, CultureInfo.InvariantCulture, out var code) && code >= 4000 ? code : null;

    private static int NotFoundCodeOf(string? field) => field switch
    {
        "conversation" or "conversation_id" => 4001,
        "message" or "message_id" or "before" or "after" or "before_id" or "after_id" => 4005,
        _ => 4200,
    };
}
