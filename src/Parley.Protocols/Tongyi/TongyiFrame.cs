using System.Text.Json;

namespace Parley.Protocols.Tongyi;

/// <summary>
/// The members of a frame that a reader needs, still as they lie in it: raw, without quotes, escapes untouched. Its items are put into a list that is
/// used again and again.
/// </summary>
internal ref struct TongyiFrame
{
    public ReadOnlySpan<byte> Session;
    public ReadOnlySpan<byte> Message;
    public ReadOnlySpan<byte> Parent;
    public ReadOnlySpan<byte> Trace;
    public ReadOnlySpan<byte> Status;
    public ReadOnlySpan<byte> StopReason;
    public ReadOnlySpan<byte> ErrorCode;
    public ReadOnlySpan<byte> ErrorMessage;
    public long? Package;
    public bool? Incremental;
    public bool HasContents;
    public bool IsBlocked;
    public bool IsInterrupted;
    public bool HasFailed;

    /// <summary>No more frames are about the message.</summary>
    public readonly bool IsFinished => Status.SequenceEqual("finished"u8);

    /// <summary>Why the answer stops; empty while it does not, for which the peers' word is "null".</summary>
    public readonly ReadOnlySpan<byte> Stop => StopReason.SequenceEqual("null"u8) ? default : StopReason;

    /// <summary>The peer tells an error, not an answer.</summary>
    public readonly bool IsError => HasFailed || !(ErrorCode.IsEmpty || ErrorCode.SequenceEqual("0"u8) || ErrorCode.SequenceEqual("null"u8)) || (!HasContents && Message.IsEmpty && !ErrorMessage.IsEmpty);

    /// <summary>Reads a frame.</summary>
    /// <exception cref="JsonException">It is no JSON object.</exception>
    public static TongyiFrame Read(ReadOnlySpan<byte> data, List<TongyiItem> items)
    {
        items.Clear();
        var frame = default(TongyiFrame);
        var json = new Utf8JsonReader(data);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject) throw new JsonException("No object.");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            // Raw names: with escapes in them they are none of ours.
            var name = json.ValueSpan;
            json.Read();
            switch (json.TokenType)
            {
                case JsonTokenType.True or JsonTokenType.False:
                    frame.Set(name, json.TokenType == JsonTokenType.True);
                    break;
                case JsonTokenType.String:
                    frame.Set(name, json.ValueSpan);
                    break;
                case JsonTokenType.Number:
                    if (name.SequenceEqual("pkgId"u8) && json.TryGetInt64(out var package)) frame.Package = package;
                    else if (name.SequenceEqual("errorCode"u8)) frame.ErrorCode = json.ValueSpan;
                    break;
                case JsonTokenType.StartArray when name.SequenceEqual("contents"u8):
                    frame.HasContents = true;
                    while (json.Read() && json.TokenType != JsonTokenType.EndArray)
                    {
                        if (json.TokenType == JsonTokenType.StartObject) items.Add(TongyiItem.Read(ref json));
                        else json.Skip();
                    }

                    break;
                default:
                    json.Skip();
                    break;
            }
        }

        // What follows the object makes the frame as broken as what is wrong inside.
        if (json.Read()) throw new JsonException("More than an object.");
        return frame;
    }

    private void Set(ReadOnlySpan<byte> name, bool value)
    {
        if (name.SequenceEqual("incremental"u8)) Incremental = value;
        else if (name.SequenceEqual("canShare"u8)) IsBlocked = !value;
        else if (name.SequenceEqual("interrupted"u8)) IsInterrupted = value;
        else if (name.SequenceEqual("failed"u8)) HasFailed |= value;
        else if (name.SequenceEqual("success"u8)) HasFailed |= !value;
    }

    private void Set(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.SequenceEqual("msgId"u8)) Message = value;
        else if (name.SequenceEqual("msgStatus"u8)) Status = value;
        else if (name.SequenceEqual("sessionId"u8)) Session = value;
        else if (name.SequenceEqual("stopReason"u8)) StopReason = value;
        else if (name.SequenceEqual("parentMsgId"u8)) Parent = value;
        else if (name.SequenceEqual("traceId"u8)) Trace = value;
        else if (name.SequenceEqual("errorCode"u8)) ErrorCode = value;
        else if (name.SequenceEqual("errorMsg"u8)) ErrorMessage = value;
    }
}

/// <summary>An item of a frame's <c>contents</c>: where its members lie in the frame.</summary>
internal struct TongyiItem
{
    public Range Id;
    public Range Type;
    public Range Role;
    public Range Status;
    public Range PluginCode;
    public Range PluginName;

    /// <summary>What it says: the inside of a string, or with <see cref="IsJson"/> an object or array itself.</summary>
    public Range Content;
    public bool HasContent;
    public bool IsJson;
    public bool? Incremental;
    public int Index;

    public static TongyiItem Read(ref Utf8JsonReader json)
    {
        var item = new TongyiItem { Index = -1 };
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.ValueSpan;
            json.Read();
            switch (json.TokenType)
            {
                case JsonTokenType.String:
                    item.Set(name, (int)json.TokenStartIndex + 1, json.ValueSpan.Length);
                    break;
                case JsonTokenType.True or JsonTokenType.False when name.SequenceEqual("incremental"u8):
                    item.Incremental = json.TokenType == JsonTokenType.True;
                    break;
                case JsonTokenType.Number when name.SequenceEqual("index"u8) && json.TryGetInt32(out var index):
                    item.Index = index;
                    break;
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    var start = (int)json.TokenStartIndex;
                    json.Skip();
                    if (name.SequenceEqual("content"u8)) (item.Content, item.HasContent, item.IsJson) = (start..(int)json.BytesConsumed, true, true);
                    break;
            }
        }

        return item;
    }

    private void Set(ReadOnlySpan<byte> name, int start, int length)
    {
        var place = start..(start + length);
        if (name.SequenceEqual("content"u8)) (Content, HasContent, IsJson) = (place, true, false);
        else if (name.SequenceEqual("contentType"u8)) Type = place;
        else if (name.SequenceEqual("id"u8)) Id = place;
        else if (name.SequenceEqual("role"u8)) Role = place;
        else if (name.SequenceEqual("status"u8)) Status = place;
        else if (name.SequenceEqual("pluginCode"u8)) PluginCode = place;
        else if (name.SequenceEqual("pluginName"u8)) PluginName = place;
    }
}
