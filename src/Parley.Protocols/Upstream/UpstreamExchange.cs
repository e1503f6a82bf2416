using System.Buffers;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using Parley.Agents;
using Parley.Protocols.Sse;
using Parley.Runs;

namespace Parley.Protocols.Upstream;

/// <summary>One attempt at a call: the request, and its answer as it is read.</summary>
internal sealed class UpstreamExchange(HttpMessageInvoker http, UpstreamCall call, Deadline deadline)
{
    private const int LongestErrorBody = 64 << 10;
    private const int FirstRead = 4 << 10;
    private const int LargestRead = 64 << 10;

    private readonly SseFramer _framer = new(call.Limit);
    private readonly FrameReader _reader = call.NewReader();
    private HttpResponseMessage? _response;
    private Stream? _body;
    private int _wanted = FirstRead;
    private bool? _isJson;
    private bool _begun;

    /// <summary>True when the terminal event was added.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>How the connection failed, if it did.</summary>
    public RunError? Broken { get; private set; }

    /// <summary>What failed underneath, for the log.</summary>
    public Exception? Cause { get; private set; }

    /// <summary>What the peer said when it failed, the beginning of it, for the log.</summary>
    public string? Said { get; private set; }

    /// <summary>True if another attempt may have more luck, as long as there was no event.</summary>
    public bool MayRetry => _response is { IsSuccessStatusCode: false } ? Retry.MayHelp(_response.StatusCode)
        : Broken?.Code is "upstream_unreachable" or "upstream_connect_timeout" or "upstream_closed";

    private bool IsCancelled => deadline.Token.IsCancellationRequested && !deadline.Expired;

    /// <summary>For how long the peer asks to be left alone.</summary>
    public TimeSpan? RetryAfter(DateTimeOffset now) => Retry.Asked(_response?.Headers.RetryAfter, now);

    /// <summary>Sends the request. Adds nothing if the peer accepts it, else the terminal event.</summary>
    public async Task SendAsync(List<RunEvent> into)
    {
        using var content = new ReadOnlyMemoryContent(call.Body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var request = UpstreamConnection.NewRequest(call.Url, content, call.Key, call.Headers, call.Timeouts.Connect, "text/event-stream");
        try
        {
            _response = await http.SendAsync(request, deadline.Token).ConfigureAwait(false);
            if (!_response.IsSuccessStatusCode) Fail(await ReadErrorAsync(_response).ConfigureAwait(false), into);
            else _body = await _response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (deadline.Expired)
        {
            Fail(UpstreamErrors.NoAnswer, into);
        }
        catch (Exception exception) when (UpstreamErrors.IsOfTheNetwork(exception))
        {
            deadline.Token.ThrowIfCancellationRequested();
            (Cause, Broken) = (exception, UpstreamErrors.OfSending(exception));
            Fail(Broken, into);
        }
    }

    /// <summary>Reads once and adds what that gives, perhaps nothing; at the end, or after a failure, the terminal event.</summary>
    /// <exception cref="AgentCancelledException">The call was cancelled.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask ReadAsync(List<RunEvent> into)
    {
        try
        {
            deadline.Token.ThrowIfCancellationRequested();
            var room = _framer.GetMemory(_wanted);
            var count = await _body!.ReadAsync(room, deadline.Token).ConfigureAwait(false);
            if (count == 0) _framer.Complete();
            else _framer.Advance(count);
            // A peer in a hurry gets more room; one that trickles, and there may be thousands, keeps little.
            if (count == room.Length && _wanted < LargestRead) _wanted *= 2;
            Parse(count == 0, into);
            _begun |= into.Count > 0;
        }
        catch (OperationCanceledException) when (deadline.Expired)
        {
            Fail(_begun ? UpstreamErrors.Stalled : UpstreamErrors.NoAnswer, into);
        }
        catch (Exception exception) when (IsCancelled && (exception is OperationCanceledException || UpstreamErrors.IsOfTheNetwork(exception)))
        {
            throw new AgentCancelledException(_reader.Spent, exception, deadline.Token);
        }
        catch (Exception exception) when (UpstreamErrors.IsOfTheNetwork(exception))
        {
            (Cause, Broken) = (exception, UpstreamErrors.OfReading(exception));
            Fail(Broken, into);
        }
    }

    /// <summary>
    /// Ends the call. After a whole answer what follows the terminal event is read, usually the end of a chunked body in a packet of its
    /// own, so that the connection can serve the next call; not for long, and nobody need wait for it. Otherwise the connection is broken.
    /// </summary>
    public async Task CloseAsync()
    {
        try
        {
            if (HasEnded && Broken is null && _body is not null && !deadline.Token.IsCancellationRequested)
            {
                deadline.Restart(TimeSpan.FromSeconds(1));
                for (var reads = 0; reads < 16 && await _body.ReadAsync(_framer.GetMemory(), deadline.Token).ConfigureAwait(false) > 0; reads++) { }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException || UpstreamErrors.IsOfTheNetwork(exception))
        {
            // The answer is complete; a connection that cannot be kept is no matter.
        }
        finally
        {
            Release();
            deadline.Dispose();
        }
    }

    /// <summary>Ends the attempt, but not the call.</summary>
    public void Release()
    {
        _response?.Dispose();
        _framer.Dispose();
    }

    private async Task<RunError> ReadErrorAsync(HttpResponseMessage response)
    {
        if ((int)response.StatusCode is >= 300 and < 400) return UpstreamErrors.Redirected;
        var buffer = ArrayPool<byte>.Shared.Rent(LongestErrorBody);
        var length = 0;
        try
        {
            var body = await response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
            while (length < LongestErrorBody)
            {
                var count = await body.ReadAsync(buffer.AsMemory(length, LongestErrorBody - length), deadline.Token).ConfigureAwait(false);
                if (count == 0) break;
                length += count;
            }
        }
        catch (Exception exception) when (deadline.Expired || UpstreamErrors.IsOfTheNetwork(exception))
        {
            // The status says enough.
        }

        var error = call.ReadError((int)response.StatusCode, buffer.AsSpan(0, length));
        Said = BeginningOf(buffer.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(buffer);
        return error;
    }

    private static string BeginningOf(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text[..Math.Min(text.Length, 2000)]);

    private void Parse(bool ended, List<RunEvent> into)
    {
        _isJson ??= _framer.BeginsAsJson;
        if (_isJson is null && !ended) return;
        if (_isJson == true)
        {
            if (!ended) return;
            call.ReadBody(_framer.Unread, into);
            if (into[^1] is RunFailed) Said = BeginningOf(_framer.Unread);
            HasEnded = true;
            return;
        }

        while (_framer.TryRead(out var frame))
        {
            _reader.Read(frame, into);
            if (into.Count == 0 || into[^1] is not RunEnded) continue;
            if (into[^1] is RunFailed) Said = BeginningOf(frame.Data);
            HasEnded = true;
            return;
        }

        if (!ended) return;
        _reader.End(into);
        HasEnded = true;
    }

    // What the reader held back still comes. If the peer had already said that it had finished, all that is lost is a farewell.
    private void Fail(RunError error, List<RunEvent> into)
    {
        if (_isJson == true) into.Add(new RunFailed(error));
        else
        {
            _reader.End(into);
            if (into[^1] is RunFailed failed) into[^1] = failed with { Error = error };
        }

        HasEnded = true;
    }
}
