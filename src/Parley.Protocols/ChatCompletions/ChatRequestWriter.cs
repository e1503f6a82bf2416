using System.Buffers;
using System.Text.Json;
using Parley.Agents;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Protocols.Text;
using Parley.Runs;

namespace Parley.Protocols.ChatCompletions;

/// <summary>Writes a request to a peer: always for a stream, and with the usage.</summary>
internal static class ChatRequestWriter
{
    // Members that are written here whatever the client sent under these names.
    private static readonly HashSet<string> Own = ["model", "messages", "stream", "stream_options", "tools", "max_tokens", "max_completion_tokens", "n"];

    /// <exception cref="RunException">The input has something that cannot be sent.</exception>
    public static ReadOnlyMemory<byte> Write(AgentRequest asked, ChatCompletionsOptions options, OpenAiFiles files)
    {
        // Files are the bulk of a request that has any: with room for them from the start nothing is copied again and again.
        var buffer = new ArrayBufferWriter<byte>(4096 + files.Bytes / 3 * 4);
        var request = asked.Run.Request;
        var json = new JsonLine(buffer, JsonEscaping.Minimal).Object().String("model"u8, options.Model).Name("messages"u8).Array();
        var instructions = Instructions.Of(options.Instructions, request);
        if (instructions.Length > 0) json.Object().String("role"u8, "system").String("content"u8, instructions).EndObject();
        new ChatMessageWriter(json, asked, new ChatPartWriter(files)).Write();
        json.EndArray().Name("stream"u8).Bool(true).Name("stream_options"u8).Raw("""{"include_usage":true}"""u8);
        ChatTools.Write(json, request, request.Tools.Count > 0 ? request.Tools : options.Tools);
        WriteSampling(json, request, options);
        WriteLeftover(json, request.Leftover);
        json.EndObject();
        return buffer.WrittenMemory;
    }

    private static void WriteSampling(JsonLine json, ModelRequest request, ChatCompletionsOptions options)
    {
        if (request.Temperature is { } temperature) json.Name("temperature"u8).Number(temperature);
        if (request.TopP is { } topP) json.Name("top_p"u8).Number(topP);
        if (request.FrequencyPenalty is { } frequency) json.Name("frequency_penalty"u8).Number(frequency);
        if (request.PresencePenalty is { } presence) json.Name("presence_penalty"u8).Number(presence);
        // OpenAI's newer models refuse the old name; most other servers know no other.
        if (request.MaxOutputTokens is { } limit) json.Number(options.IsOpenAI ? "max_completion_tokens"u8 : "max_tokens"u8, limit);
        if (request.Seed is { } seed) json.Number("seed"u8, seed);
        if (request.Stop.Count > 0)
        {
            json.Name("stop"u8).Array();
            foreach (var stop in request.Stop) json.String(stop);
            json.EndArray();
        }

        if (request.ResponseFormat is { } format) json.Name("response_format"u8).Raw(format);
        if (request.ReasoningEffort is { } effort) json.String("reasoning_effort"u8, effort);
        if (!string.IsNullOrEmpty(request.User)) json.String("user"u8, request.User);
    }

    private static void WriteLeftover(JsonLine json, Leftover? leftover)
    {
        if (leftover?.Protocol != Protocol.ChatCompletions) return;
        using var members = JsonDocument.Parse(leftover.Members.Text);
        foreach (var member in members.RootElement.EnumerateObject())
            if (!Own.Contains(member.Name)) json.Name(member.Name.AsSpan()).Raw(member.Value.ToRawJson());
    }
}
