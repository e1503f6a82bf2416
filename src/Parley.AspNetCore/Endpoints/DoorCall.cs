using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Parley.Agents;
using Parley.AspNetCore.Http;
using Parley.Conversations;
using Parley.Runs;

namespace Parley.AspNetCore.Endpoints;

/// <summary>A request at a door with many routes: who asks, and what serves it.</summary>
internal abstract class DoorCall(HttpContext context)
{
    public HttpContext Context => context;

    public CancellationToken Aborted => context.RequestAborted;

    public string Owner { get; } = Caller.Of(context).Owner;

    public IConversationStore Store => context.RequestServices.GetRequiredService<IConversationStore>();

    public Runner Runner => context.RequestServices.GetRequiredService<Runner>();

    public AgentCatalog Agents => context.RequestServices.GetRequiredService<AgentCatalog>();

    public DateTimeOffset Now => context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();

    public Id NewId() => context.RequestServices.GetRequiredService<IdSource>().Next();

    public ValueTask<ReadOnlyMemory<byte>> BodyAsync() => RequestBody.ReadAsync(context, Aborted);

    /// <summary>A query parameter; empty counts as absent, because clients write it so (Coze's for Python does).</summary>
    public string? Query(string name) => context.Request.Query[name].ToString() is { Length: > 0 } value ? value : null;
}
