using System.Buffers;

namespace Parley.Protocols.Recordings;

/// <summary>Replaces known credentials wherever they stand in bytes that come in any pieces. What may be the beginning of one is held back.</summary>
internal sealed class SecretStripper(Secrets secrets)
{
    private readonly ArrayBufferWriter<byte> _rest = new();

    /// <summary>Adds what is sure by now.</summary>
    public void Strip(ReadOnlySpan<byte> bytes, IBufferWriter<byte> into)
    {
        if (_rest.WrittenCount == 0)
        {
            _rest.Write(StripSure(bytes, into));
            return;
        }

        _rest.Write(bytes);
        var all = _rest.WrittenSpan.ToArray();
        _rest.ResetWrittenCount();
        _rest.Write(StripSure(all, into));
    }

    /// <summary>No more bytes come. What was held back is added if the bytes are whole: else it may well be a credential that was cut short.</summary>
    public void End(IBufferWriter<byte> into, bool isWhole)
    {
        if (isWhole) into.Write(_rest.WrittenSpan);
        _rest.ResetWrittenCount();
    }

    private ReadOnlySpan<byte> StripSure(ReadOnlySpan<byte> bytes, IBufferWriter<byte> into)
    {
        while (true)
        {
            var (first, length) = (bytes.Length, 0);
            foreach (var secret in secrets.All)
            {
                // Of two that begin at one place the longer, which may be the other and more.
                var at = bytes.IndexOf(secret);
                if (at >= 0 && (at < first || at == first && secret.Length > length)) (first, length) = (at, secret.Length);
            }

            if (length == 0) break;
            into.Write(bytes[..first]);
            into.Write("***"u8);
            bytes = bytes[(first + length)..];
        }

        var held = 0;
        foreach (var secret in secrets.All)
        {
            for (var beginning = Math.Min(secret.Length - 1, bytes.Length); beginning > held; beginning--)
                if (bytes[^beginning..].SequenceEqual(secret.AsSpan(0, beginning))) held = beginning;
        }

        into.Write(bytes[..^held]);
        return bytes[^held..];
    }
}
