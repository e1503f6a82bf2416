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

    /// <summary>So many bytes are flushed although more is waiting.</summary>
    private const int FlushBytes = 32 << 10;

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
            var guard = StreamGuard.Of(context, live.Header);
            if (await CopyAsync(context, reader, writer, guard).ConfigureAwait(false)) guard?.End(live.Header);
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
            var rest = new ArrayBufferWriter<byte>();
            await FrameReplay.SkipAsync(reader, writer, after, run.Losses.Contains(Run.LostTail), rest, context.RequestAborted).ConfigureAwait(false);
            await StartAsync(context).ConfigureAwait(false);
            context.Response.BodyWriter.Write(rest.WrittenSpan);
            await CopyAsync(context, reader, writer, guard: null).ConfigureAwait(false);
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

    // The hot loop. One flush when nothing more is waiting: a flush per event would cost a system call each. False: the client is gone.
    private static async Task<bool> CopyAsync(HttpContext context, RunLogReader reader, FrameWriter writer, StreamGuard? guard)
    {
        var body = context.Response.BodyWriter;
        var more = reader.WaitAsync(context.RequestAborted);

        // A client whose agent takes its time sees at least that it was heard.
        if (!more.IsCompleted) await body.FlushAsync().ConfigureAwait(false);
        while (await more.ConfigureAwait(false))
        {
            while (reader.TryRead(out var logged))
            {
                if (guard is null) writer.Write(logged, body);
                else guard.Write(logged, writer, body);
                if (body.UnflushedBytes >= FlushBytes && (await body.FlushAsync().ConfigureAwait(false)).IsCompleted) return false;
            }

            if (body.UnflushedBytes > 0 && (await body.FlushAsync().ConfigureAwait(false)).IsCompleted) return false;
            more = reader.WaitAsync(context.RequestAborted);
        }

        return true;
    }
}
