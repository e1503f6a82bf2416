using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Parley.Protocols.Sse;
using Parley.Runs;

namespace Parley.AspNetCore.Http;

/// <summary>Sends a run to a client as it happens: the loop that every streaming door shares.</summary>
internal static class EventStream
{
    /// <summary>How long the headers wait for the agent's first word, so that a refusal gets its own status and body.</summary>
    private static readonly TimeSpan FirstEventWait = TimeSpan.FromSeconds(10);

    /// <summary>So many bytes are sent although more is waiting.</summary>
    private const int SendBytes = 32 << 10;

    /// <summary>So many characters of a run's texts are remembered for a client; what is longer is read again from the log where it is repeated.</summary>
    private const int KeptText = StreamGuard.MostText;

    /// <summary>
    /// Sends the run as server-sent events until it has ended or the client is gone. If the run fails before the agent has accepted it,
    /// <paramref name="ifRefused"/> answers instead.
    /// </summary>
    public static async Task SendAsync(HttpContext context, LiveRun live, FrameWriter writer, Func<RunError, Task> ifRefused)
    {
        using var reader = live.Attach();
        try
        {
            if (await RefusalOfAsync(context, live).ConfigureAwait(false) is { } refusal)
            {
                await ifRefused(refusal).ConfigureAwait(false);
                return;
            }

            await StartAsync(context).ConfigureAwait(false);
            writer.State?.Limit(KeptText);
            var guard = StreamGuard.Of(context, live.Header, writer);
            if (await CopyAsync(context, reader, guard ?? writer, new FrameBuffer(context)).ConfigureAwait(false)) guard?.End(live.Header);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client is gone. What that means is said by the reader that was its own.
        }
    }

    /// <summary>
    /// Sends what follows the first <paramref name="after"/> events of a run's stream, and then the run as it goes on.
    /// </summary>
    public static async Task ResumeAsync(HttpContext context, Run run, RunLogReader reader, FrameWriter writer, long after)
    {
        try
        {
            writer.State?.Limit(KeptText);
            var guard = StreamGuard.Of(context, run, writer);
            writer = guard ?? writer;
            var rest = new ArrayBufferWriter<byte>();
            await FrameReplay.SkipAsync(reader, writer, after, run.Losses.Contains(Run.LostTail), rest, context.RequestAborted).ConfigureAwait(false);
            await StartAsync(context).ConfigureAwait(false);
            var frames = new FrameBuffer(context);
            if (!await SendAsync(context, rest.WrittenMemory, reader, writer, frames).ConfigureAwait(false)) return;
            if (!await CopyAsync(context, reader, writer, frames).ConfigureAwait(false) || guard is null) return;

            // One that was deleted meanwhile cannot be asked what it lost.
            var runner = context.RequestServices.GetRequiredService<Runner>();
            if (await runner.FindAsync(run.Owner, run.Id, context.RequestAborted).ConfigureAwait(false) is { } ended) guard.End(ended);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // As above.
        }
    }

    private static async Task<RunError?> RefusalOfAsync(HttpContext context, LiveRun live)
    {
        using var reader = live.Read();
        var first = reader.WaitAsync(context.RequestAborted);
        if (!first.IsCompleted)
        {
            var time = context.RequestServices.GetRequiredService<TimeProvider>();
            try
            {
                if (!await first.AsTask().WaitAsync(FirstEventWait, time).ConfigureAwait(false)) return null;
            }
            catch (TimeoutException)
            {
                return null;
            }
        }

        return reader.TryRead(out var logged) && logged.Event is RunFailed failed ? failed.Error : null;
    }

    private static async Task StartAsync(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await response.StartAsync(context.RequestAborted).ConfigureAwait(false);
    }

    // The hot loop. Sent when nothing more is waiting: to send each event would cost a system call each. False: the client is gone.
    private static async Task<bool> CopyAsync(HttpContext context, RunLogReader reader, FrameWriter writer, FrameBuffer frames)
    {
        var more = reader.WaitAsync(context.RequestAborted);

        // A client whose agent takes its time sees at least that it was heard.
        if (!more.IsCompleted) await frames.SendAsync().ConfigureAwait(false);
        while (await more.ConfigureAwait(false))
        {
            while (reader.TryRead(out var logged))
            {
                if (logged.Event is not PartDelta && writer.State is { Left.Count: > 0 })
                {
                    var marked = new ArrayBufferWriter<byte>();
                    writer.Write(logged, marked);
                    if (!await SendAsync(context, marked.WrittenMemory, reader, writer, frames).ConfigureAwait(false)) return false;
                }
                else
                {
                    writer.Write(logged, frames);
                }

                if (frames.Waiting >= SendBytes && !await frames.SendAsync().ConfigureAwait(false)) return false;
            }

            if (frames.Waiting > 0 && !await frames.SendAsync().ConfigureAwait(false)) return false;
            more = reader.WaitAsync(context.RequestAborted);
        }

        // What a resumed stream began with may be all that there is.
        return frames.Waiting == 0 || await frames.SendAsync().ConfigureAwait(false);
    }

    private static async Task<bool> SendAsync(HttpContext context, ReadOnlyMemory<byte> marked, RunLogReader reader, FrameWriter writer, FrameBuffer frames)
    {
        await foreach (var piece in LongFrames.ReadAsync(marked, writer, reader, context.RequestAborted).ConfigureAwait(false))
        {
            frames.Write(piece.Span);
            if (frames.Waiting >= SendBytes && !await frames.SendAsync().ConfigureAwait(false)) return false;
        }

        return true;
    }
}
