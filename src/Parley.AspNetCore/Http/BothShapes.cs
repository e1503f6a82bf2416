using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Parley.AspNetCore.Endpoints;
using Parley.Protocols.Tongyi;
using Parley.Runs;

namespace Parley.AspNetCore.Http;

/// <summary>
/// An error where no protocol is known: Coze's <c>code</c>, <c>msg</c> and <c>detail.logid</c> beside OpenAI's <c>error</c>, so that the
/// clients of both find what they look for. Under Tongyi's paths its members are there too.
/// </summary>
internal static class BothShapes
{
    /// <summary>The HTTP status of an error.</summary>
    public static int StatusOf(RunError error) => (error.Side, error.Cause, error.Code) switch
    {
        (ErrorSide.Client, _, "body_too_large") => StatusCodes.Status413PayloadTooLarge,
        (ErrorSide.Client, ErrorCause.Unauthorised, "loopback_only") => StatusCodes.Status403Forbidden,
        (ErrorSide.Client, ErrorCause.Unauthorised, _) => StatusCodes.Status401Unauthorized,
        (ErrorSide.Client, ErrorCause.NotFound, _) => StatusCodes.Status404NotFound,
        (ErrorSide.Client, ErrorCause.Busy, _) => StatusCodes.Status409Conflict,
        (ErrorSide.Client or ErrorSide.Agent, ErrorCause.Limit, _) => StatusCodes.Status429TooManyRequests,
        (ErrorSide.Client, _, _) => StatusCodes.Status400BadRequest,
        (ErrorSide.Agent, ErrorCause.TimedOut, _) => StatusCodes.Status504GatewayTimeout,
        (ErrorSide.Agent, _, _) => StatusCodes.Status502BadGateway,
        (ErrorSide.Store, _, _) => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>Writes the error, compact and with no newline at its end.</summary>
    public static Task WriteAsync(HttpContext context, int status, RunError error)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("code", CozeCodeOf(status));
            json.WriteString("msg", error.PublicMessage);
            json.WriteStartObject("detail");
            json.WriteString("logid", LogId.Of(context));
            json.WriteEndObject();
            json.WriteStartObject("error");
            json.WriteString("message", error.PublicMessage);
            json.WriteString("type", TypeOf(status));
            json.WriteString("param", error.Param);
            json.WriteString("code", error.Code);
            json.WriteEndObject();
            if (IsTongyi(context.Request.Path)) WriteTongyi(json, context, status, error);
            json.WriteEndObject();
        }

        return JsonAnswer.SendAsync(context, status, buffer.WrittenMemory);
    }

    private static bool IsTongyi(PathString path) => path.StartsWithSegments("/dialog") || path.StartsWithSegments("/assistant/api");

    private static void WriteTongyi(Utf8JsonWriter json, HttpContext context, int status, RunError error)
    {
        json.WriteNull("data");

        // What is not there is a path, no session.
        json.WriteString("errorCode", error.Cause == ErrorCause.NotFound ? "INVALID_PARAM" : TongyiErrors.CodeOf(error));
        json.WriteString("errorMsg", TongyiErrors.MessageOf(error));
        json.WriteBoolean("failed", true);
        json.WriteNumber("httpCode", status);
        json.WriteBoolean("success", false);
        json.WriteString("traceId", TongyiCall.TraceOf(context));
    }

    private static int CozeCodeOf(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => 4100,
        StatusCodes.Status403Forbidden => 4101,
        StatusCodes.Status429TooManyRequests => 4013,
        >= 500 => 5000,
        _ => 4000,
    };

    private static string TypeOf(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => "authentication_error",
        StatusCodes.Status403Forbidden => "permission_error",
        StatusCodes.Status429TooManyRequests => "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };
}
