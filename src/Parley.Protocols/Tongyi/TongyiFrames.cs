using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.Tongyi;

/// <summary>
/// The frames of one message, as upstream writes them: members in alphabetical order, numbers with the gaps that it leaves before its first piece
/// and before its last frame, and <c>params</c> by the phase. Older clients' frames are the same without numbers and flags.
/// </summary>
internal sealed class TongyiFrames
{
    // Upstream's number 1 is never seen; the first piece is 2.
    private const long BeforePieces = 1;

    private readonly bool _isCumulative;
    private readonly string _id;
    private readonly byte[] _begin;
    private readonly byte[] _afterShare;
    private readonly byte[] _message;
    private readonly byte[] _parent;
    private readonly byte[] _session;
    private readonly byte[] _trace;
    private readonly byte[] _first;
    private readonly byte[] _pieceHead;
    private readonly byte[] _pieceTail;
    private long _package = -2;

    public TongyiFrames(Run run, TongyiRendering rendering, TongyiUpstream? peer)
    {
        _isCumulative = rendering.IsCumulative;
        _id = peer?.Message ?? TongyiIds.OfMessage(run.Conversation, run.Id);
        var asked = run.Input.Count > 0 ? run.Input[^1] : run.Parent;
        var parent = peer is null ? rendering.Parent ?? (asked.IsNone ? "" : TongyiIds.OfMessage(run.Conversation, asked)) : peer.Parent ?? "";
        _begin = Bytes($"data: {{{(_isCumulative ? "" : "\"aiDisclaimer\":false,")}\"canFeedback\":true,\"canRegenerate\":true,\"canShare\":");
        _afterShare = Bytes($",\"canShow\":true,\"contentFrom\":\"{(rendering.IsAboutImage ? "vision" : "text")}\",\"contentType\":\"text\",");
        _message = Bytes($"\"msgId\":{Quoted(_id)},\"msgStatus\":");
        _parent = Bytes($",\"parentMsgId\":{Quoted(parent)},");
        _session = Bytes($"\"sessionId\":{Quoted(peer?.Session ?? rendering.Session ?? TongyiIds.OfSession(run.Conversation))},\"sessionOpen\":true,\"sessionShare\":true,\"sessionWarnNew\":false,");
        _trace = Bytes($"\"traceId\":{Quoted(peer?.Trace ?? TongyiIds.OfTrace(run))}}}\n\n");
        _first = Bytes($"\"generating\",\"params\":{{\"deepResearch\":{(rendering.DeepResearch ? "true" : "false")}}}");
        _pieceHead = [.. _begin, .. "true"u8, .. _afterShare, .. "\"contents\":[{\"content\":\""u8];
        _pieceTail = [.. ","u8, .. _session, .. "\"stopReason\":\"null\","u8, .. _trace];
    }

    /// <summary>The id of an item.</summary>
    public string IdOf(int slot) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{_id}_{slot}");

    /// <summary>What follows the text in each piece of a slot, up to the number.</summary>
    public byte[] AfterPiece(int slot, string type)
        => [.. Bytes($"\",\"contentType\":\"{type}\",\"id\":{Quoted(IdOf(slot))},\"incremental\":true,\"index\":{slot},\"role\":\"assistant\",\"status\":\"generating\"}}],\"incremental\":true,"),
            .. _message, .. "\"generating\",\"params\":{\"searchProb\":\"impossible\"}"u8, .. _parent, .. "\"pkgId\":"u8];

    /// <summary>The frame before all others, in which clients find the ids.</summary>
    public void WriteFirst(IBufferWriter<byte> into)
    {
        _package = 0;
        into.Write(_begin);
        into.Write("true"u8);
        into.Write(_afterShare);
        WriteFlag(into);
        into.Write(_message);
        into.Write(_first);
        into.Write(_parent);
        WritePackage(into);
        into.Write(_session);
        into.Write(_trace);
        _package = BeforePieces;
    }

    /// <summary>Begins a piece; then comes its text, escaped, and <see cref="EndPiece"/>.</summary>
    public void BeginPiece(IBufferWriter<byte> into) => into.Write(_pieceHead);

    /// <summary>Ends a piece of the slot that <paramref name="after"/> is of.</summary>
    public void EndPiece(byte[] after, IBufferWriter<byte> into)
    {
        into.Write(after);
        _package++;
        WriteNumber(_package, into);
        into.Write(_pieceTail);
    }

    /// <summary>Pieces that are not written here take their numbers all the same.</summary>
    public void SkipPieces(long count) => _package += count;

    /// <summary>The client has got so many frames.</summary>
    public void ContinueAfter(long count) => _package = Math.Max(_package, count);

    /// <summary>Begins a frame of things that are whole; then come the items, if any, and <see cref="EndWhole"/>.</summary>
    public void BeginWhole(bool isBlocked, IBufferWriter<byte> into)
    {
        into.Write(_begin);
        into.Write(isBlocked ? "false"u8 : "true"u8);
        into.Write(_afterShare);
    }

    /// <summary>Ends a frame of things that are whole: with a reason to stop, the last.</summary>
    public void EndWhole(string? stop, RunError? error, IBufferWriter<byte> into)
    {
        if (error is not null)
        {
            new JsonLine(into, JsonEscaping.Minimal).String("errorCode"u8, TongyiErrors.CodeOf(error)).String("errorMsg"u8, TongyiErrors.MessageOf(error));
            into.Write(","u8);
        }

        _package += stop is null ? 1 : 2;
        WriteFlag(into);
        into.Write(_message);
        into.Write(stop is null ? "\"generating\",\"params\":{\"searchProb\":\"impossible\"}"u8 : "\"finished\",\"params\":{\"showCodeChatButton\":true,\"searchProb\":\"impossible\"}"u8);
        into.Write(_parent);
        WritePackage(into);
        into.Write(_session);
        into.Write("\"stopReason\":\""u8);
        JsonText.WriteEscaped(stop ?? "null", into, JsonEscaping.Minimal);
        into.Write("\","u8);
        into.Write(_trace);
    }

    private void WriteFlag(IBufferWriter<byte> into)
    {
        if (!_isCumulative) into.Write("\"incremental\":false,"u8);
    }

    private void WritePackage(IBufferWriter<byte> into)
    {
        if (_isCumulative) return;
        into.Write("\"pkgId\":"u8);
        WriteNumber(_package, into);
        into.Write(","u8);
    }

    private static void WriteNumber(long number, IBufferWriter<byte> into)
    {
        Utf8Formatter.TryFormat(number, into.GetSpan(20), out var length);
        into.Advance(length);
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Quoted(string text)
    {
        var into = new ArrayBufferWriter<byte>();
        new JsonLine(into, JsonEscaping.Minimal).String(text);
        return Encoding.UTF8.GetString(into.WrittenSpan);
    }
}
