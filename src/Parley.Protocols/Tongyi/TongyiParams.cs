using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.Tongyi;

/// <summary>
/// The <c>params</c> of a request to a peer. What a client of this protocol asked in its own, its <see cref="ModelRequest.Leftover"/> has, under the same names.
/// </summary>
/// <param name="SearchType">Empty: as the peer likes; <c>off</c>; <c>depth</c>.</param>
/// <param name="DeepThink">Whether to think before answering.</param>
/// <param name="DeepResearch">Whether to do research.</param>
/// <param name="PptGenerate">Whether to make slides.</param>
/// <param name="BizScene">The scene.</param>
internal readonly record struct TongyiParams(string SearchType, bool DeepThink, bool DeepResearch, bool PptGenerate, string BizScene)
{
    public static TongyiParams Of(ModelRequest request)
    {
        var thinks = request.ReasoningEffort is { } effort && effort is not ("none" or "");
        if (request.Leftover is not { } leftover || leftover.Protocol != Protocol.Tongyi) return new TongyiParams("", thinks, false, false, "");
        var members = JsonElement.Parse(leftover.Members.Text);
        return new TongyiParams(
            TongyiInner.TextOf(members, "searchType") ?? "", thinks || Is("deepThink"), Is("deepResearch"), Is("pptGenerate"), TongyiInner.TextOf(members, "bizScene") ?? "");

        bool Is(string name) => members.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;
    }

    /// <summary>The whole of it.</summary>
    public void Write(JsonLine json, TongyiAgentOptions options) => json.Object()
        .String("agentId"u8, options.AgentId).String("searchType"u8, SearchType).Name("pptGenerate"u8).Bool(PptGenerate)
        .String("bizScene"u8, BizScene).Name("bizSceneInfo"u8).Object().EndObject().String("specifiedModel"u8, options.Model)
        .Name("deepThink"u8).Bool(DeepThink).Name("deepResearch"u8).Bool(DeepResearch).EndObject();

    /// <summary>The part of it that stands at each text again.</summary>
    public void WriteShort(JsonLine json) => json.Object()
        .String("searchType"u8, SearchType).Name("pptGenerate"u8).Bool(PptGenerate).Name("deepThink"u8).Bool(DeepThink).Name("deepResearch"u8).Bool(DeepResearch).EndObject();
}
