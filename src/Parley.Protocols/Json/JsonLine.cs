using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Parley.Protocols.Json;

/// <summary>
/// Writes compact JSON on one line, every string escaped as the protocol escapes. The framework's writer cannot: none of its encoders
/// escapes as Coze does. It trusts its caller to open and close in order.
/// </summary>
public sealed class JsonLine(IBufferWriter<byte> into, JsonEscaping escaping)
{
    private bool _comma;

    /// <summary>Where the bytes go.</summary>
    public IBufferWriter<byte> Output => into;

    /// <summary>What is written, as JSON that is kept.</summary>
    public static RawJson ToRawJson(Action<JsonLine> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        write(new JsonLine(buffer, JsonEscaping.Minimal));
        return new RawJson(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    /// <summary>Begins an object, as a value.</summary>
    public JsonLine Object()
    {
        Separate();
        Put((byte)'{');
        _comma = false;
        return this;
    }

    /// <summary>Ends an object.</summary>
    public JsonLine EndObject()
    {
        Put((byte)'}');
        _comma = true;
        return this;
    }

    /// <summary>Begins an array, as a value.</summary>
    public JsonLine Array()
    {
        Separate();
        Put((byte)'[');
        _comma = false;
        return this;
    }

    /// <summary>Ends an array.</summary>
    public JsonLine EndArray()
    {
        Put((byte)']');
        _comma = true;
        return this;
    }

    /// <summary>A member's name, of characters that need no escape.</summary>
    public JsonLine Name(ReadOnlySpan<byte> name)
    {
        Separate();
        Put((byte)'"');
        into.Write(name);
        into.Write("\":"u8);
        _comma = false;
        return this;
    }

    /// <summary>A member's name.</summary>
    public JsonLine Name(ReadOnlySpan<char> name)
    {
        String(name);
        Put((byte)':');
        _comma = false;
        return this;
    }

    /// <summary>A string value.</summary>
    public JsonLine String(ReadOnlySpan<char> text)
    {
        Separate();
        Put((byte)'"');
        JsonText.WriteEscaped(text, into, escaping);
        Put((byte)'"');
        _comma = true;
        return this;
    }

    /// <summary>A string value, of characters that need no escape.</summary>
    public JsonLine String(ReadOnlySpan<byte> text)
    {
        Separate();
        Put((byte)'"');
        into.Write(text);
        Put((byte)'"');
        _comma = true;
        return this;
    }

    /// <summary>A string value of bytes in base64 behind a head of characters that need no escape, such as a data URL's.</summary>
    public JsonLine Base64(ReadOnlySpan<byte> head, ReadOnlySpan<byte> bytes)
    {
        Separate();
        Put((byte)'"');
        into.Write(head);
        System.Buffers.Text.Base64.EncodeToUtf8(bytes, into.GetSpan(System.Buffers.Text.Base64.GetMaxEncodedToUtf8Length(bytes.Length)), out _, out var length);
        into.Advance(length);
        Put((byte)'"');
        _comma = true;
        return this;
    }

    /// <summary>An integer value.</summary>
    public JsonLine Number(long value)
    {
        Separate();
        Utf8Formatter.TryFormat(value, into.GetSpan(20), out var length);
        into.Advance(length);
        _comma = true;
        return this;
    }

    /// <summary>A fractional value; one that JSON has no word for is null.</summary>
    public JsonLine Number(double value)
    {
        if (!double.IsFinite(value)) return Null();
        Separate();
        value.TryFormat(into.GetSpan(32), out var length, "R", System.Globalization.CultureInfo.InvariantCulture);
        into.Advance(length);
        _comma = true;
        return this;
    }

    /// <summary>A truth value.</summary>
    public JsonLine Bool(bool value) => Raw(value ? "true"u8 : "false"u8);

    /// <summary>Nothing.</summary>
    public JsonLine Null() => Raw("null"u8);

    /// <summary>A value that is JSON already, on one line.</summary>
    public JsonLine Raw(ReadOnlySpan<byte> json)
    {
        Separate();
        into.Write(json);
        _comma = true;
        return this;
    }

    /// <summary>JSON that was kept, as a value.</summary>
    public JsonLine Raw(RawJson json)
    {
        Separate();
        Encoding.UTF8.GetBytes(json.Text, into);
        _comma = true;
        return this;
    }

    /// <summary>A string member.</summary>
    public JsonLine String(ReadOnlySpan<byte> name, ReadOnlySpan<char> text) => Name(name).String(text);

    /// <summary>A string member, null if there is no text.</summary>
    public JsonLine StringOrNull(ReadOnlySpan<byte> name, string? text) => text is null ? Name(name).Null() : Name(name).String(text);

    /// <summary>An integer member.</summary>
    public JsonLine Number(ReadOnlySpan<byte> name, long value) => Name(name).Number(value);

    private void Separate()
    {
        if (_comma) Put((byte)',');
    }

    private void Put(byte value)
    {
        into.GetSpan(1)[0] = value;
        into.Advance(1);
    }
}
