using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Parley.Agents;
using Parley.Protocols.Upstream;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>
/// An agent behind a server that speaks Coze: a bot, or a chatflow. The peer keeps a conversation of its own beside each of ours and is told only
/// what is new to it. See <see cref="Agent.IsStateful"/>.
/// </summary>
public sealed class CozeAgent : IAgent
{
    private static readonly StreamFormat Format = StreamFormat.Of(Protocol.Coze);

    private readonly CozeAgentOptions _options;
    private readonly CozePeer _peer;
    private readonly ConcurrentDictionary<string, Task> _ending = new(StringComparer.Ordinal);

    /// <param name="options">The server.</param>
    /// <param name="client">Makes the calls.</param>
    /// <exception cref="ArgumentException">The address is not one of http or https, or neither bot nor workflow is named.</exception>
    public CozeAgent(CozeAgentOptions options, UpstreamClient client)
    {
        if (options.BotId is null && options.WorkflowId is null) throw new ArgumentException("A bot or a workflow must be named.", nameof(options));
        (_options, _peer) = (options, new CozePeer(options, client));
    }

    /// <inheritdoc/>
    public Protocol? Peer => _options.WorkflowId is null ? Protocol.Coze : Protocol.CozeWorkflow;

    /// <inheritdoc/>
    public async IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var turn = CozeTurn.Of(request);
        var running = new CozeRun(turn, CozePause.Of(request.Continues?.End));
        try
        {
            while (true)
            {
                var again = false;
                var events = await CallAsync(request, turn, cancellationToken).ConfigureAwait(false);
                await foreach (var @event in events.ConfigureAwait(false))
                {
                    again = running.Chat is null && @event is RunFailed { Error: var error } && turn.MayBeginAnew(error, request);
                    if (again) break;
                    yield return running.See(@event);
                }

                if (!again) yield break;
                turn = CozeTurn.Anew(request);
                running = new CozeRun(turn, CozePause.Of(null));
            }
        }
        finally
        {
            if (running is { Chat: { Chat.Length: > 0 } chat, IsOver: false }) _ = EndAsync(chat);
        }
    }

    private async Task<IAsyncEnumerable<RunEvent>> CallAsync(AgentRequest request, CozeTurn turn, CancellationToken cancellationToken)
    {
        // A chat that was just cancelled may still hold the peer's conversation.
        if (turn.Chat is { } known && _ending.TryGetValue(known.Conversation, out var ending)) await ending.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (turn is { Resumes: true, Chat: { } waiting })
        {
            return _peer.CallAsync(
                $"/v3/chat/submit_tool_outputs?conversation_id={Uri.EscapeDataString(waiting.Conversation)}&chat_id={Uri.EscapeDataString(waiting.Chat)}",
                CozeRequestWriter.WriteOutputs(turn.Outputs, CozePause.Of(request.Continues?.End)), Format, cancellationToken);
        }

        var files = await CozeFiles.UploadAsync(request, turn, _peer, cancellationToken).ConfigureAwait(false);
        var body = CozeRequestWriter.WriteChat(request, turn, _options, files);
        var path = _options.WorkflowId is not null ? "/v1/workflows/chat"
            : turn.Chat is { } chat ? $"/v3/chat?conversation_id={Uri.EscapeDataString(chat.Conversation)}"
            : "/v3/chat";
        return _peer.CallAsync(path, body, Format, cancellationToken);
    }

    private async Task EndAsync(CozeHandles chat)
    {
        var ended = new TaskCompletionSource();
        _ending[chat.Conversation] = ended.Task;
        try
        {
            await _peer.CancelAsync(chat).ConfigureAwait(false);
        }
        finally
        {
            // Another end of the same conversation keeps its entry.
            _ending.TryRemove(new KeyValuePair<string, Task>(chat.Conversation, ended.Task));
            ended.SetResult();
        }
    }
}
