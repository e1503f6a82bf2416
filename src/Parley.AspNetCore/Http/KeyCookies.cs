using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Parley.AspNetCore.Http;

/// <summary>
/// Cookies as clients send them, and when a key that came in one counts. A browser adds cookies by itself, whoever's page it is that calls: such a page must
/// show that it can read this server's cookies. Clients which are no browsers claim to be pages of Alibaba's, and send any token or none.
/// </summary>
internal static class KeyCookies
{
    public const string Token = "XSRF-TOKEN";
    public const string TokenHeader = "X-Xsrf-Token";

    // The pages whose names such clients use. In a browser these are really theirs, and need the token as all others do.
    private static readonly string[] Claimed = ["tongyi.aliyun.com", "qianwen.aliyun.com", "www.tongyi.com", "tongyi.com", "www.qianwen.com", "qianwen.com"];

    /// <summary>All cookies; of two with one name the first counts. Read by hand: the framework leaves out what is not quite a cookie.</summary>
    public static Dictionary<string, string> Of(HttpRequest request)
    {
        var cookies = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var header in request.Headers.Cookie)
        {
            foreach (var pair in (header ?? "").Split(';'))
            {
                var at = pair.IndexOf('=', StringComparison.Ordinal);
                if (at > 0) cookies.TryAdd(pair[..at].Trim(), pair[(at + 1)..].Trim().Trim('"'));
            }
        }

        return cookies;
    }

    /// <summary>Whether a key in a cookie may be used in this request.</summary>
    public static bool MayBeUsed(HttpRequest request, Dictionary<string, string> cookies)
    {
        if (IsRepeated(request, cookies)) return true;

        // Browsers alone say so, and no page can change it: then an origin is a page's, whoever's it is.
        if (request.Headers["Sec-Fetch-Site"].ToString().Contains("cross-site", StringComparison.OrdinalIgnoreCase)) return false;
        if (request.Headers.Origin.ToString() is not { Length: > 0 } origin) return true;
        return Uri.TryCreate(origin, UriKind.Absolute, out var page) && (page.Authority == request.Host.Value || IsClaimed(page));
    }

    private static bool IsRepeated(HttpRequest request, Dictionary<string, string> cookies)
        => cookies.TryGetValue(Token, out var token) && token.Length > 0
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(request.Headers[TokenHeader].ToString()));

    private static bool IsClaimed(Uri page) => page.Scheme == Uri.UriSchemeHttps && page.IsDefaultPort && Claimed.Contains(page.Host);
}
