using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Parley.Protocols.Sse;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>
/// Coze's answers that are no streams, both ways: the list of a chat's messages, the answer to a workflow's run, an error. What is in them is read
/// as the events that would have told it.
/// </summary>
internal static class CozeBody
{
    private const string Nothing = "The agent's server did not answer with a stream.";

    /// <summary>Reads a body.</summary>
    public static void Read(ReadOnlySpan<byte> body, List<RunEvent> into)
    {
        if (body.StartsWith("\uFEFF"u8)) body = body[3..];
        if (CozeChatFrames.PlainErrorOf(body) is { } error)
        {
            into.Add(new RunFailed(error));
            return;
        }

        try
        {
            var data = JsonElement.Parse(body).GetProperty("data");
            if (data.ValueKind == JsonValueKind.Array) ReadMessages(data, into);
            else if (data.ValueKind == JsonValueKind.String) ReadOutput(data, JsonElement.Parse(body), into);
            else into.Add(new RunFailed(CozeErrors.Malformed(Nothing)));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            into.Add(new RunFailed(CozeErrors.Malformed(Nothing)));
        }
    }

    /// <summary>Writes the list of the messages of a run that has ended, or its error.</summary>
    public static void WriteMessages(Run run, RunState state, bool keepPeerIds, IBufferWriter<byte> into)
    {
        if (WritesError(state, into)) return;
        var view = new CozeView(run, keepPeerIds);
        view.Started(new RunStarted(Upstream: run.Upstream));
        var line = CozeWriter.BeginAnswer(into).Name("data"u8).Array();
        foreach (var message in view.Messages(state, isLast: true)) CozeWriter.WriteMessage(message, line);
        CozeWriter.EndAnswer(line.EndArray(), "");
    }

    /// <summary>Writes the answer to a workflow's run that has ended.</summary>
    public static void WriteRun(Run run, RunState state, IBufferWriter<byte> into)
    {
        if (WritesError(state, into)) return;
        var line = CozeWriter.BeginAnswer(into);
        CozeWriter.WriteWorkflowRun(new CozeWorkflowView([run], [state]), line);
        CozeWriter.EndAnswer(line, "");
    }

    private static bool WritesError(RunState state, IBufferWriter<byte> into)
    {
        var error = state.End switch
        {
            RunFailed failed => failed.Error,
            RunCancelled => new RunError(ErrorSide.Server, ErrorCause.Cancelled, "The run was cancelled.", true),
            _ => null,
        };
        if (error is null) return false;
        CozeWriter.WriteError(error, "", into);
        return true;
    }

    private static void ReadMessages(JsonElement messages, List<RunEvent> into)
    {
        var reader = new CozeStreamReader();
        var chat = "{}"u8.ToArray();
        foreach (var message in messages.EnumerateArray())
        {
            // The question is no part of the answer.
            if (CozeChatFrames.TextOf(message, "role") == "user") continue;
            if (into.Count == 0)
            {
                chat = ChatOf(message);
                reader.Read(new SseFrame(CozeEvents.ChatCreated, chat), into);
            }

            reader.Read(new SseFrame(CozeEvents.MessageCompleted, JsonMarshal.GetRawUtf8Value(message)), into);
        }

        reader.Read(new SseFrame(CozeEvents.ChatCompleted, chat), into);
        reader.Read(new SseFrame(CozeEvents.Done, "\"[DONE]\""u8), into);
    }

    private static byte[] ChatOf(JsonElement message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        CozeWriter.Line(buffer).Object()
            .String("id"u8, CozeChatFrames.TextOf(message, "chat_id")).String("conversation_id"u8, CozeChatFrames.TextOf(message, "conversation_id")).String("bot_id"u8, CozeChatFrames.TextOf(message, "bot_id"))
            .EndObject();
        return buffer.WrittenSpan.ToArray();
    }

    private static void ReadOutput(JsonElement data, JsonElement body, List<RunEvent> into)
    {
        var reader = new CozeWorkflowStreamReader();
        var buffer = new ArrayBufferWriter<byte>();
        var line = CozeWriter.Line(buffer).Object()
            .Name("content"u8).Raw(JsonMarshal.GetRawUtf8Value(data)).String("content_type"u8, CozeContentTypes.Text)
            .String("node_title"u8, "").String("node_seq_id"u8, "0").Name("node_is_finish"u8).Bool(true).String("node_type"u8, "End");
        if (body.TryGetProperty("usage", out var usage)) line.Name("usage"u8).Raw(JsonMarshal.GetRawUtf8Value(usage));
        line.EndObject();
        reader.Read(new SseFrame(CozeWorkflowEvents.Message, buffer.WrittenSpan), into);
        if (body.TryGetProperty("interrupt_data", out var interrupt) && interrupt.ValueKind == JsonValueKind.Object)
        {
            buffer.ResetWrittenCount();
            CozeWriter.Line(buffer).Object().Name("interrupt_data"u8).Raw(JsonMarshal.GetRawUtf8Value(interrupt)).EndObject();
            reader.Read(new SseFrame(CozeWorkflowEvents.Interrupt, buffer.WrittenSpan), into);
            reader.End(into);
            return;
        }

        reader.Read(new SseFrame(CozeWorkflowEvents.Done, "{}"u8), into);
    }
}
