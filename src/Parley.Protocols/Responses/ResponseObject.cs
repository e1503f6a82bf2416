using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>
/// A response: what its request said, repeated, and the fold of its run so far. Members stand as Foundry writes them, then those that only OpenAI
/// has; clients that know one of the two pass over what is of the other.
/// </summary>
public sealed class ResponseObject
{
    // What a response says where its request said nothing. Foundry's workflows have no model, and so no values for one.
    private static readonly (string Name, string Default, string? Workflow)[] Before =
    [
        ("temperature", "1", "null"), ("top_p", "1", "null"), ("user", "null", null), ("service_tier", "\"default\"", "\"auto\""),
    ];

    private static readonly (string Name, string Default, string? Workflow)[] Between =
    [
        ("tools", "[]", null), ("tool_choice", "\"auto\"", null), ("truncation", "\"disabled\"", "\"auto\""),
    ];

    private static readonly (string Name, string Default, string? Workflow)[] After =
    [
        ("text", "{\"format\":{\"type\":\"text\"}}", null), ("reasoning", "{\"effort\":null,\"summary\":null}", null), ("max_output_tokens", "null", null), ("max_tool_calls", "null", null),
        ("top_logprobs", "0", null), ("presence_penalty", "0", null), ("frequency_penalty", "0", null), ("safety_identifier", "null", null), ("prompt_cache_key", "null", null),
    ];

    private readonly Run _run;
    private readonly ResponsesView _view;
    private readonly byte[] _head;
    private readonly byte[] _tail;

    /// <param name="run">The header of the run.</param>
    public ResponseObject(Run run) : this(run, new ResponsesView(run))
    {
    }

    internal ResponseObject(Run run, ResponsesView view)
    {
        (_run, _view) = (run, view);

        // The same in every copy of the response that a stream has.
        using var echo = JsonDocument.Parse(view.Rendering.Echo?.Text ?? "{}", OpenAiJson.Deep);
        _head = Build(json => WriteHead(json, echo.RootElement));
        _tail = Build(json => WriteTail(json, echo.RootElement));
    }

    /// <summary>Writes the response of a run that has ended.</summary>
    internal static void Write(Run run, RunState state, bool keepPeerIds, IBufferWriter<byte> into) => new ResponseObject(run, new ResponsesView(run, keepPeerIds)).Write(state, into);

    internal bool IsBackground => _run.Background;

    /// <summary>Writes the response as it stands.</summary>
    public void Write(RunState state, IBufferWriter<byte> into) => Write(state, StatusOf(state), into);

    internal void Write(RunState state, string status, IBufferWriter<byte> into)
    {
        var hasEnded = state.End is not null;
        into.Write("{"u8);
        into.Write(_head);
        into.Write(","u8);
        var json = new JsonLine(into, JsonEscaping.Minimal);
        json.String("status"u8, status).Number("created_at"u8, _run.CreatedAt.ToUnixTimeSeconds());
        json.Name("completed_at"u8);
        if (status == "completed") json.Number((state.EndedAt ?? _run.CreatedAt).ToUnixTimeSeconds());
        else json.Null();
        ResponsesErrors.WriteRunError(json.Name("error"u8), (state.End as RunFailed)?.Error);
        json.Name("incomplete_details"u8);
        if (state.End is RunCompleted { Finish: { IsIncomplete: true } finish }) json.Object().String("reason"u8, finish == FinishReason.Length ? "max_output_tokens" : "content_filter").EndObject();
        else json.Null();
        json.Name("output"u8).Array();
        if (status != "queued")
            foreach (var item in state.Items)
                if (ResponsesItem.IsShown(item.Head)) _view.Show(item, state).Write(json);
        json.EndArray();
        if (hasEnded && _view.Rendering.ShowsAgent) json.String("output_text"u8, string.Concat(state.Items.Where(item => item.Head is MessageItem).Select(item => item.Text)));
        if (hasEnded) ResponsesUsage.Write(json.Name("usage"u8), state.End!.Usage);
        else if (!_view.IsWorkflow) json.Name("usage"u8).Null();
        into.Write(","u8);
        into.Write(_tail);
        into.Write("}"u8);
    }

    /// <summary>The word for where a response stands. One that waits has said all that it will say.</summary>
    private string StatusOf(RunState state) => state.End switch
    {
        null when !state.Started && _run.Background => "queued",
        null => "in_progress",
        RunCompleted { Finish.IsIncomplete: true } => "incomplete",
        RunFailed => "failed",
        RunCancelled => "cancelled",
        _ => "completed",
    };

    private void WriteHead(JsonLine json, JsonElement echo)
    {
        ResponsesLists.WriteMetadata(json, _run.Metadata);
        WriteEchoes(json, echo, Before);
        json.String("model"u8, _view.Rendering.Model).Name("background"u8).Bool(_run.Background);
        WriteEchoes(json, echo, Between);
        json.String("id"u8, _view.Response).String("object"u8, "response");
    }

    private void WriteTail(JsonLine json, JsonElement echo)
    {
        json.StringOrNull("instructions"u8, _run.Request.Instructions ?? (_view.IsWorkflow ? "" : null));
        WriteEchoes(json, echo, [("parallel_tool_calls", "true", null)]);
        json.Name("conversation"u8);
        if (_view.Conversation is { } conversation) json.Object().String("id"u8, conversation).EndObject();
        else json.Null();
        if (_view.Rendering.ShowsAgent)
        {
            ResponsesAgentRef.Write(json.Name("agent"u8), _run.Agent, "agent_id");
            ResponsesAgentRef.Write(json.Name("agent_reference"u8), _run.Agent, "agent_reference");
            WriteEchoes(json, echo, [("structured_inputs", "{}", null)]);
        }

        json.StringOrNull("previous_response_id"u8, _view.Rendering.Previous).Name("store"u8).Bool(_run.Stored && !_run.Detached);
        WriteEchoes(json, echo, After);
    }

    private void WriteEchoes(JsonLine json, JsonElement echo, ReadOnlySpan<(string Name, string Default, string? Workflow)> members)
    {
        foreach (var (name, @default, workflow) in members)
        {
            json.Name(name.AsSpan());
            if (echo.TryGetProperty(name, out var said)) json.Raw(JsonMarshal.GetRawUtf8Value(said));
            else json.Raw(new RawJson(_view.IsWorkflow ? workflow ?? @default : @default));
        }
    }

    // The members of an object, without its braces.
    private static byte[] Build(Action<JsonLine> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        write(new JsonLine(buffer, JsonEscaping.Minimal));
        return buffer.WrittenSpan.ToArray();
    }
}
