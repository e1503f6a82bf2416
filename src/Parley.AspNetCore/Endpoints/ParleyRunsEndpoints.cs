using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Parley.AspNetCore.Configuration;
using Parley.AspNetCore.Http;
using Parley.Protocols;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.AspNetCore.Endpoints;

/// <summary>Parley's own view of runs, whatever protocol they were asked in: what became of one, its stream again, and its end.</summary>
internal static class ParleyRunsEndpoints
{
    public static void MapParleyRuns(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/parley/runs").WithMetadata(new Door(Protocol.Parley, (context, error) => BothShapes.WriteAsync(context, BothShapes.StatusOf(error), error)));
        group.MapGet("/{id}", (RequestDelegate)RetrieveAsync);
        group.MapGet("/{id}/stream", (RequestDelegate)ResumeAsync);
        group.MapPost("/{id}/cancel", (RequestDelegate)CancelAsync);
    }

    private static async Task RetrieveAsync(HttpContext context) => await AnswerAsync(context, await FindAsync(context));

    private static async Task ResumeAsync(HttpContext context)
    {
        var after = AfterOf(context.Request);
        var run = await FindAsync(context);
        var format = StreamFormat.Of(run.Dialect);
        RunHeaders.Write(context, run, isStreamed: true);
        using var reader = RunnerOf(context).Attach(run);
        await EventStream.ResumeAsync(context, run, reader, format.NewWriter(run, false), after);
    }

    private static async Task CancelAsync(HttpContext context)
    {
        var run = await FindAsync(context);
        var ended = await RunnerOf(context).CancelAsync(run.Owner, run.Id, context.RequestAborted) ?? throw NotFound();
        if (ended.Status != RunStatus.Cancelled) throw new RunException(RunError.Rejected($"The run has ended otherwise ({RunObject.StatusOf(ended)}) and cannot be cancelled.", "id", "run_ended"));
        await AnswerAsync(context, ended);
    }

    private static async Task AnswerAsync(HttpContext context, Run run)
    {
        var runner = RunnerOf(context);
        var state = RunObject.NeedsState(run) ? await runner.FoldAsync(run, context.RequestAborted) : null;
        var chat = await runner.FindChatAsync(run.Owner, run.Chat, context.RequestAborted);
        var body = new ArrayBufferWriter<byte>(1024);
        RunObject.Write(run, state, chat, Notations.OnDisconnect.Format(run.OnDisconnect), new JsonLine(body, JsonEscaping.Minimal));
        await JsonAnswer.SendAsync(context, StatusCodes.Status200OK, body.WrittenMemory);
    }

    private static async Task<Run> FindAsync(HttpContext context)
        => AnyId.TryParse(context.Request.RouteValues["id"] as string, out var id)
            ? await RunnerOf(context).FindAsync(Caller.Of(context).Owner, id, context.RequestAborted) ?? throw NotFound()
            : throw NotFound();

    private static long AfterOf(HttpRequest request)
    {
        if (request.Query["after"].ToString() is not { Length: > 0 } text) return 0;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var after)
            ? after
            : throw new RunException(RunError.Rejected("after must be the number of events that were received, a whole number from 0.", "after"));
    }

    private static Runner RunnerOf(HttpContext context) => context.RequestServices.GetRequiredService<Runner>();

    private static RunException NotFound() => new(RunError.NotFound("The run does not exist (id).", "id", "run_not_found"));
}
