using Parley.Agents;
using Parley.AspNetCore;
using Parley.Protocols.ChatCompletions;
using Parley.Protocols.Clients;
using Parley.Protocols.Coze;
using Parley.Protocols.Responses;
using Parley.Protocols.Tongyi;
using Parley.Runs;

namespace Parley.Tests.Clients;

/// <summary>Parley's own clients, and the agents that tests ask through them.</summary>
internal static class TestClients
{
    public static ToolDefinition Weather { get; } = new(
        "get_weather", "The weather of a city.", new RawJson("""{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}"""));

    public static AgentClient Of(string protocol, Uri server) => protocol switch
    {
        "coze" => new CozeClient(server),
        "responses" => new ResponsesClient(new Uri(server, "/v1")),
        "tongyi" => new TongyiClient(server),
        _ => new ChatCompletionsClient(new Uri(server, "/v1")),
    };

    public static void Serve(ParleyOptions options)
    {
        options.Agents.Clear();
        Add("echo", new EchoOptions());
        Add("history", new EchoOptions { Reply = EchoReply.History });
        Add("counted", new EchoOptions { Usage = new Usage(11, 7, 20) });
        Add("thinker", new EchoOptions { Text = "42.", Reasoning = "Let me think." });
        Add("failing", new EchoOptions { Text = "one two tri fou ", Pieces = 4, FailAfter = 2 });
        Add("refusing", new EchoOptions { FailAfter = 0 });
        Add("endless", new EchoOptions { Text = "tick tock", Pieces = 2, Pace = TimeSpan.FromDays(1) });
        options.AddAgent(new Agent("caller", new EchoAgent(new EchoOptions { Tool = EchoOptions.AnyTool, Tools = [Weather] }, TimeProvider.System)) { Tools = [Weather] });

        void Add(string name, EchoOptions echo) => options.AddAgent(name, new EchoAgent(echo, TimeProvider.System));
    }
}
