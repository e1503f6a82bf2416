using System.Runtime.InteropServices;
using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.DashScope;

/// <summary>
/// What a frame says, found in one pass: the places of its texts within the bytes, nothing copied. A model's and an application's frames differ in
/// their members only, and a body that was not streamed is one frame. Reused from frame to frame.
/// </summary>
internal sealed class DashScopeFrame
{
    private readonly List<ChatChunkCall> _calls = [];
    private readonly List<ChatText> _texts = [];
    private readonly List<DashScopeThought> _thoughts = [];
    private string? _model;

    /// <summary>The application's session, of the first frame that has one.</summary>
    public string? Session { get; private set; }

    /// <summary>The peer's name of the call, of the first frame that has one.</summary>
    public string? Request { get; private set; }

    /// <summary>The model, of the first frame that names one.</summary>
    public string? Model => _model;

    /// <summary>It has an <c>output</c>.</summary>
    public bool IsAnswer { get; private set; }

    /// <summary>The answer's texts, usually one, which may be empty.</summary>
    public ReadOnlySpan<ChatText> Texts => CollectionsMarshal.AsSpan(_texts);

    /// <summary>Reasoning.</summary>
    public ChatText Reasoning { get; private set; }

    /// <summary>Tool calls.</summary>
    public ReadOnlySpan<ChatChunkCall> Calls => CollectionsMarshal.AsSpan(_calls);

    /// <summary>What an application thought and did.</summary>
    public ReadOnlySpan<DashScopeThought> Thoughts => CollectionsMarshal.AsSpan(_thoughts);

    /// <summary>The array of what was found in the web, or in an application's documents.</summary>
    public ChatText Found { get; private set; }

    /// <summary>Why the answer ended, if it has.</summary>
    public string? Finish { get; private set; }

    /// <summary>Tokens spent, if told.</summary>
    public Usage? Usage { get; private set; }

    /// <summary>An error's code.</summary>
    public string? Code { get; private set; }

    /// <summary>An error's message.</summary>
    public string? Message { get; private set; }

