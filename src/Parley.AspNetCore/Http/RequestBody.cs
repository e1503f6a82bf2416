using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Parley.AspNetCore.Configuration;
using Parley.Runs;

namespace Parley.AspNetCore.Http;

/// <summary>Reads the body of a request as a whole: every protocol needs all of it before it can answer.</summary>
internal static class RequestBody
{
    /// <summary>
    /// The whole body, empty if there is none. One over <see cref="LimitOptions.Body"/> is an error of the cause limit with the code
    /// <c>body_too_large</c>, one that breaks off is malformed.
    /// </summary>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var limit = (context.RequestServices.GetService<LimitOptions>() ?? new LimitOptions()).Body;
        var reader = context.Request.BodyReader;
        try
        {
            if (context.Request.ContentLength > limit)
            {
                await SwallowAsync(reader, limit, cancellationToken);
                throw TooLarge(limit);
            }

            while (true)
            {
                var result = await reader.ReadAsync(cancellationToken);
                var buffer = result.Buffer;
                if (buffer.Length > limit)
                {
                    reader.AdvanceTo(buffer.End);
                    if (!result.IsCompleted) await SwallowAsync(reader, limit, cancellationToken);
                    throw TooLarge(limit);
                }

                if (!result.IsCompleted)
                {
                    // Nothing is consumed: the pipe collects, and the body is copied once.
                    reader.AdvanceTo(buffer.Start, buffer.End);
                    continue;
                }

                var body = buffer.ToArray();
                reader.AdvanceTo(buffer.End);
                return body;
            }
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw TooLarge(limit, e);
        }
        catch (Exception e) when (e is BadHttpRequestException or IOException)
        {
            throw new RunException(new RunError(ErrorSide.Client, ErrorCause.Malformed, "The body of the request broke off.", true, "body_incomplete"), e);
        }
    }

    /// <summary>
    /// Reads what is left of a body and forgets it. Many clients read no answer before they have sent everything: a connection that ends
    /// under them hides why. But not for ever.
    /// </summary>
    public static async ValueTask SwallowAsync(PipeReader reader, long limit, CancellationToken cancellationToken)
    {
        for (long swallowed = 0; swallowed < 4 * limit;)
        {
            var result = await reader.ReadAsync(cancellationToken);
            swallowed += result.Buffer.Length;
            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) return;
        }
    }

    private static RunException TooLarge(long limit, Exception? inner = null)
        => new(new RunError(ErrorSide.Client, ErrorCause.Limit, string.Create(CultureInfo.InvariantCulture, $"The body of the request is larger than {limit} bytes."), true, "body_too_large"), inner);
}
