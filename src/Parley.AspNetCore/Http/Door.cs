using Microsoft.AspNetCore.Http;
using Parley.Runs;

namespace Parley.AspNetCore.Http;

/// <summary>Endpoint metadata: the protocol behind a route, and how that protocol writes an error before the first byte of an answer.</summary>
internal sealed record Door(Protocol Protocol, Func<HttpContext, RunError, Task> WriteErrorAsync)
{
    /// <summary>The cookies in which a key may come, the first first. Pages of other sites may then call with them, under the rules of <see cref="KeyCookies"/>.</summary>
    public IReadOnlyList<string> KeyCookies { get; init; } = [];

    /// <summary>Who calls where no key is needed; null for a call that must be refused. Absent: a key is needed.</summary>
    public Func<HttpContext, Caller?>? FindGuest { get; init; }
}
