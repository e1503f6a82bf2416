using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;

namespace Parley.Tests.Faults;

/// <summary>How an answer ends.</summary>
internal enum Ending
{
    /// <summary>The peer closes the connection, which is all that tells where the body ends.</summary>
    Close,

    /// <summary>The peer closes its half of the connection in the middle of a body that tells its length.</summary>
    HalfClose,

    /// <summary>The connection breaks.</summary>
    Reset,

    /// <summary>Nothing more comes, for ever.</summary>
    Stall,
}

/// <summary>What a peer answers: pieces, each of which is one read, and how it ends.</summary>
internal class Answer(IEnumerable<ReadOnlyMemory<byte>> pieces, Ending ending = Ending.Close, HttpStatusCode status = HttpStatusCode.OK) : Stream
{
    private readonly Queue<ReadOnlyMemory<byte>> _pieces = new(pieces);
    private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Answer(string text, Ending ending = Ending.Close, HttpStatusCode status = HttpStatusCode.OK) : this([Encoding.UTF8.GetBytes(text)], ending, status) { }

    public HttpStatusCode Status => status;

    /// <summary>Ends when all was read and no more comes.</summary>
    public Task Waiting => _waiting.Task;

    /// <summary>Ends when the connection is released.</summary>
    public Task Released => _released.Task;

    /// <summary>Ends when the peer is told that nobody wants the rest.</summary>
    public Task Cancelled => _cancelled.Task;

    /// <summary>The peer is told so.</summary>
    public void Cancel() => _cancelled.TrySetResult();

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (_pieces.TryPeek(out var piece) && piece.IsEmpty) _pieces.Dequeue();
        if (_pieces.TryDequeue(out var next))
        {
            var length = Math.Min(next.Length, buffer.Length);
            next[..length].CopyTo(buffer);
            if (length < next.Length) PutBack(next[length..]);
            return length;
        }

        if (ending == Ending.Reset) throw new IOException("The connection was reset.");
        if (ending == Ending.HalfClose) throw new HttpIOException(HttpRequestError.ResponseEnded);
        if (ending == Ending.Close) return 0;
        _waiting.TrySetResult();
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        return 0;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Flush() { }

    protected override void Dispose(bool disposing)
    {
        _released.TrySetResult();
        base.Dispose(disposing);
    }

    private void PutBack(ReadOnlyMemory<byte> rest)
    {
        var others = _pieces.ToArray();
        _pieces.Clear();
        _pieces.Enqueue(rest);
        foreach (var other in others) _pieces.Enqueue(other);
    }
}

/// <summary>A peer without a network: every base address has its answer, whatever is called there first.</summary>
internal sealed class FaultyPeer : HttpMessageHandler
{
    private readonly ConcurrentDictionary<string, Answer> _answers = new();
    private int _next;

    public Uri Prepare(Answer answer)
    {
        var name = Interlocked.Increment(ref _next).ToString(CultureInfo.InvariantCulture);
        _answers[name] = answer;
        return new Uri($"http://peer.example/{name}");
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = _answers[request.RequestUri!.Segments[1].TrimEnd('/')];
        if (!request.RequestUri.AbsolutePath.EndsWith("/v3/chat/cancel", StringComparison.Ordinal))
            return Task.FromResult(new HttpResponseMessage(answer.Status) { Content = new StreamContent(answer) });
        answer.Cancel();
        return Task.FromResult(new HttpResponseMessage { Content = new StringContent("{\"code\":0}") });
    }
}
