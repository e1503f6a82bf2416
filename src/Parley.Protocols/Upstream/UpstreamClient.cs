using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Parley.Agents;
using Parley.Runs;

namespace Parley.Protocols.Upstream;

/// <summary>The one HTTP call by which all connectors talk to their peers. One instance serves all agents; it keeps connections.</summary>
/// <param name="time">The clock of all time limits.</param>
/// <param name="logger">Told what a client is not.</param>
/// <param name="handler">Makes the connections; null for the one that all servers need.</param>
public sealed partial class UpstreamClient(TimeProvider time, ILogger<UpstreamClient>? logger = null, HttpMessageHandler? handler = null) : IDisposable
{
    private readonly HttpMessageInvoker _http = new(handler ?? UpstreamConnection.NewHandler(time));
    private readonly ILogger _logger = logger ?? NullLogger<UpstreamClient>.Instance;

    /// <summary>The clock of all time limits.</summary>
    internal TimeProvider Time => time;

    /// <summary>
    /// Calls a peer and reads its answer. Whatever goes wrong with the peer becomes exactly one <see cref="RunFailed"/>; the only
    /// exception is that of cancelling, which breaks the connection, and behind the first event is an <see cref="AgentCancelledException"/>.
    /// Before the first event, a connection that cannot be made or breaks and the statuses 429, 502, 503 and 504 are tried again. All events
    /// that one read gives come without waiting.
    /// </summary>
    public async IAsyncEnumerable<RunEvent> CallAsync(UpstreamCall call, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var events = new List<RunEvent>();
        var deadline = new Deadline(time, call.Timeouts.FirstEvent, cancellationToken);
        UpstreamExchange? exchange = null;
        try
        {
            exchange = await OpenAsync(call, deadline, events).ConfigureAwait(false);
            deadline.Restart(call.Timeouts.Idle);
            while (true)
            {
                // Whoever takes the events may have to wait for a disk, or a slow reader: that is not the peer's silence.
                deadline.Pause();
                for (var i = 0; i < events.Count; i++) yield return events[i];
                if (exchange.HasEnded) break;
                events.Clear();
                deadline.Extend(call.Timeouts.Idle);
                await exchange.ReadAsync(events).ConfigureAwait(false);
                if (exchange.HasEnded && events[^1] is RunFailed { Error: var error }) Log(call, exchange, error);
            }
        }
        finally
        {
            if (exchange is null) deadline.Dispose();
            else _ = exchange.CloseAsync();
        }
    }

    /// <summary>Closes all connections.</summary>
    public void Dispose() => _http.Dispose();

    // Until the first event there may be several attempts; a failure is then the only event.
    private async Task<UpstreamExchange> OpenAsync(UpstreamCall call, Deadline deadline, List<RunEvent> events)
    {
        for (var attempt = 0; ; attempt++)
        {
            var exchange = new UpstreamExchange(_http, call, deadline);
            try
            {
                await exchange.SendAsync(events).ConfigureAwait(false);
                while (events.Count == 0) await exchange.ReadAsync(events).ConfigureAwait(false);
                if (events[0] is not RunFailed { Error: var error }) return exchange;
                Log(call, exchange, error);
                if (!exchange.MayRetry || attempt >= call.Retries) return exchange;
                if (Retry.Wait(attempt, exchange.RetryAfter(time.GetUtcNow()), deadline.Remaining) is not { } wait) return exchange;
                exchange.Release();
                events.Clear();
                await Task.Delay(wait, time, deadline.Token).ConfigureAwait(false);
            }
            catch
            {
                exchange.Release();
                throw;
            }
        }
    }

    private void Log(UpstreamCall call, UpstreamExchange exchange, RunError error)
        => Log(call.Url, call.Key, call.Headers, error, exchange.Said, exchange.Cause);

    // A peer may repeat the key in its complaint about it.
    private void Log(Uri url, string? key, ValueList<KeyValuePair<string, string>> headers, RunError error, string? said, Exception? cause)
    {
        said ??= "";
        foreach (var secret in headers.Select(header => header.Value).Append(key ?? ""))
            if (secret.Trim() is { Length: >= 8 } known) said = said.Replace(known, "***", StringComparison.Ordinal);
        _logger.LogWarning(cause, "{Peer}: {Code} {Message} {Said}", url.Authority, error.Code, error.Message, said);
    }
}
