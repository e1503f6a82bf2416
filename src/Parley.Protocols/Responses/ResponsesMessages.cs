using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>
/// The messages of the WebSocket transport that are no events of a response, as the Open Responses specification has them: a request, which is always
/// for a stream, and an error without a response.
/// </summary>
public static class ResponsesMessages
{
    private const string Create = "response.create";

    /// <summary>Reads a request: the body of one over HTTP, with its type.</summary>
    /// <exception cref="RunException">It is not valid; the error says where.</exception>
    public static ResponsesRequest ReadCreate(ReadOnlyMemory<byte> message) => OpenAiBody.Read(message, static root =>
    {
        if (root.RequiredString("type", "") is not Create and var type) throw OpenAiJson.Invalid("type", $"Invalid value: '{type}'. Supported values are: '{Create}'.");
        foreach (var name in (ReadOnlySpan<string>)["stream", "stream_options", "background"])
            if (root.TryGet(name, out _)) throw OpenAiJson.Invalid(name, $"'{name}' is not supported over a WebSocket, where every response is streamed.", "unsupported_parameter");
        return ResponsesRequestReader.ReadCreate(root) with { Stream = true };
    });

    /// <summary>Writes an error.</summary>
    public static void WriteError(JsonLine json, RunError error)
    {
        var named = ResponsesRefusals.Named(error);
        var type = OpenAiErrors.TypeOf(named);
        json.Object().String("type"u8, "error").Number("status"u8, OpenAiErrors.StatusOf(named)).Name("error"u8).Object()
            .String("type"u8, type).String("code"u8, named.Code ?? type).String("message"u8, named.PublicMessage).StringOrNull("param"u8, named.Param).EndObject().EndObject();
    }
}
