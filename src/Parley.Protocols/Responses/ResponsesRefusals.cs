using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>Errors before an answer, in the words of this dialect: what runs and stores are asked by has other names in a request.</summary>
public static class ResponsesRefusals
{
    /// <summary>Writes an error as the body of an answer.</summary>
    public static void Write(JsonLine json, RunError error) => OpenAiErrors.Write(json, Named(error));

    internal static RunError Named(RunError error) => (error.Param, error.Code, error.Cause) switch
    {
        _ when error.Side != ErrorSide.Client => error,
        ("conversation_id", _, ErrorCause.Busy) => error with
        {
            Message = "Cannot create a new response while an in-progress response exists in this conversation.",
            Param = "conversation",
            Code = "conversation_busy",
        },
        ("conversation_id", "conversation", _) => error with { Param = "conversation", Code = "conversation_not_found" },
        ("parent", _, _) => error with { Message = "The previous response does not exist any more.", Param = "previous_response_id", Code = "previous_response_not_found" },
        (_, "tool_outputs", _) => error with { Param = "input", Code = null },
        ("after" or "before", _, ErrorCause.NotFound) => error with { Message = $"'{error.Param}' names no item of this list.", Code = null },
        _ => error,
    };
}
