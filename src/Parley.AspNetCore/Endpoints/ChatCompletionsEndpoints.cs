using System.Buffers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Parley.Agents;
using Parley.AspNetCore.Configuration;
using Parley.AspNetCore.Http;
using Parley.Protocols.ChatCompletions;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.AspNetCore.Endpoints;

/// <summary>OpenAI's Chat Completions: the completions and the models.</summary>
internal static class ChatCompletionsEndpoints
{
    public static void MapChatCompletions(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").WithMetadata(new Door(Protocol.ChatCompletions, WriteErrorAsync));
        group.MapPost("/chat/completions", (RequestDelegate)CompleteAsync);
        group.MapGet("/models", (RequestDelegate)ListModelsAsync);
        group.MapGet("/models/{id}", (RequestDelegate)GetModelAsync);
    }

    private static async Task CompleteAsync(HttpContext context)
    {
        var services = context.RequestServices;
        var asked = ChatRequestReader.Read(await RequestBody.ReadAsync(context, context.RequestAborted));
        var agent = FindAgent(services.GetRequiredService<AgentCatalog>(), asked.Model);
        var rendering = new ChatRendering(
            string.IsNullOrEmpty(asked.Model) ? agent.Name : asked.Model,
            asked.IncludeUsage,
            services.GetService<ParleySettings>()?.ChatCompletions.Reasoning ?? true);
        var request = await ChatTurn.OfAsync(context, asked, agent, rendering.ToJson());
        var live = await services.GetRequiredService<Runner>().StartAsync(request, context.RequestAborted);
        RunHeaders.Write(context, live.Header, asked.Stream);
        if (asked.Stream) await EventStream.SendAsync(context, live, new ChatCompletionsWriter(live.Header), error => WriteErrorAsync(context, error));
        else await AnswerAsync(context, live);
    }

    private static async Task AnswerAsync(HttpContext context, LiveRun live)
    {
        using var reader = live.Attach();
        var run = await live.Completion.WaitAsync(context.RequestAborted);
        var state = new RunState();
        while (await reader.WaitAsync(context.RequestAborted))
            while (reader.TryRead(long.MaxValue, out var logged, out var count)) state.Apply(logged, count);
        switch (state.End)
        {
            case RunFailed failed:
                await WriteErrorAsync(context, failed.Error);
                break;
            case RunCancelled:
                await WriteErrorAsync(context, new RunError(ErrorSide.Server, ErrorCause.Cancelled, "The run was cancelled.", true));
                break;
            default:
                var body = new ArrayBufferWriter<byte>(1024);
                ChatObject.WriteCompletion(run, state, body);
                await JsonAnswer.SendAsync(context, StatusCodes.Status200OK, body.WrittenMemory);
                break;
        }
    }

    private static Task ListModelsAsync(HttpContext context)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        ChatObject.WriteModels(new JsonLine(body, JsonEscaping.Minimal), context.RequestServices.GetRequiredService<AgentCatalog>().All);
        return JsonAnswer.SendAsync(context, StatusCodes.Status200OK, body.WrittenMemory);
    }

    private static Task GetModelAsync(HttpContext context)
    {
        var agent = FindAgent(context.RequestServices.GetRequiredService<AgentCatalog>(), context.Request.RouteValues["id"] as string);
        var body = new ArrayBufferWriter<byte>(256);
        ChatObject.WriteModel(new JsonLine(body, JsonEscaping.Minimal), agent);
        return JsonAnswer.SendAsync(context, StatusCodes.Status200OK, body.WrittenMemory);
    }

    // An empty model leaves the choice open; an absent one has been forgotten.
    private static Agent FindAgent(AgentCatalog catalog, string? model)
    {
        if (model is null) throw new RunException(RunError.Rejected("You must provide a model parameter.", "model", "missing_required_parameter"));
        return (model.Length == 0 ? catalog.Default : catalog.Find(model))
            ?? throw new RunException(RunError.NotFound($"The model '{model}' does not exist.", "model", "model_not_found"));
    }

    private static Task WriteErrorAsync(HttpContext context, RunError error)
    {
        var body = new ArrayBufferWriter<byte>(256);
        ChatErrors.Write(new JsonLine(body, JsonEscaping.Minimal), error);
        return JsonAnswer.SendAsync(context, OpenAiErrors.StatusOf(error), body.WrittenMemory);
    }
}
