using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Parley.AspNetCore.Http;

/// <summary>
/// The id by which an answer can be found again, as Coze writes it: <c>YYYYMMDDhhmmss</c> and 20 hexadecimal digits in capitals. It is
/// the header <c>x-tt-logid</c> of every answer and <c>detail.logid</c> in Coze's bodies.
/// </summary>
internal static class LogId
{
    public const string Header = "x-tt-logid";

    /// <summary>The id of this request's answer, set as its header when it is first asked for.</summary>
    public static string Of(HttpContext context)
    {
        var headers = context.Response.Headers;
        if (headers.TryGetValue(Header, out var known) && known.Count == 1) return known.ToString();
        var services = context.RequestServices;
        var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
        var id = services.GetRequiredService<IdSource>().Next();
        var text = string.Create(CultureInfo.InvariantCulture, $"{now:yyyyMMddHHmmss}{id.Value:X20}");
        if (!context.Response.HasStarted) headers[Header] = text;
        return text;
    }
}
