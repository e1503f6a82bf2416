using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace Parley.Tests.Faults;

/// <summary>How an answer ends.</summary>
internal enum Ending
{
    /// <summary>The peer closes the connection.</summary>
    Close,

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

    public Answer(string text, Ending ending = Ending.Close, HttpStatusCode status = HttpStatusCode.OK) : this([Encoding.UTF8.GetBytes(text)], ending, status) { }

    public HttpStatusCode Status => status;

    /// <summary>Ends when all was read and no more comes.</summary>
    public Task Waiting => _waiting.Task;

    /// <summary>Ends when the connection is released.</summary>
    public Task Released => _released.Task;

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

/// <summary>A peer without a network: every URL has its answer.</summary>
internal sealed class FaultyPeer : HttpMessageHandler
{
    private readonly ConcurrentDictionary<Uri, Answer> _answers = new();
    private int _next;

    public Uri Prepare(Answer answer)
    {
        var url = new Uri($"http://peer.example/{Interlocked.Increment(ref _next)}");
        _answers[url] = answer;
        return url;
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        => _answers.TryRemove(request.RequestUri!, out var answer)
            ? Task.FromResult(new HttpResponseMessage(answer.Status) { Content = new StreamContent(answer) })
            : throw new HttpRequestException(HttpRequestError.ConnectionError);
}
