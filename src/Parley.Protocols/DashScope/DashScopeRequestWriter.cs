using System.Buffers;
using Parley.Agents;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Protocols.Text;

namespace Parley.Protocols.DashScope;

/// <summary>Writes what a model is asked: all messages, without reasoning, in the form that Chat Completions has too.</summary>
internal static class DashScopeRequestWriter
{
    /// <exception cref="Runs.RunException">The input has something that cannot be sent.</exception>
    public static ReadOnlyMemory<byte> Write(AgentRequest asked, DashScopeAgentOptions options, OpenAiFiles files)
    {
        // Files are the bulk of a request that has any: with room for them from the start nothing is copied again and again.
        var buffer = new ArrayBufferWriter<byte>(4096 + files.Bytes / 3 * 4);
        var request = asked.Run.Request;
        var contents = new DashScopeContents(options.Multimodal, files);
        var json = new JsonLine(buffer, JsonEscaping.Minimal).Object().String("model"u8, options.Model).Name("input"u8).Object().Name("messages"u8).Array();
        var instructions = Instructions.Of(options.Instructions, request);
        if (instructions.Length > 0)
        {
            json.Object().String("role"u8, "system").Name("content"u8);
            contents.WriteText(json, instructions);
            json.EndObject();
        }

        new ChatMessageWriter(json, asked, contents).Write();
        json.EndArray().EndObject().Name("parameters"u8);
        DashScopeParameters.WriteModel(json, request, options);
        json.EndObject();
        return buffer.WrittenMemory;
    }
}
