using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Parley.AspNetCore.Configuration;
using Parley.Protocols;
using Parley.Protocols.Sse;
using Parley.Runs;

namespace Parley.AspNetCore.Http;

/// <summary>
/// Checks a stream as it is sent: the run's events, and the bytes that the client gets. The first violation is logged, with the run and the rule and
/// nothing of what was said. It never changes what the client gets, not even by a mistake of its own.
/// </summary>
internal sealed class StreamGuard(Run run, StreamFormat format, ILogger logger)
{
    private readonly RunGuard _events = new();
    private readonly WireGuard _bytes = new(format);
    private readonly ArrayBufferWriter<byte> _written = new(512);
    private bool _done;

    /// <summary>The guard of a run's stream, if it is one of those that are checked: by its id, so that the same run is checked everywhere.</summary>
    public static StreamGuard? Of(HttpContext context, Run run)
    {
        var services = context.RequestServices;
        return IsChecked(run.Id, services.GetService<ParleySettings>()?.Server.Guard ?? 0)
            ? new StreamGuard(run, StreamFormat.Of(run.Dialect), services.GetRequiredService<ILogger<StreamGuard>>())
            : null;
    }

    /// <summary>True for this part of all runs. Ids count up, so they are multiplied by the golden ratio, which spreads them evenly.</summary>
    public static bool IsChecked(Id run, double part) => (ulong)run.Entity.Value * 0x9E3779B97F4A7C15 < part * ulong.MaxValue;

    /// <summary>Writes what an event means, and checks both.</summary>
    public void Write(in Logged logged, FrameWriter writer, IBufferWriter<byte> into)
    {
        if (_done)
        {
            writer.Write(logged, into);
            return;
        }

        _written.ResetWrittenCount();
        writer.Write(logged, _written);
        into.Write(_written.WrittenSpan);
        try
        {
            _events.Check(logged);
            _bytes.Check(_written.WrittenSpan);
            Report();
        }
        catch (Exception exception)
        {
            GiveUp(exception);
        }
    }

    /// <summary>All of the stream was sent.</summary>
    /// <param name="ended">The header of the run that has ended.</param>
    public void End(Run ended)
    {
        if (_done) return;
        try
        {
            _events.End(ended.Losses);
            _bytes.End(ended.Losses);
            Report();
        }
        catch (Exception exception)
        {
            GiveUp(exception);
        }
    }

    private void Report()
    {
        if ((_events.Broken ?? _bytes.Broken) is not { } broken) return;
        _done = true;
        logger.LogError("Run {Run} of agent {Agent} breaks a rule of {What}: {Violation}.", run.Id, run.Agent.Name, _events.Broken is null ? run.Dialect.Name : "runs", broken);
    }

    private void GiveUp(Exception exception)
    {
        _done = true;
        logger.LogError(exception, "The stream of run {Run} breaks a rule, or the guard does: it cannot be checked.", run.Id);
    }
}
