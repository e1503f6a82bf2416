using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>How a run's failure is told in a response and in its stream. What precedes an answer is OpenAI's common error body.</summary>
internal static class ResponsesErrors
{
    /// <summary>The <c>error</c> of a response: null, or one of OpenAI's codes and a message.</summary>
    public static void WriteRunError(JsonLine json, RunError? error)
    {
        if (error is null) json.Null();
        else json.Object().String("code"u8, CodeOf(error)).String("message"u8, error.PublicMessage).EndObject();
    }

    /// <summary>
    /// The members of an event <c>error</c>: flat as OpenAI has them, and nested as Open Responses does. With the latter OpenAI's own clients throw,
    /// which is what their callers want of a broken stream.
    /// </summary>
    public static void WriteEvent(JsonLine json, RunError error)
    {
        var code = CodeOf(error);
        json.String("code"u8, code).String("message"u8, error.PublicMessage).Name("param"u8).Null();
        json.Name("error"u8).Object().String("type"u8, TypeOf(error)).String("code"u8, code).String("message"u8, error.PublicMessage).Name("param"u8).Null().EndObject();
    }

    private static string CodeOf(RunError error) => (error.Side, error.Cause) switch
    {
        (_, ErrorCause.Limit) => "rate_limit_exceeded",
        (ErrorSide.Client, _) or (_, ErrorCause.Rejected) => "invalid_prompt",
        _ => "server_error",
    };

    private static string TypeOf(RunError error) => (error.Side, error.Cause) switch
    {
        (_, ErrorCause.Limit) => "too_many_requests",
        (ErrorSide.Client, _) or (_, ErrorCause.Rejected) => "invalid_request",
        (ErrorSide.Agent, _) => "model_error",
        _ => "server_error",
    };
}
