using System.Buffers;
using System.Net.WebSockets;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Parley.AspNetCore.Configuration;
using Parley.Protocols.Json;
using Parley.Protocols.Responses;
using Parley.Runs;

namespace Parley.AspNetCore.Endpoints;

/// <summary>
/// The WebSocket transport of the Open Responses specification: one response after the other on one connection, each event a message of its own. The
/// last response that was not to be kept is remembered as long as the connection stands, so that it can be continued there and nowhere else.
/// </summary>
internal sealed class ResponsesSocket
{
    /// <summary>How long a connection may stand.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(60);

    /// <summary>So many requests wait at most, each as large as a body may be; whoever sends more is not read until one is served.</summary>
    private const int MostWaiting = 1;

    /// <summary>A response of which so many characters were said is not remembered.</summary>
    private const int LargestMemory = 16 << 20;

    private static readonly RunError TooLong = RunError.Rejected("Responses WebSocket connections last 60 minutes at most. Open a new one to go on.", null, "websocket_connection_limit_reached");

    private readonly ResponsesCall _call;
    private readonly SocketMessages _messages;
    private readonly ILogger<ResponsesSocket> _logger;
    private ResponsesMemory? _memory;

    private ResponsesSocket(ResponsesCall call, SocketMessages messages)
        => (_call, _messages, _logger) = (call, messages, call.Context.RequestServices.GetRequiredService<ILogger<ResponsesSocket>>());

    /// <summary>Serves a connection until its client leaves, its time is over, or the server stops.</summary>
    public static async Task ServeAsync(ResponsesCall call)
    {
        var services = call.Context.RequestServices;
        using var socket = await call.Context.WebSockets.AcceptWebSocketAsync();
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted);
        using var timer = new CancellationTokenSource(Longest, services.GetRequiredService<TimeProvider>());
        var stopping = services.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? default;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(gone.Token, timer.Token, stopping);

        var limits = services.GetService<LimitOptions>() ?? new LimitOptions();
        var messages = new SocketMessages(socket, limits, services.GetRequiredService<TimeProvider>(), call.Context.Abort);
        var waiting = Channel.CreateBounded<ReadOnlyMemory<byte>>(MostWaiting);
        var reading = messages.ReadAsync(waiting.Writer, gone);
        try
        {
            var self = new ResponsesSocket(call, messages);
            while (await NextAsync(waiting.Reader, over.Token) is { } body) await self.AnswerAsync(body, gone.Token);
            if (timer.IsCancellationRequested) await self.RefuseAsync(TooLong, gone.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // The client is gone, or has said goodbye; the readers of its runs have said what that means.
        }
        finally
        {
            await messages.CloseAsync(timer.IsCancellationRequested || stopping.IsCancellationRequested ? WebSocketCloseStatus.EndpointUnavailable : null);
            await gone.CancelAsync();
            await reading;
        }
    }

    private static async Task<ReadOnlyMemory<byte>?> NextAsync(ChannelReader<ReadOnlyMemory<byte>> waiting, CancellationToken over)
    {
        try
        {
            if (await waiting.WaitToReadAsync(over) && waiting.TryRead(out var body)) return body;
        }
        catch (OperationCanceledException)
        {
            // Said below.
        }

        // Not as one expression: there null would be an empty message.
        return null;
    }

    private async Task AnswerAsync(ReadOnlyMemory<byte> body, CancellationToken gone)
    {
        string? previous = null;
        try
        {
            var asked = ResponsesMessages.ReadCreate(body);
            previous = asked.PreviousResponseId;
            var live = await _call.Runner.StartAsync(await ResponsesTurn.OfAsync(_call, asked, _memory), gone);
            var state = await SendAsync(live, gone);
            if (state.End is RunFailed or RunCancelled) Forget(previous);
            else if (!asked.Store) _memory = ResponsesMemory.Of(live, state, LargestMemory);
        }
        catch (RunException e)
        {
            // What cannot be continued once cannot be continued again.
            Forget(previous);
            await RefuseAsync(e.Error, gone);
        }
        catch (Exception e) when (e is not (OperationCanceledException or WebSocketException))
        {
            _logger.LogError(e, "A request on a WebSocket failed.");
            Forget(previous);
            await RefuseAsync(new RunError(ErrorSide.Server, ErrorCause.Unavailable, e.Message), gone);
        }
    }

    private void Forget(string? response)
    {
        if (response is not null && response == _memory?.Response) _memory = null;
    }

    // A refusal is told by an error alone; a response that has begun tells its failure itself.
    private async Task<RunState> SendAsync(LiveRun live, CancellationToken gone)
    {
        using var reader = live.Attach();
        var writer = new ResponsesStreamWriter(live.Header);
        var frames = new ArrayBufferWriter<byte>(4096);
        while (await reader.WaitAsync(gone))
        {
            while (reader.TryRead(out var logged))
            {
                writer.Write(logged, frames);
                if (!writer.State.Started) frames.ResetWrittenCount();
                if (logged is { Sequence: 0, Event: RunFailed refused }) await RefuseAsync(refused.Error, gone);
                else await _messages.SendFramesAsync(frames, gone);
            }
        }

        // Of a cancelled response no event tells: its stream ends, but a socket does not.
        if (writer.State.End is RunCancelled) await RefuseAsync(new RunError(ErrorSide.Server, ErrorCause.Cancelled, "The response was cancelled.", true, "cancelled"), gone);

        // Whoever continues it finds it as the store has it.
        await live.Completion.WaitAsync(gone);
        return writer.State;
    }

    private Task RefuseAsync(RunError error, CancellationToken gone)
    {
        var message = new ArrayBufferWriter<byte>(256);
        ResponsesMessages.WriteError(new JsonLine(message, JsonEscaping.Minimal), error);
        return _messages.SendAsync(message.WrittenMemory, gone);
    }
}
