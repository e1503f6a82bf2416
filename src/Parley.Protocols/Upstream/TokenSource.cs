namespace Parley.Protocols.Upstream;

/// <summary>Gives a token that is good for a while, and asks for another in time. Safe for concurrent use: at most one is asked for at once.</summary>
/// <param name="ask">Asks for a token.</param>
/// <param name="time">The clock.</param>
public sealed class TokenSource(Func<CancellationToken, Task<Token>> ask, TimeProvider time) : IDisposable
{
    /// <summary>So long before its end a token is not begun with any more: a request may be on its way for a while.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromMinutes(2);

    private readonly SemaphoreSlim _asking = new(1, 1);
    private volatile Token? _last;

    /// <summary>The token.</summary>
    /// <exception cref="Runs.RunException">There is none to be had.</exception>
    public async ValueTask<string?> GetAsync(CancellationToken cancellationToken)
    {
        if (Good() is { } good) return good;
        await _asking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (Good() is { } asked) return asked;
            var token = await ask(cancellationToken).ConfigureAwait(false);
            _last = token;
            return token.Text;
        }
        finally
        {
            _asking.Release();
        }
    }

    /// <summary>Another token than the last, which was refused.</summary>
    /// <exception cref="Runs.RunException">There is none to be had.</exception>
    public ValueTask<string?> RenewAsync(CancellationToken cancellationToken)
    {
        _last = null;
        return GetAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _asking.Dispose();

    private string? Good() => _last is { } last && time.GetUtcNow() < last.Ends - Margin ? last.Text : null;
}

/// <summary>A token, and when it ends.</summary>
public sealed record Token(string Text, DateTimeOffset Ends);