    /// <summary>Reads a frame.</summary>
    /// <exception cref="JsonException">It is not JSON, or not an object.</exception>
    public void Read(ReadOnlySpan<byte> data)
    {
        Reset();
        var json = new Utf8JsonReader(data);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject) throw new JsonException("A frame must be an object.");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("output"u8)) ReadOutput(ref json);
            else if (json.ValueTextEquals("usage"u8)) Usage = DashScopeUsage.Read(ref json, ref _model);
            else if (Request is null && json.ValueTextEquals("request_id"u8)) Request = json.ReadText();
            else if (json.ValueTextEquals("code"u8)) Code = json.ReadText() is { Length: > 0 } code ? code : null;
            else if (json.ValueTextEquals("message"u8)) Message = json.ReadText();
            else json.SkipValue();
        }

        if (json.TokenType != JsonTokenType.EndObject || json.Read()) throw new JsonException("A frame must be one object.");
    }

    private void Reset()
    {
        _calls.Clear();
        _texts.Clear();
        _thoughts.Clear();
        (Reasoning, Found, IsAnswer) = (default, default, false);
        (Finish, Usage, Code, Message) = (null, null, null, null);
    }

    private void ReadOutput(ref Utf8JsonReader json)
    {
        if (!Enters(ref json, JsonTokenType.StartObject)) return;
        IsAnswer = true;
        var plain = default(ChatText?);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("choices"u8)) ReadChoices(ref json);
            else if (json.ValueTextEquals("text"u8)) plain = ReadPlain(ref json);
            else if (json.ValueTextEquals("finish_reason"u8)) ReadFinish(ref json);
            else if (Session is null && json.ValueTextEquals("session_id"u8)) Session = json.ReadText();
            else if (json.ValueTextEquals("thoughts"u8)) ReadThoughts(ref json);
            else if (json.ValueTextEquals("doc_references"u8)) ReadFound(ref json);
            else if (json.ValueTextEquals("search_info"u8)) ReadSearch(ref json);
            else json.SkipValue();
        }

        // Where there is a choice as well, it says the same.
        if (_texts.Count == 0 && plain is { } text) _texts.Add(text);
    }

    private static ChatText? ReadPlain(ref Utf8JsonReader json)
    {
        var ahead = json;
        ahead.Read();
        ChatText? text = ChatText.Read(ref json);
        return ahead.TokenType == JsonTokenType.String ? text : null;
    }

    private void ReadFinish(ref Utf8JsonReader json)
    {
        // As long as it goes on, the reason is the word "null".
        if (json.ReadText() is { Length: > 0 } word && word != "null") Finish = word;
    }

    private void ReadChoices(ref Utf8JsonReader json)
    {
        if (!Enters(ref json, JsonTokenType.StartArray)) return;
        for (var place = 0; json.Read() && json.TokenType != JsonTokenType.EndArray; place++)
        {
            // Only the first: others were not asked for.
            if (place > 0 || json.TokenType != JsonTokenType.StartObject)
            {
                json.Skip();
                continue;
            }

            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("message"u8)) ReadMessage(ref json);
                else if (json.ValueTextEquals("finish_reason"u8)) ReadFinish(ref json);
                else json.SkipValue();
            }
        }
    }

    private void ReadMessage(ref Utf8JsonReader json)
    {
        if (!Enters(ref json, JsonTokenType.StartObject)) return;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("content"u8)) ReadContent(ref json);
            else if (json.ValueTextEquals("reasoning_content"u8)) Reasoning = ChatText.Read(ref json);
            else if (json.ValueTextEquals("tool_calls"u8)) ReadCalls(ref json);
            else json.SkipValue();
        }
    }

    // A text, or as models that see do, a list of parts.
    private void ReadContent(ref Utf8JsonReader json)
    {
        var ahead = json;
        ahead.Read();
        if (ahead.TokenType == JsonTokenType.String) _texts.Add(ChatText.Read(ref json));
        else if (Enters(ref json, JsonTokenType.StartArray))
        {
            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            {
                if (json.TokenType != JsonTokenType.StartObject)
                {
                    json.Skip();
                    continue;
                }

                while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
                {
                    if (json.ValueTextEquals("text"u8)) _texts.Add(ChatText.Read(ref json));
                    else json.SkipValue();
                }
            }
        }
    }

    private void ReadCalls(ref Utf8JsonReader json)
    {
        if (!Enters(ref json, JsonTokenType.StartArray)) return;
        for (var place = 0; json.Read() && json.TokenType != JsonTokenType.EndArray; place++)
        {
            if (json.TokenType == JsonTokenType.StartObject) _calls.Add(ChatChunkCall.Read(ref json, place));
            else json.Skip();
        }
    }

    private void ReadThoughts(ref Utf8JsonReader json)
    {
        if (!Enters(ref json, JsonTokenType.StartArray)) return;
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType == JsonTokenType.StartObject) _thoughts.Add(DashScopeThought.Read(ref json));
            else json.Skip();
        }
    }

    private void ReadSearch(ref Utf8JsonReader json)
    {
        if (!Enters(ref json, JsonTokenType.StartObject)) return;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("search_results"u8)) ReadFound(ref json);
            else json.SkipValue();
        }
    }

    private void ReadFound(ref Utf8JsonReader json)
    {
        json.Read();
        var start = (int)json.TokenStartIndex;
        var isArray = json.TokenType == JsonTokenType.StartArray;
        json.Skip();
        if (isArray) Found = new ChatText(start, (int)json.BytesConsumed - start);
    }

    // Whatever else stands there is passed over.
    private static bool Enters(ref Utf8JsonReader json, JsonTokenType type)
    {
        json.Read();
        if (json.TokenType == type) return true;
        json.Skip();
        return false;
    }
}
