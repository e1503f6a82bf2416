using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.DashScope;

/// <summary>DashScope's errors, both ways: <c>{code, message, request_id}</c>. Read, they are always the agent's.</summary>
internal static class DashScopeErrors
{
    // The beginnings of codes, as models add more behind a point.
    private static readonly (string Word, ErrorCause Cause)[] Causes =
    [
        ("InvalidApiKey", ErrorCause.Unauthorised), ("AccessDenied", ErrorCause.Unauthorised), ("Unpurchased", ErrorCause.Unauthorised), ("Forbidden", ErrorCause.Unauthorised),
        ("Throttling", ErrorCause.Limit), ("Arrearage", ErrorCause.Limit), ("PrepaidBillOverdue", ErrorCause.Limit), ("PostpaidBillOverdue", ErrorCause.Limit),
        ("LimitRequests", ErrorCause.Limit), ("RequestTimeOut", ErrorCause.TimedOut), ("ModelNotFound", ErrorCause.NotFound), ("WorkSpaceNotFound", ErrorCause.NotFound),
        ("NotFound", ErrorCause.NotFound), ("DataInspectionFailed", ErrorCause.Rejected), ("data_inspection_failed", ErrorCause.Rejected), ("InvalidParameter", ErrorCause.Rejected),
        ("BadRequest", ErrorCause.Rejected), ("InvalidURL", ErrorCause.Rejected), ("UnsupportedOperation", ErrorCause.Rejected), ("Cancelled", ErrorCause.Cancelled),
        ("InternalError", ErrorCause.Unavailable), ("ModelUnavailable", ErrorCause.Unavailable), ("SystemError", ErrorCause.Unavailable), ("ModelServiceFailed", ErrorCause.Unavailable),
    ];

    /// <summary>Reads the body of an answer whose status is an error; a gateway before DashScope writes OpenAI's form.</summary>
    public static RunError Read(int status, ReadOnlySpan<byte> body)
    {
        try
        {
            var frame = new DashScopeFrame();
            frame.Read(body);
            if (frame.Code is not null) return Of(status, frame);
        }
        catch (JsonException)
        {
            // The status says enough.
        }

        return OpenAiErrors.Read(status, body);
    }

    /// <summary>The error that a frame tells.</summary>
    public static RunError Of(int? status, DashScopeFrame frame)
    {
        return OpenAiErrors.Of(CauseOf(frame.Code) ?? OpenAiErrors.CauseOf(status ?? 500), frame.Message, frame.Code);
    }

    /// <summary>Writes an error as the data of an event, or as a body. A code that tells its readers another cause, or none, gives way to DashScope's own.</summary>
    public static void Write(JsonLine json, RunError error, string request)
        => json.Object().String("code"u8, CauseOf(error.Code) == error.Cause ? error.Code! : WordOf(error)).String("message"u8, error.PublicMessage).String("request_id"u8, request).EndObject();

    /// <summary>The HTTP status, which a stream tells in a comment.</summary>
    public static int StatusOf(RunError error) => OpenAiErrors.StatusOf(error);

    private static ErrorCause? CauseOf(string? code)
    {
        foreach (var (word, cause) in Causes)
            if (code?.StartsWith(word, StringComparison.OrdinalIgnoreCase) == true) return cause;
        return null;
    }

    private static string WordOf(RunError error) => error.Cause switch
    {
        ErrorCause.Unauthorised => "InvalidApiKey",
        ErrorCause.Limit => "Throttling",
        ErrorCause.TimedOut => "RequestTimeOut",
        ErrorCause.NotFound => "ModelNotFound",
        ErrorCause.Rejected => "InvalidParameter",
        ErrorCause.Cancelled => "Cancelled",
        _ => "InternalError",
    };
}
