using System.Runtime.InteropServices;
using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.ChatCompletions;

/// <summary>
/// What a chunk says, found in one pass: the places of its texts within the bytes, nothing copied. A body that was not streamed is read
/// as one chunk, its <c>message</c> as the <c>delta</c>. Reused from chunk to chunk.
/// </summary>
internal sealed class ChatChunk
{
    private readonly List<ChatChunkCall> _calls = [];

    /// <summary>The completion's id, of the first chunk that has one.</summary>
    public string? Id { get; private set; }

    /// <summary>The model, of the first chunk that names one.</summary>
    public string? Model { get; private set; }

    /// <summary>The answer's text.</summary>
    public ChatText Content { get; private set; }

    /// <summary>Further texts of an answer that comes as a list of parts.</summary>
    public List<ChatText>? MoreContent { get; private set; }

    /// <summary>Reasoning.</summary>
    public ChatText Reasoning { get; private set; }

    /// <summary>A refusal.</summary>
    public ChatText Refusal { get; private set; }

    /// <summary>Tool calls.</summary>
    public ReadOnlySpan<ChatChunkCall> Calls => CollectionsMarshal.AsSpan(_calls);

    /// <summary>Citations.</summary>
    public List<Annotation>? Annotations { get; private set; }

    /// <summary>Why the answer ended, if it has.</summary>
    public string? Finish { get; private set; }

    /// <summary>Tokens spent, if told.</summary>
    public Usage? Usage { get; private set; }

    /// <summary>The peer's error, if it is one.</summary>
    public RunError? Error { get; private set; }

    /// <summary>Reads a chunk.</summary>
    /// <exception cref="JsonException">It is not JSON, or not an object.</exception>
    public void Read(ReadOnlySpan<byte> data)
    {
        Reset();
        var json = new Utf8JsonReader(data);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject) throw new JsonException("A chunk must be an object.");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("choices"u8)) ReadChoices(ref json);
            else if (json.ValueTextEquals("usage"u8)) Usage = ChatUsage.Read(ref json);
            else if (Model is null && json.ValueTextEquals("model"u8)) Model = json.ReadText();
            else if (Id is null && json.ValueTextEquals("id"u8)) Id = json.ReadText();
            else if (json.ValueTextEquals("error"u8)) ReadError(ref json, data);
            // vLLM's errors, {"object":"error","message":…}.
            else if (json.ValueTextEquals("object"u8)) Error = json.ReadText() == "error" ? OpenAiErrors.Read(null, data) : Error;
            else json.SkipValue();
        }

        if (json.TokenType != JsonTokenType.EndObject || json.Read()) throw new JsonException("A chunk must be one object.");
    }

    private void Reset()
    {
        _calls.Clear();
        (Content, Reasoning, Refusal) = (default, default, default);
        (MoreContent, Annotations, Finish, Usage, Error) = (null, null, null, null, null);
    }

    private void ReadError(ref Utf8JsonReader json, ReadOnlySpan<byte> data)
    {
        json.Read();
        var isError = json.TokenType is JsonTokenType.StartObject or JsonTokenType.String;
        json.Skip();
        if (isError) Error = OpenAiErrors.Read(null, data);
    }

    private void ReadChoices(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
        {
            // Some servers write null beside the usage.
            json.Skip();
            return;
        }

        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.StartObject)
            {
                json.Skip();
                continue;
            }

            // The index may stand behind the delta: look first, then read.
            var ahead = json;
            if (IndexOf(ref ahead) == 0) ReadChoice(ref json);
            else json.Skip();
        }
    }

    private static int IndexOf(ref Utf8JsonReader json)
    {
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("index"u8)) return json.ReadInt() ?? 0;
            json.SkipValue();
        }

        return 0;
    }

    private void ReadChoice(ref Utf8JsonReader json)
    {
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("delta"u8) || json.ValueTextEquals("message"u8)) ReadDelta(ref json);
            else if (json.ValueTextEquals("finish_reason"u8)) Finish = json.ReadText() ?? Finish;
            else json.SkipValue();
        }
    }

    private void ReadDelta(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("content"u8)) ReadContent(ref json);
            else if (json.ValueTextEquals("reasoning_content"u8)) Reasoning = ChatText.Read(ref json) is { IsEmpty: false } text ? text : Reasoning;
            // OpenRouter's and Ollama's word; where both are sent they say the same.
            else if (json.ValueTextEquals("reasoning"u8)) Reasoning = ChatText.Read(ref json) is { IsEmpty: false } other && Reasoning.IsEmpty ? other : Reasoning;
            else if (json.ValueTextEquals("refusal"u8)) Refusal = ChatText.Read(ref json);
            else if (json.ValueTextEquals("tool_calls"u8)) ReadCalls(ref json);
            else if (json.ValueTextEquals("annotations"u8)) Annotations = ChatAnnotations.Read(ref json);
            else json.SkipValue();
        }
    }

    // A string, or as Mistral does a list of parts.
    private void ReadContent(ref Utf8JsonReader json)
    {
        var ahead = json;
        ahead.Read();
        if (ahead.TokenType != JsonTokenType.StartArray)
        {
            Content = ChatText.Read(ref json);
            return;
        }

        json.Read();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.StartObject)
            {
                json.Skip();
                continue;
            }

            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("text"u8)) (MoreContent ??= []).Add(ChatText.Read(ref json));
                else json.SkipValue();
            }
        }
    }

    private void ReadCalls(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
        {
            json.Skip();
            return;
        }

        for (var position = 0; json.Read() && json.TokenType != JsonTokenType.EndArray; position++)
        {
            if (json.TokenType == JsonTokenType.StartObject) _calls.Add(ChatChunkCall.Read(ref json, position));
            else json.Skip();
        }
    }
}
