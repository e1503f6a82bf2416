using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.Tongyi;

/// <summary>
/// Reads the body of <c>POST /dialog/conversation</c>. What is wrong is an error that names the member by its path; members that say nothing about
/// the answer (<c>mode</c>, <c>requestId</c>, <c>timeout</c>, <c>fileUploadBatchId</c> and the like) are not looked at.
/// </summary>
public static class TongyiRequestReader
{
    private const int LongestId = 128;

    /// <summary>Reads a request.</summary>
    /// <exception cref="RunException">It is not valid; the error says where.</exception>
    public static TongyiRequest Read(ReadOnlyMemory<byte> body) => OpenAiBody.Read(body, Read);

    private static TongyiRequest Read(JsonElement root)
    {
        var parameters = root.TryGet("params", out var given) ? given.AsObject("params") : default;
        var action = ActionOf(root);
        var contents = action == TongyiAction.Next ? TongyiContents.Read(root) : TongyiContents.ReadFlags(root);
        if (action == TongyiAction.Next) contents.Check();
        var (agent, field) = AgentOf(root, parameters);
        var research = Flag(parameters, "params", "deepResearch") || contents.DeepResearch;
        return new TongyiRequest
        {
            Action = action,
            Agent = agent,
            AgentField = field,
            Session = ReadId(root, "sessionId"),
            SessionType = ReadId(root, "sessionType"),
            Parent = ParentOf(root, action),
            Input = contents.Items,
            IsModern = contents.HasExt || Has(parameters, "deepThink") || Has(parameters, "deepResearch"),
            DeepResearch = research,
            Request = ReadModelRequest(root, parameters, contents, agent, research),
        };
    }

    /// <summary>An id that a client may have made; empty if it is absent.</summary>
    internal static string ReadId(JsonElement root, string name)
    {
        var id = root.OptionalString(name, "") ?? "";
        if (id.Length > LongestId) throw OpenAiJson.Invalid(name, $"'{name}' is longer than {LongestId} characters.");
        return id.Any(char.IsControl) ? throw OpenAiJson.Invalid(name, $"'{name}' has a control character.") : id;
    }

    // What is unknown means the ordinary: clients write "" and "new_top", one of them in every turn.
    private static TongyiAction ActionOf(JsonElement root)
    {
        var action = root.OptionalString("action", "");
        if (action == "variant" || root.OptionalString("userAction", "") is "regenerate" or "retry") return TongyiAction.Regenerate;
        return action == "continue" ? TongyiAction.Continue : TongyiAction.Next;
    }

    private static (string? Agent, string Field) AgentOf(JsonElement root, JsonElement parameters)
    {
        if (Text(parameters, "agentId") is { Length: > 0 } agent) return (agent, "params.agentId");
        if (Text(parameters, "specifiedModel") is { Length: > 0 } specified) return (specified, "params.specifiedModel");
        return (root.OptionalString("model", "") is { Length: > 0 } model ? model : null, "model");
    }

    // Clients write "none" in two ways. A new message as its own parent would close the tree to a ring; one that is answered again may be named twice.
    private static string ParentOf(JsonElement root, TongyiAction action)
    {
        var parent = ReadId(root, "parentMsgId");
        if (parent is "" or "0") return "";
        return parent == ReadId(root, "msgId") && action == TongyiAction.Next ? throw OpenAiJson.Invalid("parentMsgId", "'parentMsgId' names the message itself.") : parent;
    }

    private static ModelRequest ReadModelRequest(JsonElement root, JsonElement parameters, TongyiContents contents, string? agent, bool research)
    {
        var features = root.TryGet("feature_config", out var config) ? config.AsObject("feature_config") : default;
        return new ModelRequest
        {
            Model = agent,
            Temperature = Number(parameters, "temperature"),
            TopP = Number(parameters, "topP"),
            MaxOutputTokens = parameters.ValueKind == JsonValueKind.Object ? LimitOf(parameters) : null,
            Leftover = FlagsOf(
                Flag(parameters, "params", "deepThink") || Flag(features, "feature_config", "thinking_enabled") || contents.DeepThink,
                research,
                Flag(parameters, "params", "pptGenerate"),
                SearchOf(root, parameters, features) is { Length: > 0 } search ? search : contents.SearchType,
                Text(parameters, "bizScene") ?? ""),
        };
    }

    private static long? LimitOf(JsonElement parameters)
    {
        if (parameters.OptionalInteger("maxTokens", "params") is not { } limit) return null;
        return limit > 0 ? limit : throw OpenAiJson.Invalid("params.maxTokens", $"Invalid 'params.maxTokens': {limit} is less than 1.");
    }

    // The old switches are yes or no; the new word is empty for "as the model likes".
    private static string SearchOf(JsonElement root, JsonElement parameters, JsonElement features)
    {
        if (Text(parameters, "searchType") is { Length: > 0 } search) return search;
        var isOpen = root.OptionalBool("openSearch") ?? (features.ValueKind == JsonValueKind.Object ? features.OptionalBool("search_enabled", "feature_config") : null);
        return isOpen switch
        {
            true => "depth",
            false => "off",
            null => "",
        };
    }

    // What only a peer of this protocol knows what to do with.
    private static Leftover? FlagsOf(bool deepThink, bool deepResearch, bool pptGenerate, string searchType, string scene)
    {
        if (!deepThink && !deepResearch && !pptGenerate && searchType.Length == 0 && scene.Length == 0) return null;
        return new Leftover(Protocol.Tongyi, JsonLine.ToRawJson(json =>
        {
            json.Object();
            if (scene.Length > 0) json.String("bizScene"u8, scene);
            if (deepResearch) json.Name("deepResearch"u8).Bool(true);
            if (deepThink) json.Name("deepThink"u8).Bool(true);
            if (pptGenerate) json.Name("pptGenerate"u8).Bool(true);
            if (searchType.Length > 0) json.String("searchType"u8, searchType);
            json.EndObject();
        }));
    }

    private static bool Has(JsonElement parameters, string name) => parameters.ValueKind == JsonValueKind.Object && parameters.TryGetProperty(name, out _);

    private static string? Text(JsonElement parameters, string name) => parameters.ValueKind == JsonValueKind.Object ? parameters.OptionalString(name, "params") : null;

    private static double? Number(JsonElement parameters, string name) => parameters.ValueKind == JsonValueKind.Object ? parameters.OptionalDouble(name, "params") : null;

    private static bool Flag(JsonElement members, string path, string name) => members.ValueKind == JsonValueKind.Object && members.OptionalBool(name, path) == true;
}
