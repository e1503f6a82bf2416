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
        if (Ours.IsForTheHost(context) || context.GetEndpoint()?.Metadata.GetMetadata<Anybody>() is not null)
        {
            await next(context);
            return;
        }

        var hasKeys = _keys is not null && await _keys.AnyAsync(context.RequestAborted);
        if (!hasKeys) DemandLoopback(context);
        if (context.Request.Headers.Origin is [{ Length: > 0 } origin])
        {
            AllowOrigin(context, hasKeys ? "*" : origin, origin);
            if (IsPreflight(context.Request))
            {
                AnswerPreflight(context);
                return;
            }
        }

        var door = DoorOf(context);
        if (door?.FindGuest is { } find) context.Features.Set(find(context) ?? throw Refuse("No guest is known by this cookie. Ask for one first.", "missing_guest"));
        else if (!hasKeys) context.Features.Set(Caller.Local);
        else if (door is not null) context.Features.Set(await FindCallerAsync(context, door));
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

    private static Door? DoorOf(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<Door>();

    private async ValueTask<Caller> FindCallerAsync(HttpContext context, Door door)
    {
        const string Scheme = "Bearer ";
        var header = context.Request.Headers.Authorization.ToString();
        var key = header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : context.Request.Headers[KeyHeader].ToString();
        if (key.Length == 0 && door.KeyCookies.Count > 0 && await FindByCookieAsync(context, door) is { } known) return known;
        if (key.Length == 0) throw Refuse("This server needs a key: send the header \"Authorization: Bearer pat_…\".", "missing_key");
        var owner = await _keys!.FindOwnerAsync(key, context.RequestAborted);
        return owner is null ? throw Refuse("The key is not known to this server.", "invalid_key") : new Caller(owner);
    }

    // Whole strings of a browser's cookies are passed on by some clients, with tickets of others among them.
    private async ValueTask<Caller?> FindByCookieAsync(HttpContext context, Door door)
    {
        var cookies = KeyCookies.Of(context.Request);
        var isAny = false;
        foreach (var name in door.KeyCookies)
        {
            if (!cookies.TryGetValue(name, out var ticket) || ticket.Length == 0) continue;
            isAny = true;
            if (await _keys!.FindOwnerAsync(ticket, context.RequestAborted) is not { } owner) continue;
            return KeyCookies.MayBeUsed(context.Request, cookies)
                ? new Caller(owner)
                : throw Refuse("A page that calls with a cookie must repeat the cookie XSRF-TOKEN in the header X-Xsrf-Token.", "xsrf");
        }

        return isAny ? throw Refuse("The key in the cookie is not known to this server.", "invalid_key") : null;
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

    private static void AllowOrigin(HttpContext context, string usual, string exact)
    {
        var headers = context.Response.Headers;
        var withCookies = DoorOf(context) is { KeyCookies.Count: > 0 };

        // "*" is for calls without cookies.
        var origin = withCookies ? exact : usual;
        if (withCookies) headers.AccessControlAllowCredentials = "true";
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
