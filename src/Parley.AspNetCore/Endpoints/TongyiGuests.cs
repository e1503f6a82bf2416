using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Parley.AspNetCore.Http;

namespace Parley.AspNetCore.Endpoints;

/// <summary>
/// Guests: whoever has a ticket that this server could have given is the owner of what was made with it, and of nothing else. Nothing is kept of them but that.
/// </summary>
internal static class TongyiGuests
{
    public const string Cookie = "tongyi_guest_ticket";

    private const int Length = 64;

    public static Task BeginAsync(TongyiCall call)
    {
        call.Context.Response.Cookies.Append(Cookie, RandomNumberGenerator.GetHexString(Length, lowercase: true), new CookieOptions { HttpOnly = true, Secure = call.Context.Request.IsHttps, SameSite = SameSiteMode.Lax, Path = "/dialog" });
        return call.AnswerAsync(json => json.Null());
    }

    /// <summary>Who calls; null if the request has no such ticket, or is of a page that may not use it.</summary>
    public static Caller? Find(HttpContext context)
    {
        var cookies = KeyCookies.Of(context.Request);
        if (!cookies.TryGetValue(Cookie, out var ticket) || ticket.Length != Length || !ticket.All(char.IsAsciiHexDigitLower)) return null;
        if (!KeyCookies.MayBeUsed(context.Request, cookies)) return null;
        return new Caller($"guest-{Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(ticket)))[..32]}");
    }
}
