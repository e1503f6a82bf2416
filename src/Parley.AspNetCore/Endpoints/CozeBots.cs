using System.Globalization;
using Parley.Protocols.Coze;

namespace Parley.AspNetCore.Endpoints;

/// <summary>Agents as Coze's bots, in the current forms and in those that its SDKs still use.</summary>
internal static class CozeBots
{
    public static Task ListAsync(CozeCall call)
    {
        var all = call.Agents.All;
        var size = call.QueryNumber("page_size", otherwise: 20, most: 50);
        var page = all.Skip((call.QueryNumber("page_num", otherwise: 1, most: 1_000_000) - 1) * size).Take(size);
        return call.AnswerAsync(line =>
        {
            line.Name("data"u8).Object().Name("items"u8).Array();
            foreach (var agent in page) CozeWriter.WriteBotItem(agent, call.Owner, line);
            line.EndArray().Number("total"u8, all.Count).EndObject();
        });
    }

    public static Task ListPublishedAsync(CozeCall call)
    {
        var all = call.Agents.All;
        var size = call.QueryNumber("page_size", otherwise: 20, most: 50);
        var page = all.Skip((call.QueryNumber("page_index", otherwise: 1, most: 1_000_000) - 1) * size).Take(size);
        return call.AnswerAsync(line =>
        {
            line.Name("data"u8).Object().Name("space_bots"u8).Array();
            foreach (var agent in page)
            {
                line.Object().String("bot_id"u8, agent.BotId).String("bot_name"u8, agent.Name).String("description"u8, agent.Description)
                    .String("icon_url"u8, "")
                    .String("publish_time"u8, agent.UpdatedAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture))
                    .EndObject();
            }

            line.EndArray().Number("total"u8, all.Count).EndObject();
        });
    }

    public static Task RetrieveAsync(CozeCall call)
    {
        var name = call.Context.Request.RouteValues["bot_id"]?.ToString() ?? call.Query("bot_id") ?? throw CozeCall.Refused("bot_id", "is required");
        var agent = call.AgentOf(name, "bot_id");
        return call.AnswerAsync(line => CozeWriter.WriteBot(agent, call.Owner, line.Name("data"u8)));
    }
}
