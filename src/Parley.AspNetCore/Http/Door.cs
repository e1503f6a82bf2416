using Microsoft.AspNetCore.Http;
using Parley.Runs;

namespace Parley.AspNetCore.Http;

/// <summary>Endpoint metadata: the protocol behind a route, and how that protocol writes an error before the first byte of an answer.</summary>
internal sealed record Door(Protocol Protocol, Func<HttpContext, RunError, Task> WriteErrorAsync);
