using Microsoft.Extensions.AI;
using Parley.Agents;
using Parley.Conversations;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Extensions.AI;

/// <summary>
/// Writes the messages of a conversation for a chat client. The items of one turn of the assistant become one message. What a server did itself is not sent, nor a call that was
/// never answered, which models refuse.
/// </summary>
internal sealed class MessageWriter
{
    private readonly AgentRequest _asked;
    private readonly List<ChatMessage> _written = [];
    private Id _turn;

    private MessageWriter(AgentRequest asked) => _asked = asked;

    /// <param name="asked">The request.</param>
    /// <param name="count">How many of the last messages the chat client has not seen.</param>
    /// <param name="cancellationToken">Ends the reading of files.</param>
    /// <exception cref="RunException">The input has something that cannot be sent.</exception>
    public static async Task<IReadOnlyList<ChatMessage>> WriteAsync(AgentRequest asked, int count, CancellationToken cancellationToken)
    {
        var writer = new MessageWriter(asked);
        var unanswered = OpenAiCalls.Unanswered(asked.Context);
        var hidden = asked.Context.Select(message => message.Head).OfType<ToolCallItem>().Where(call => call.RunBy == RunBy.Server).Select(call => call.CallId).ToHashSet(StringComparer.Ordinal);
        for (var i = asked.Context.Count - count; i < asked.Context.Count; i++)
        {
            if (unanswered.Contains(i) || asked.Context[i].Head is ToolResultItem { CallId: var id } && hidden.Contains(id)) continue;
            await writer.WriteAsync(asked.Context[i], isInput: i >= asked.Context.Count - asked.InputCount, cancellationToken).ConfigureAwait(false);
        }

        return writer._written;
    }

    private async ValueTask WriteAsync(Message message, bool isInput, CancellationToken cancellationToken)
    {
        switch (message.Head)
        {
            case MessageItem said:
                var contents = new List<AIContent>();
                for (var i = 0; i < message.Content.Count; i++)
                    if (await ContentOf(message.Content[i], isInput, cancellationToken).ConfigureAwait(false) is { } content) contents.Add(content);
                Add(message, new ChatRole(said.Role.Value), contents);
                break;
            case ReasoningItem { Encrypted: { } encrypted }:
                Add(message, ChatRole.Assistant, [new TextReasoningContent(string.Concat(message.Content.Select(part => part.Text))) { ProtectedData = encrypted }]);
                break;
            case ToolCallItem { RunBy: RunBy.Client } call:
                Add(message, ChatRole.Assistant, [AiJson.ReadCall(string.Concat(message.Content.Select(part => part.Text)), call.CallId, call.Name)]);
                break;
            case ToolResultItem result:
                Add(message, ChatRole.Tool, [new FunctionResultContent(result.CallId, TextOf(message))]);
                break;
        }
    }

    private void Add(Message message, ChatRole role, List<AIContent> contents)
    {
        if (contents.Count == 0) return;
        var goesOn = _written.Count > 0 && _written[^1].Role == role && (role == ChatRole.Tool || (role == ChatRole.Assistant && !message.IsInput && message.Run == _turn));
        if (goesOn) foreach (var content in contents) _written[^1].Contents.Add(content);
        else _written.Add(new ChatMessage(role, contents));
        _turn = message.IsInput ? default : message.Run;
    }

    private async ValueTask<AIContent?> ContentOf(Content part, bool isInput, CancellationToken cancellationToken)
    {
        if (part.Media is not { } media) return part.Kind is PartKind.Text or PartKind.Refusal ? new TextContent(part.Text) : part.Data is { } data ? new TextContent(data.Text) : null;
        if (media.File is { } id)
        {
            await using var opened = await _asked.OpenFileAsync(id, cancellationToken).ConfigureAwait(false);
            if (opened is not null) return await DataContent.LoadFromAsync(opened.Content, opened.File.MediaType, cancellationToken).ConfigureAwait(false);
        }
        else if (MediaContents.Write(media) is { } content)
        {
            return content;
        }

        // What was said before must not spoil what is asked now.
        return isInput ? throw new RunException(RunError.Rejected("A file of the message does not exist any more, or is only named.", "messages", "unsupported_media")) : null;
    }

    private static string TextOf(Message message) => string.Concat(message.Content.Select(part => part.Kind == PartKind.Data ? part.Data?.Text ?? "" : part.Text));
}
