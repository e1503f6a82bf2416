using System.Buffers;
using Parley.Protocols.Json;

namespace Parley.Protocols.Recordings;

/// <summary>Whether a JSON member of this name holds a credential.</summary>
internal delegate bool MemberNames(ReadOnlySpan<byte> name);

/// <summary>
/// Strips the texts of JSON members whose names say that they are credentials, from bytes that come in any pieces. It needs no JSON around
/// them: so it works within server-sent events, and within JSON that stands in a JSON string, which arguments of tools do.
/// </summary>
/// <param name="names">Which members to strip.</param>
/// <param name="found">Is told what was stripped.</param>
internal sealed class MemberStripper(MemberNames names, Action<string>? found = null)
{
    private const int LongestName = 64;
    private const int LongestValue = 8 << 10;

    private readonly byte[] _name = new byte[LongestName];
    private readonly ArrayBufferWriter<byte> _value = new();
    private State _state;
    private int _length;

    // How many backslashes stand before each quote of the string, and how many came just now.
    private int _depth;
    private int _slashes;
    private int _before;

    private enum State
    {
        Text,
        Colon,
        Quote,
        Value,
    }

    /// <summary>Adds the bytes without the credentials.</summary>
    public void Strip(ReadOnlySpan<byte> bytes, IBufferWriter<byte> into)
    {
        var kept = 0;
        for (var at = 0; at < bytes.Length; at++)
        {
            var value = bytes[at];
            if (_state == State.Value)
            {
                if (!IsEnd(value))
                {
                    if (_value.WrittenCount < LongestValue) _value.Write([value]);
                    continue;
                }

                EndValue(value, into);
                kept = at + 1;
                continue;
            }

            Follow(value);
            if (_state != State.Value) continue;
            into.Write(bytes[kept..(at + 1)]);
            kept = bytes.Length;
        }

        if (_state != State.Value) into.Write(bytes[kept..]);
    }

    /// <summary>No more bytes come: a value that was not closed is stripped all the same.</summary>
    public void End(IBufferWriter<byte> into)
    {
        if (_state == State.Value) Give(_value.WrittenSpan, isWhole: true, into);
        _state = State.Text;
    }

    private void Follow(byte value)
    {
        switch (_state, value)
        {
            case (State.Colon or State.Quote, (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'):
                break;
            case (State.Colon, (byte)':'):
                (_state, _slashes) = (State.Quote, 0);
                break;
            case (State.Quote, (byte)'\\'):
                _slashes++;
                break;
            case (State.Quote, (byte)'"'):
                (_state, _depth, _slashes) = (State.Value, _slashes, 0);
                break;
            case (_, (byte)'"'):
                var name = _name.AsSpan(0, Math.Min(_length, LongestName)).TrimEnd((byte)'\\');
                _state = _length <= LongestName && !name.IsEmpty && names(name) ? State.Colon : State.Text;
                _length = 0;
                break;
            default:
                _state = State.Text;
                if (_length < LongestName) _name[_length] = value;
                _length++;
                break;
        }
    }

    // A quote ends the string if it is escaped as deep as the one that began it. One that is less deep ends the string around it: a tool's
    // arguments come in pieces, and this piece ends before the value does. A line end is in no JSON string.
    private bool IsEnd(byte value)
    {
        if (value == (byte)'\\')
        {
            _slashes++;
            return false;
        }

        _before = _slashes;
        _slashes = 0;
        return value == (byte)'\n' || value == (byte)'"' && (_before < _depth || _before % (2 * (_depth + 1)) == _depth);
    }

    private void EndValue(byte end, IBufferWriter<byte> into)
    {
        var isWhole = end == (byte)'"' && _before >= _depth;
        var escape = end == (byte)'"' ? Math.Min(_before, _depth) : 0;
        Give(_value.WrittenCount < LongestValue ? _value.WrittenSpan[..^escape] : _value.WrittenSpan, isWhole, into);
        for (var i = 0; i < escape; i++) into.Write("\\"u8);
        into.Write([end]);
        _value.ResetWrittenCount();
        (_state, _length) = (State.Text, 0);
    }

    // A piece of a credential is stripped where it stands, but is too little to be looked for elsewhere.
    private void Give(ReadOnlySpan<byte> value, bool isWhole, IBufferWriter<byte> into)
    {
        if (value.IsEmpty) return;
        into.Write("***"u8);
        if (isWhole) found?.Invoke(JsonText.ReadTolerant(value));
    }
}
