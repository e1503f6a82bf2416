using Parley.Agents;
using Parley.Protocols.Json;

namespace Parley.Protocols.Coze;

public static partial class CozeWriter
{
    /// <summary>An agent as an entry of <c>GET /v1/bots</c>.</summary>
    public static void WriteBotItem(Agent agent, string owner, JsonLine line)
        => line.Object()
            .String("id"u8, agent.BotId)
            .String("name"u8, agent.Name)
            .String("description"u8, agent.Description)
            .String("icon_url"u8, "")
            .Name("is_published"u8).Bool(true)
            .Number("updated_at"u8, agent.UpdatedAt.ToUnixTimeSeconds())
            .String("owner_user_id"u8, owner)
            .String("folder_id"u8, "")
            .Number("published_at"u8, agent.UpdatedAt.ToUnixTimeSeconds())
            .EndObject();

    /// <summary>An agent in full. Its instructions are not told: they may hold what its maker keeps from its users.</summary>
    public static void WriteBot(Agent agent, string owner, JsonLine line)
    {
        line.Object()
            .String("bot_id"u8, agent.BotId)
            .String("name"u8, agent.Name)
            .String("description"u8, agent.Description)
            .String("icon_url"u8, "")
            .Number("create_time"u8, agent.UpdatedAt.ToUnixTimeSeconds())
            .Number("update_time"u8, agent.UpdatedAt.ToUnixTimeSeconds())
            .String("version"u8, agent.UpdatedAt.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture))
            .Name("prompt_info"u8).Object().String("prompt"u8, "").EndObject()
            .Name("onboarding_info"u8).Object().String("prologue"u8, agent.Prologue).Name("suggested_questions"u8).Array();
        foreach (var question in agent.Questions) line.String(question);
        line.EndArray().EndObject()
            .Number("bot_mode"u8, 0)
            .Name("model_info"u8).Object().String("model_id"u8, "").String("model_name"u8, agent.Model).EndObject()
            .Name("plugin_info_list"u8).Array().EndArray()
            .Name("workflow_info_list"u8).Array().EndArray()
            .Name("shortcut_commands"u8).Array().EndArray()
            .Name("knowledge"u8).Object().Name("knowledge_infos"u8).Array().EndArray().EndObject()
            .Name("variables"u8).Array().EndArray()
            .String("owner_user_id"u8, owner)
            .String("folder_id"u8, "")
            .EndObject();
    }
}
