using System.Buffers;
using Parley.Protocols.Sse;
using Parley.Runs;

namespace Parley.Protocols;

/// <summary>
/// Checks the bytes that a client gets: by the law of their protocol, and by reading them back and checking the events like any run's. It
/// finds the first violation, and looks no further.
/// </summary>
public sealed class WireGuard(StreamFormat format)
{
    private readonly FrameLaw _law = format.NewLaw();
    private readonly FrameReader _reader = (format.NewOwnReader ?? format.NewReader)();
    private readonly RunGuard _run = new();
    private readonly List<RunEvent> _read = [];
    private readonly ArrayBufferWriter<byte> _unfinished = new();
    private Violation? _broken;
    private long _frames;

    /// <summary>The first violation, by the number of the server-sent event; null if there is none so far.</summary>
    public Violation? Broken => _broken ??= _run.Broken is { } broken ? new Violation(_frames - 1, $"read back, {broken.Rule}") : null;

    /// <summary>What a client knows from the stream so far.</summary>
    public RunState State => _run.State;

    /// <summary>Checks the next bytes, wherever they are cut.</summary>
    public void Check(ReadOnlySpan<byte> bytes)
    {
        if (_unfinished.WrittenCount > 0)
        {
            _unfinished.Write(bytes);
            bytes = _unfinished.WrittenSpan;
        }

        while (Broken is null && bytes.IndexOf("\n\n"u8) is var length and >= 0)
        {
            CheckFrame(bytes[..length]);
            bytes = bytes[(length + 2)..];
        }

        if (_unfinished.WrittenCount > 0)
        {
            var rest = bytes.ToArray();
            _unfinished.ResetWrittenCount();
            bytes = rest;
        }

        _unfinished.Write(bytes);
    }

    /// <summary>Nothing more comes.</summary>
    /// <param name="losses">What the run says that could not be expressed.</param>
    public void End(ValueList<string> losses)
    {
        if (Broken is not null) return;
        if (_unfinished.WrittenCount > 0) _broken = new Violation(_frames, "it is cut short");
        else if (_law.End() is { } rule) _broken = new Violation(_frames, rule);
        if (Broken is not null) return;
        _reader.End(_read);
        CheckRead();
        _run.End(losses);
    }

    private void CheckFrame(ReadOnlySpan<byte> lines)
    {
        if (_law.Check(lines, out var frame) is { } rule)
        {
            _broken = new Violation(_frames, rule);
            return;
        }

        _frames++;
        _reader.Read(frame, _read);
        CheckRead();
    }

    // Readers give no ids; whether the wire's are unique is the law's business.
    private void CheckRead()
    {
        foreach (var @event in _read)
            _run.Check(new Logged(_run.State.Count, default, @event is ItemStarted started ? started with { Id = new Id(started.Item + 1) } : @event));
        _read.Clear();
    }
}
