using Microsoft.Extensions.DependencyInjection;
using Parley.Agents;
using Parley.Protocols.Coze;
using Parley.Runs;
using Parley.Storage;

namespace Parley.AspNetCore.Endpoints;

/// <summary>What Coze keeps of users: who the caller is, its workspace, and the variables of those that it names.</summary>
internal static class CozeUsers
{
    public static Task MeAsync(CozeCall call) => call.AnswerAsync(line => CozeWriter.WriteUser(call.Owner, line.Name("data"u8)));

    public static Task ListWorkspacesAsync(CozeCall call)
    {
        call.QueryNumber("page_size", otherwise: 20, most: 50);
        var isFirst = call.QueryNumber("page_num", otherwise: 1, most: 1_000_000) == 1;

        // An organisation has no personal workspaces, and there are no others here.
        var isPersonal = call.Query("enterprise_id") is null && call.Query("coze_account_id") is null;
        return call.AnswerAsync(line =>
        {
            line.Name("data"u8).Object().Name("workspaces"u8).Array();
            if (isFirst && isPersonal) CozeWriter.WriteWorkspace(call.Owner, line);
            line.EndArray().Number("total_count"u8, isPersonal ? 1 : 0).EndObject();
        });
    }

    public static async Task GetVariablesAsync(CozeCall call)
    {
        var subject = SubjectOf(call, call.Query("bot_id"), call.Query("app_id"));
        var user = call.Query("connector_uid") ?? throw CozeCall.Refused("connector_uid", "is required");

        // The JavaScript SDK repeats keywords[], the Python SDK joins them with commas.
        var query = call.Context.Request.Query;
        var wanted = query["keywords"].Concat(query["keywords[]"]).SelectMany(words => (words ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries)).ToHashSet(StringComparer.Ordinal);
        var all = await StoreOf(call).ListAsync(call.Owner, subject, user, call.Aborted);
        await call.AnswerAsync(line =>
        {
            line.Name("data"u8).Object().Name("items"u8).Array();
            foreach (var variable in all)
                if (wanted.Count == 0 || wanted.Contains(variable.Name)) CozeWriter.WriteVariable(variable.Name, variable.Value, variable.CreatedAt, variable.UpdatedAt, line);
            line.EndArray().EndObject();
        });
    }

    public static async Task SetVariablesAsync(CozeCall call)
    {
        var asked = CozeReader.ReadVariables(await call.BodyAsync());
        await StoreOf(call).SetAsync(call.Owner, SubjectOf(call, asked.Bot, asked.App), asked.User, asked.Values, call.Aborted);
        await call.AnswerAsync(_ => { });
    }

    /// <summary>A request with the variables that are kept for its user and agent, unless it says otherwise itself.</summary>
    public static async ValueTask<ModelRequest> WithVariablesAsync(CozeCall call, ModelRequest request, Agent agent)
    {
        if (request.User is not { Length: > 0 } user || call.Context.RequestServices.GetService<VariableStore>() is not { } store) return request;
        var kept = await store.ListAsync(call.Owner, VariableStore.OfAgent(agent.Name), user, call.Aborted);
        if (kept.Count == 0) return request;
        var own = request.Variables.Select(variable => variable.Key).ToHashSet(StringComparer.Ordinal);
        var others = kept.Where(variable => !own.Contains(variable.Name)).Select(variable => KeyValuePair.Create(variable.Name, variable.Value));
        return request with { Variables = request.Variables.Concat(others).ToValueList() };
    }

    private static string SubjectOf(CozeCall call, string? bot, string? app)
        => bot is not null ? VariableStore.OfAgent(call.AgentOf(bot, "bot_id").Name)
            : app is not null ? VariableStore.OfApp(app)
            : throw CozeCall.Refused("bot_id", "or app_id is required");

    private static VariableStore StoreOf(CozeCall call) => call.Context.RequestServices.GetService<VariableStore>()
        ?? throw new RunException(RunError.Rejected("This server keeps everything in memory and no variables. Give it a data directory."));
}
