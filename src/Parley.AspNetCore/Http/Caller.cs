using Microsoft.AspNetCore.Http;

namespace Parley.AspNetCore.Http;

/// <summary>Who calls. Authentication puts it on the request before any door is opened.</summary>
internal sealed record Caller(string Owner)
{
    /// <summary>Whoever calls while the server has no keys; what was made then belongs to it.</summary>
    public static Caller Local { get; } = new("local");

    /// <summary>The caller of this request.</summary>
    public static Caller Of(HttpContext context)
        => context.Features.Get<Caller>() ?? throw new InvalidOperationException("The request was not authenticated.");
}
