using System.Buffers;
using Parley.Protocols;
using Parley.Protocols.Sse;
using Parley.Protocols.Tongyi;
using Parley.Runs;

namespace Parley.Tests.Events;

/// <summary>Streams as bytes, both ways.</summary>
internal static class Streams
{
    /// <summary>All streams by name: of each format, and of such that are rendered in another way besides.</summary>
    public static string[] Names => [.. StreamFormat.Names, TongyiCumulative];

    private const string TongyiCumulative = "tongyi-cumulative";

    /// <summary>A writer of such a stream, for a run of which nothing matters.</summary>
    public static FrameWriter NewWriter(string name) => name == TongyiCumulative
        ? new TongyiStreamWriter(Headers.Of("tongyi") with { Rendering = new TongyiRendering { IsCumulative = true }.ToJson() })
        : StreamFormat.Of(name).NewWriter(Headers.Of(name), false);

    /// <summary>The bytes that a writer makes of a log.</summary>
    public static byte[] Write(FrameWriter writer, IEnumerable<Logged> log)
    {
        var into = new ArrayBufferWriter<byte>();
        foreach (var logged in log) writer.Write(logged, into);
        return into.WrittenSpan.ToArray();
    }

    /// <summary>The events that a reader makes of bytes which arrive in pieces.</summary>
    public static List<RunEvent> Read(FrameReader reader, ReadOnlySpan<byte> bytes, int piece = int.MaxValue, bool isCopied = false)
    {
        var events = new List<RunEvent>();
        using var framer = new SseFramer(isCopied: isCopied);
        while (!bytes.IsEmpty)
        {
            var length = Math.Min(piece, bytes.Length);
            framer.Append(bytes[..length]);
            bytes = bytes[length..];
            while (framer.TryRead(out var frame)) reader.Read(frame, events);
        }

        framer.Complete();
        while (framer.TryRead(out var frame)) reader.Read(frame, events);
        reader.End(events);
        return events;
    }

    /// <summary>Joins deltas of one part that follow each other: where a text is cut is no part of what was said.</summary>
    public static List<RunEvent> Joined(IEnumerable<RunEvent> events)
    {
        var joined = new List<RunEvent>();
        foreach (var @event in events)
        {
            if (@event is PartDelta next && joined.Count > 0 && joined[^1] is PartDelta last && last.Item == next.Item && last.Part == next.Part)
                joined[^1] = last with { Text = last.Text + next.Text };
            else
                joined.Add(@event);
        }

        return joined;
    }
}
