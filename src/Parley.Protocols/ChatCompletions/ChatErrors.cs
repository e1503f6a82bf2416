using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.ChatCompletions;

/// <summary>Errors in the words of Chat Completions: what runs and stores are asked by has other names in a request.</summary>
public static class ChatErrors
{
    /// <summary>Writes an error as the body of an answer, or the data of an event.</summary>
    public static void Write(JsonLine json, RunError error) => OpenAiErrors.Write(json, error.Side == ErrorSide.Client ? Named(error) : error);

    private static RunError Named(RunError error) => (error.Param, error.Code) switch
    {
        ("conversation_id", "conversation") => error with { Param = "parley-conversation", Code = "conversation_not_found" },
        ("conversation_id", _) => error with { Param = "parley-conversation" },
        (_, "tool_outputs") => error with { Param = "messages", Code = null },
        _ => error,
    };
}
