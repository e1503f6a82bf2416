using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using Parley.Runs;
using Parley.Storage;

namespace Parley.AspNetCore.Http;

/// <summary>
/// Who may call. Without any key only this machine may, and no page of another site in its browser; with keys whoever has one,
/// from any site. What needs no key: paths without a door (the page, health, and paths that do not exist).
/// </summary>
internal sealed class Access(RequestDelegate next, IServiceProvider services)
{
    private const string ExposedHeaders = $"x-tt-logid, {RunHeaders.Run}, {RunHeaders.Conversation}, {RunHeaders.Losses}";

    // Azure's clients send a key so.
    private const string KeyHeader = "api-key";

    private const string Methods = "GET, POST, PUT, DELETE, OPTIONS";

    // A server without a store of keys, as in an embedder's tests, is one without keys.
    private readonly KeyStore? _keys = services.GetService<KeyStore>();

    /// <summary>Lets the request pass with its <see cref="Caller"/>, or throws.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<Anybody>() is not null)
        {
            await next(context);
            return;
        }

        var hasKeys = _keys is not null && await _keys.AnyAsync(context.RequestAborted);
        if (!hasKeys) DemandLoopback(context);
        if (context.Request.Headers.Origin is [{ Length: > 0 } origin])
        {
            AllowOrigin(context, hasKeys ? "*" : origin);
            if (IsPreflight(context.Request))
            {
                AnswerPreflight(context);
                return;
            }
        }

        if (!hasKeys) context.Features.Set(Caller.Local);
        else if (context.GetEndpoint()?.Metadata.GetMetadata<Door>() is not null) context.Features.Set(await FindCallerAsync(context));
        await next(context);
    }

    /// <summary>Whether a host's name or address means this machine.</summary>
    internal static bool IsLoopback(string host)
    {
        var name = host.AsSpan();
        if (name is ['[', .. var inner, ']']) name = inner;
        return IPAddress.TryParse(name, out var address)
            ? IPAddress.IsLoopback(address)
            : name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
    }

    private async ValueTask<Caller> FindCallerAsync(HttpContext context)
    {
        const string Scheme = "Bearer ";
        var header = context.Request.Headers.Authorization.ToString();
        var key = header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : context.Request.Headers[KeyHeader].ToString();
        if (key.Length == 0) throw Refuse("This server needs a key: send the header \"Authorization: Bearer pat_…\".", "missing_key");
        var owner = await _keys!.FindOwnerAsync(key, context.RequestAborted);
        return owner is null ? throw Refuse("The key is not known to this server.", "invalid_key") : new Caller(owner);
    }

    private static void DemandLoopback(HttpContext context)
    {
        // The address of the connection too: a name can be claimed.
        var request = context.Request;
        if (!IsLoopback(request.Host.Host) || context.Connection.RemoteIpAddress is { } remote && !IPAddress.IsLoopback(remote))
            throw Refuse("Without keys this server answers only requests from this machine to this machine. Make a key with: parley keys create --name NAME", "loopback_only");
        if (request.Headers.Origin is [{ Length: > 0 } origin] && !(Uri.TryCreate(origin, UriKind.Absolute, out var site) && IsLoopback(site.Host)))
            throw Refuse("Without keys this server answers pages of this machine only. Make a key with: parley keys create --name NAME", "loopback_only");
    }

    private static void AllowOrigin(HttpContext context, string origin)
    {
        var headers = context.Response.Headers;
        headers.AccessControlAllowOrigin = origin;
        headers.AccessControlExposeHeaders = ExposedHeaders;
        if (origin != "*") headers.Append(HeaderNames.Vary, HeaderNames.Origin);
    }

    private static bool IsPreflight(HttpRequest request)
        => HttpMethods.IsOptions(request.Method) && request.Headers.ContainsKey(HeaderNames.AccessControlRequestMethod);

    private static void AnswerPreflight(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.AccessControlAllowMethods = Methods;
        // "*" would not cover Authorization.
        headers.AccessControlAllowHeaders = context.Request.Headers.AccessControlRequestHeaders;
        headers.AccessControlMaxAge = "86400";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static RunException Refuse(string message, string code) => new(new RunError(ErrorSide.Client, ErrorCause.Unauthorised, message, true, code));
}

/// <summary>Endpoint metadata: anybody may call, and the store of keys is not asked. For what says nothing about anybody.</summary>
internal sealed class Anybody
{
    public static Anybody Instance { get; } = new();
}
