using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Parley.Protocols.Upstream;

/// <summary>
/// A form with one file, sent piece by piece as the peer takes it. By hand, because the framework's form writes a name that is not ASCII in
/// a way that servers do not read, where browsers and SDKs write it as it is.
/// </summary>
internal sealed class UpstreamFileContent : HttpContent
{
    private const int PieceSize = 64 << 10;

    private readonly UpstreamFile _file;
    private readonly Action _moved;
    private readonly byte[] _head;
    private readonly byte[] _tail;

    /// <param name="file">The file.</param>
    /// <param name="moved">Called after each piece that the peer has taken.</param>
    public UpstreamFileContent(UpstreamFile file, Action moved)
    {
        var boundary = "parley-" + RandomNumberGenerator.GetHexString(32);
        (_file, _moved) = (file, moved);
        _head = Encoding.UTF8.GetBytes(
            $"--{boundary}\r\nContent-Disposition: form-data; name=\"{file.Field}\"; filename=\"{Quoted(file.Name)}\"\r\nContent-Type: {OneLine(file.MediaType)}\r\n\r\n");
        _tail = Encoding.UTF8.GetBytes($"\r\n--{boundary}--\r\n");
        Headers.ContentType = MediaTypeHeaderValue.Parse($"multipart/form-data; boundary={boundary}");
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(_head, cancellationToken).ConfigureAwait(false);
        var piece = new byte[PieceSize];
        while (await _file.Content.ReadAsync(piece, cancellationToken).ConfigureAwait(false) is > 0 and var count)
        {
            await stream.WriteAsync(piece.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            _moved();
        }

        await stream.WriteAsync(_tail, cancellationToken).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _head.Length + _file.Bytes + _tail.Length;
        return true;
    }

    // As browsers do it.
    private static string Quoted(string name)
        => name.Replace("\"", "%22", StringComparison.Ordinal).Replace("\r", "%0D", StringComparison.Ordinal).Replace("\n", "%0A", StringComparison.Ordinal);

    private static string OneLine(string type) => type.AsSpan().IndexOfAny('\r', '\n') < 0 ? type : "application/octet-stream";
}
