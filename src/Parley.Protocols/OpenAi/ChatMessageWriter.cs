using System.Text.Json;
using Parley.Agents;
using Parley.Conversations;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.OpenAi;

/// <summary>
/// Writes the messages of a conversation for a peer, roles and order kept. The items of one turn of the assistant become one message, as
/// calls must stand in one; reasoning and what the server did itself are not sent. A call that was never answered is left out, since
/// peers refuse it.
/// </summary>
internal sealed class ChatMessageWriter(JsonLine json, AgentRequest asked, ChatContentWriter content)
{
    private readonly List<string> _texts = [];
    private readonly List<(ToolCallItem Call, string Arguments)> _calls = [];
    private readonly HashSet<int> _unanswered = OpenAiCalls.Unanswered(asked.Context);
    private readonly HashSet<string> _hidden = new(StringComparer.Ordinal);
    private bool _inTurn;
    private Id _turn;

    public void Write()
    {
        for (var i = 0; i < asked.Context.Count; i++) Write(i, asked.Context[i]);
        EndTurn();
    }

    private void Write(int index, Message message)
    {
        switch (message.Head)
        {
            case MessageItem said when said.Role == Role.Assistant:
                // Two messages that the client itself wrote one after the other stay two.
                if (_inTurn && _calls.Count == 0 && (message.Run.IsNone || message.Run != _turn)) EndTurn();
                (_inTurn, _turn) = (true, message.Run);
                if (TextOf(message) is { Length: > 0 } text) _texts.Add(text);
                break;
            case ToolCallItem { RunBy: RunBy.Server } call:
                _hidden.Add(call.CallId);
                break;
            case ToolCallItem call:
                if (_unanswered.Contains(index)) break;
                (_inTurn, _turn) = (true, message.Run);
                _calls.Add((call, Join(message, PartKind.Input)));
                break;
            case ToolResultItem result:
                if (_hidden.Contains(result.CallId)) break;
                EndTurn();
                WriteResult(result, message, index);
                break;
            case MessageItem said:
                EndTurn();
                WriteSaid(said, message, IsInput(index));
                break;
        }
    }

    private bool IsInput(int index) => index >= asked.Context.Count - asked.InputCount;

    private void EndTurn()
    {
        if (!_inTurn) return;
        json.Object().String("role"u8, "assistant").Name("content"u8);
        content.WriteText(json, _texts.Count == 0 && _calls.Count > 0 ? null : string.Join("\n\n", _texts));
        if (_calls.Count > 0)
        {
            json.Name("tool_calls"u8).Array();
            foreach (var (call, arguments) in _calls)
                json.Object().String("id"u8, call.CallId).String("type"u8, "function").Name("function"u8).Object()
                    .String("name"u8, call.Name).String("arguments"u8, arguments).EndObject().EndObject();
            json.EndArray();
        }

        json.EndObject();
        _texts.Clear();
        _calls.Clear();
        _inTurn = false;
    }

    private void WriteResult(ToolResultItem result, Message message, int index)
    {
        if (IsInput(index) && message.Content.FirstOrDefault(part => part.Media is not null) is { Media: { } media })
            throw Unsendable(media, "in the output of a tool");
        json.Object().String("role"u8, "tool").String("tool_call_id"u8, result.CallId).Name("content"u8);
        content.WriteText(json, TextOf(message));
        json.EndObject();
    }

    private void WriteSaid(MessageItem said, Message message, bool isInput)
    {
        json.Object().String("role"u8, content.RoleOf(said.Role).Value);
        WriteName(message.Leftover);
        json.Name("content"u8);
        if (message.Content.All(part => part.Media is null)) content.WriteText(json, TextOf(message));
        else content.WriteParts(json, message.Content, isInput);
        json.EndObject();
    }

    private void WriteName(Leftover? leftover)
    {
        if (leftover?.Protocol != Protocol.ChatCompletions) return;
        using var members = JsonDocument.Parse(leftover.Members.Text);
        if (members.RootElement.OptionalString("name", "") is { } name) json.String("name"u8, name);
    }

    // A message of JSON alone, such as a workflow's output, is that JSON.
    private static string TextOf(Message message)
    {
        if (message.Text is { Length: > 0 } text) return text;
        return message.Content.FirstOrDefault(part => part.Data is not null && part.Media is null)?.Data?.Text ?? "";
    }

    private static string Join(Message message, PartKind kind) => string.Concat(message.Content.Where(part => part.Kind == kind).Select(part => part.Text));

    internal static RunException Unsendable(Media media, string where)
        => new(RunError.Rejected($"The agent cannot be sent {OpenAiMedia.Describe(media)} {where}.", "messages", "unsupported_media"));
}
