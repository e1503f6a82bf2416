using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Parley.AspNetCore.Configuration;
using Parley.Protocols;
using Parley.Protocols.Json;
using Parley.Protocols.Sse;
using Parley.Runs;

namespace Parley.AspNetCore.Http;

/// <summary>
/// Checks a stream as it is sent: the run's events, and the bytes that the client gets. The first violation is logged, with the run and the rule and
/// nothing of what was said. It never changes what the client gets, not even by a mistake of its own.
/// </summary>
internal sealed class StreamGuard(FrameWriter writer, Run run, StreamFormat format, ILogger logger) : FrameWriter
{
    /// <summary>After so many characters of text it looks no further: it remembers all of them several times, for as long as its client takes.</summary>
    public const int MostText = 32 << 10;

    private readonly ArrayBufferWriter<byte> _written = new(512);
    private RunGuard _events = new();
    private WireGuard _bytes = new(format);
    private long _text;
    private bool _done;

    /// <inheritdoc/>
    public override RunState? State => writer.State;

    /// <inheritdoc/>
    public override JsonEscaping Escaping => writer.Escaping;

    /// <inheritdoc/>
    public override bool MaySkip => _done && writer.MaySkip;

    /// <summary>The guard of a run's stream, if it is one of those that are checked: by its id, so that the same run is checked everywhere.</summary>
    public static StreamGuard? Of(HttpContext context, Run run, FrameWriter writer)
    {
        var services = context.RequestServices;
        return IsChecked(run.Id, services.GetService<ParleySettings>()?.Server.Guard ?? 0)
            ? new StreamGuard(writer, run, StreamFormat.Of(run.Dialect), services.GetRequiredService<ILogger<StreamGuard>>())
            : null;
    }

    /// <summary>True for this part of all runs. Ids count up, so they are multiplied by the golden ratio, which spreads them evenly.</summary>
    public static bool IsChecked(Id run, double part) => (ulong)run.Entity.Value * 0x9E3779B97F4A7C15 < part * ulong.MaxValue;

    /// <inheritdoc/>
    public override void Write(in Logged logged, IBufferWriter<byte> into)
    {
        if (logged.Event is PartDelta delta && (_text += delta.Text.Length) > MostText) Stop();
        if (_done)
        {
            writer.Write(logged, into);
            Count = writer.Count;
            return;
        }

        _written.ResetWrittenCount();
        writer.Write(logged, _written);
        Count = writer.Count;
        into.Write(_written.WrittenSpan);
        if (State is { Left.Count: > 0 }) Stop();
        else Check(logged);
    }

    /// <inheritdoc/>
    public override void Skip(in Logged logged, int deltas, ArrayBufferWriter<byte> scratch)
    {
        writer.Skip(logged, deltas, scratch);
        Count = writer.Count;
    }

    /// <inheritdoc/>
    public override void ContinueAfter(long count)
    {
        writer.ContinueAfter(count);
        Count = writer.Count;

        // What is between is lost, so that the whole cannot be lawful.
        Stop();
    }

    private void Check(in Logged logged)
    {
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
        logger.LogError("Run {Run} of agent {Agent} breaks a rule of {What}: {Violation}.", run.Id, run.Agent.Name, _events.Broken is null ? run.Dialect.Name : "runs", broken);
        Stop();
    }

    private void GiveUp(Exception exception)
    {
        logger.LogError(exception, "The stream of run {Run} breaks a rule, or the guard does: it cannot be checked.", run.Id);
        Stop();
    }

    private void Stop()
    {
        if (_done) return;
        _done = true;
        (_events, _bytes) = (new RunGuard(), new WireGuard(format));
    }
}
