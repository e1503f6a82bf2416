using Microsoft.AspNetCore.Http;

namespace Parley.AspNetCore.Http;

/// <summary>An answer that is whole before it is sent.</summary>
internal static class JsonAnswer
{
    /// <summary>Sends a JSON text with its length. An answer to HEAD is its headers alone.</summary>
    public static async Task SendAsync(HttpContext context, int status, ReadOnlyMemory<byte> body, string contentType = "application/json")
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method)) await response.Body.WriteAsync(body, context.RequestAborted);
    }
}
