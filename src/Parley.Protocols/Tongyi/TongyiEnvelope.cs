using Parley.Agents;
using Parley.Protocols.Json;

namespace Parley.Protocols.Tongyi;

/// <summary>Writes the answers that are no streams. That of an error is in <see cref="TongyiErrors"/>.</summary>
public static class TongyiEnvelope
{
    /// <summary>An envelope around what <paramref name="data"/> writes.</summary>
    public static void Write(JsonLine json, string traceId, Action<JsonLine> data)
    {
        data(json.Object().Name("data"u8));
        json.Name("errorCode"u8).Null().Name("errorMsg"u8).Null().Name("failed"u8).Bool(false)
            .Number("httpCode"u8, 200).Name("success"u8).Bool(true).String("traceId"u8, traceId).EndObject();
    }

    /// <summary>Who is logged in, which clients ask to see whether they are; it has its own envelope.</summary>
    public static void WriteUser(JsonLine json, string traceId, string owner) => json.Object()
        .Number("code"u8, 0)
        .Name("data"u8).Object().String("accountType"u8, "parley").String("userId"u8, owner).EndObject()
        .Name("failed"u8).Bool(false).Number("httpCode"u8, 200).Name("success"u8).Bool(true).String("traceId"u8, traceId).EndObject();

    /// <summary>The agents as models. What is sent back as <c>specifiedModel</c> is one name with some clients and the other with others: here they are the same.</summary>
    public static void WriteModels(JsonLine json, IReadOnlyList<Agent> agents, Agent? picked)
    {
        json.Array();
        if (agents.Count > 0)
        {
            json.Object().String("modelSeries"u8, "Parley").Name("params"u8).Array();
            for (var i = 0; i < agents.Count; i++)
            {
                var agent = agents[i];
                json.Object().Name("capsule"u8).Array().EndArray().String("describe"u8, agent.Description).Name("expanded"u8).Bool(true)
                    .String("modelCode"u8, agent.Name).String("modelName"u8, agent.Name).Name("newTag"u8).Bool(false)
                    .Number("order"u8, i).Name("picked"u8).Bool(ReferenceEquals(agent, picked)).EndObject();
            }

            json.EndArray().EndObject();
        }

        json.EndArray();
    }
}
