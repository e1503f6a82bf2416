using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Parley.Runs;

namespace Parley.AspNetCore.Http;

/// <summary>
/// The one place where an exception becomes an HTTP answer: in the shape of the door that it came from, else in
/// both shapes (<see cref="BothShapes"/>). Paths without a door and methods that a path does not know are answered here too.
/// </summary>
internal sealed class ErrorAnswers(RequestDelegate next, ILogger<ErrorAnswers> logger)
{
    /// <summary>Runs what follows, and answers if it throws or leaves the request unanswered.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        if (Ours.IsForTheHost(context))
        {
            await next(context);
            return;
        }

        // Everything has this header, streams and errors too.
        _ = LogId.Of(context);
        try
        {
            await next(context);
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody listens any more: there is nothing to answer.
            logger.LogDebug(e, "The client of {Path} has gone.", context.Request.Path);
            return;
        }
        catch (Exception e)
        {
            await AnswerAsync(context, ErrorOf(context, e));
            return;
        }

        if (context.Response is { HasStarted: false, ContentLength: null, ContentType: null } response && DoorOf(context) is null)
            await UnansweredAsync(context, response.StatusCode);
    }

    private RunError ErrorOf(HttpContext context, Exception e)
    {
        switch (e)
        {
            case RunException { Error: var error }:
                if (error.Side != ErrorSide.Client) logger.LogWarning(e, "{Method} {Path} failed: {Side} {Cause}.", context.Request.Method, context.Request.Path, error.Side, error.Cause);
                return error;
            case BadHttpRequestException { StatusCode: (int)HttpStatusCode.RequestEntityTooLarge } bad:
                return new RunError(ErrorSide.Client, ErrorCause.Limit, bad.Message, true, "body_too_large");
            case BadHttpRequestException bad:
                return new RunError(ErrorSide.Client, ErrorCause.Malformed, bad.Message, true);
            default:
                logger.LogError(e, "{Method} {Path} failed.", context.Request.Method, context.Request.Path);
                return new RunError(ErrorSide.Server, ErrorCause.Unavailable, e.Message);
        }
    }

    private async Task AnswerAsync(HttpContext context, RunError error)
    {
        if (context.Response.HasStarted)
        {
            // A status can no longer be sent, and an end that looks whole would be a lie.
            logger.LogWarning("{Path} failed after its answer had begun: {Message}", context.Request.Path, error.Message);
            context.Abort();
            return;
        }

        KeepHeaders(context.Response);
        if (DoorOf(context) is { } door) await door.WriteErrorAsync(context, error);
        else await BothShapes.WriteAsync(context, BothShapes.StatusOf(error), error);
    }

    private static Task UnansweredAsync(HttpContext context, int status) => status switch
    {
        StatusCodes.Status404NotFound => BothShapes.WriteAsync(context, status, RunError.NotFound($"There is nothing at {context.Request.Method} {context.Request.Path}.", code: "unknown_url")),
        StatusCodes.Status405MethodNotAllowed => BothShapes.WriteAsync(context, status, RunError.Rejected($"{context.Request.Path} does not know the method {context.Request.Method}.", code: "method_not_supported")),
        _ => Task.CompletedTask,
    };

    // What a handler had prepared for its answer does not fit an error; who asked and what is allowed still does.
    private static void KeepHeaders(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = null;
        response.ContentLength = null;
        response.Headers.ContentEncoding = default;
    }

    private static Door? DoorOf(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<Door>();
}
