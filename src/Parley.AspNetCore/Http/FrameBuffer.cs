using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Parley.AspNetCore.Configuration;

namespace Parley.AspNetCore.Http;

/// <summary>
/// Takes the many small pieces of which a frame is made, and hands them to the body of an answer in large ones: the server takes a lock for
/// each that it is given. The bytes are written where the server wants them, nothing is copied.
/// </summary>
internal sealed class FrameBuffer(HttpContext context) : IBufferWriter<byte>
{
    private readonly PipeWriter _body = context.Response.BodyWriter;
    private Memory<byte> _room;
    private int _used;

    /// <summary>How many bytes wait to be sent.</summary>
    public long Waiting => _body.UnflushedBytes + _used;

    /// <inheritdoc/>
    public void Advance(int count) => _used += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_room.Length - _used < Math.Max(sizeHint, 1))
        {
            HandOver();
            _room = _body.GetMemory(sizeHint);
        }

        return _room[_used..];
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>
    /// Sends what waits. False: the client is gone. It may be as slow as it likes; one that takes nothing at all for long enough is gone too, although its
    /// connection stands.
    /// </summary>
    public async ValueTask<bool> SendAsync()
    {
        HandOver();
        var flush = _body.FlushAsync();
        if (flush.IsCompleted) return !(await flush.ConfigureAwait(false)).IsCompleted;
        var services = context.RequestServices;
        var limits = services.GetService<ParleySettings>()?.Limits ?? new LimitOptions();
        var flushed = flush.AsTask();
        try
        {
            return !(await flushed.WaitAsync(limits.Unread, services.GetRequiredService<TimeProvider>()).ConfigureAwait(false)).IsCompleted;
        }
        catch (TimeoutException)
        {
            context.Abort();
            await flushed.ConfigureAwait(false);
            return false;
        }
    }

    private void HandOver()
    {
        if (_used > 0) _body.Advance(_used);
        (_room, _used) = (default, 0);
    }
}
