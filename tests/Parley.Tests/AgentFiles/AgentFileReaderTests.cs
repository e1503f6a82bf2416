using Parley.AspNetCore.Configuration;
using Parley.AspNetCore.Configuration.Agents;
using Parley.Cli;
using Parley.Protocols.Upstream;
using Parley.Runs;
using Parley.Tests.Events;
using Parley.Workflows;

namespace Parley.Tests.AgentFiles;

public sealed class AgentFileReaderTests
{
    [Fact]
    public void All_that_agents_have_in_common_is_read()
    {
        var agent = Read("""
            name: my-echo.1
            aliases: ["7478675888952246323", other]
            kind: echo
            description: An echo.
            default: true
            history: 7
            onboarding:
              prologue: Hello
              questions: [One?, Two?]
            timeouts: {connect: 1s, first_event: 2s, idle: 3s}
            tools:
              - name: get_weather
                description: The weather.
                strict: true
                parameters:
                  type: object
                  properties:
                    city: {type: string, maxLength: 12, pattern: "12"}
                  required: [city]
              - type: function
                function: {name: get_time}
            """).Agent;
        Assert.Equal(("my-echo.1", "An echo.", true, 7, "Hello", "7478675888952246323"), (agent.Name, agent.Description, agent.IsDefault, agent.History, agent.Prologue, agent.BotId));
        Assert.Equal(["7478675888952246323", "other"], agent.Aliases);
        Assert.Equal(["One?", "Two?"], agent.Questions);
        var schema = new RawJson("""{"type":"object","properties":{"city":{"type":"string","maxLength":12,"pattern":"12"}},"required":["city"]}""");
        Assert.Equal([new ToolDefinition("get_weather", "The weather.", schema, true), new ToolDefinition("get_time")], agent.Tools);
    }

    [Fact]
    public async Task The_keys_of_an_echo_make_it_behave()
    {
        var agent = Read("""
            name: e
            kind: echo
            text: Hello ${env:WHO}
            reasoning: Hm
            follow_ups: [More?]
            usage: {input: 3, output: 4}
            """).Agent;
        var state = new RunState();
        await foreach (var @event in agent.Behaviour.RunAsync(new() { Run = NoRun, Context = [], InputCount = 0 }, TestContext.Current.CancellationToken)) state.Apply(@event, default);
        Assert.Equal(("Hm", "Hello World", "More?"), (state.Items[0].Reasoning, state.Items[1].Text, state.Items[2].Text));
        Assert.Equal(new Usage(3, 4), state.End!.Usage);
    }

    [Theory]
    [InlineData("name: a\nkind: echo\nbogus: 1\n", 3, "the key bogus is unknown")]
    [InlineData("name: a\nkind: parrot\n", 2, "the kind parrot is unknown")]
    [InlineData("kind: echo\n", 1, "the key name is missing")]
    [InlineData("name: a\n", 1, "the key kind is missing")]
    [InlineData("name: a b\nkind: echo\n", 1, "1 to 64")]
    [InlineData("name: a\naliases: [a]\nkind: echo\n", 2, "a names this agent twice")]
    [InlineData("name: a\naliases: [b, b]\nkind: echo\n", 2, "b names this agent twice")]
    [InlineData("name: a\naliases: b\nkind: echo\n", 2, "aliases must be a list")]
    [InlineData("name: a\nkind: echo\nkind: echo\n", 3, "uplicate key")]
    [InlineData("name: a\nkind: echo\nhistory: many\n", 3, "history must be a whole number")]
    [InlineData("name: a\nkind: echo\nhistory: -1\n", 3, "history must be a whole number")]
    [InlineData("name: a\nkind: echo\non_disconnect: grace\n", 3, "on_disconnect must be cancel, continue, or grace and a time")]
    [InlineData("name: a\nkind: echo\npace: fast\n", 3, "pace must be a duration")]
    [InlineData("name: a\nkind: echo\npieces: 0\n", 3, "pieces must be")]
    [InlineData("name: a\nkind: echo\nreply: all\n", 3, "reply must be last or history")]
    [InlineData("name: a\nkind: echo\ntext: ${env:UNSET}\n", 3, "the environment variable UNSET is not set")]
    [InlineData("name: a\nkind: echo\ntimeouts: {connect: 1s, bogus: 1s}\n", 3, "timeouts.bogus is unknown")]
    [InlineData("name: a\nkind: echo\nusage:\n  input: x\n", 4, "usage.input must be")]
    [InlineData("name: a\nkind: echo\ntools:\n  - name: x\n  - name: x\n", 5, "the tool x is there twice")]
    [InlineData("name: a\nkind: echo\ntools:\n  - nam: x\n", 4, "tools[0].name is missing")]
    [InlineData("name: a\nkind: echo\nonboarding: hello\n", 3, "onboarding must hold keys with values")]
    [InlineData("name: [a\nkind: echo\n", 1, "not YAML")]
    [InlineData("name: a\nkind: echo\n---\nname: b\n", 4, "more than one document")]
    [InlineData("just text", 1, "expected keys with values")]
    [InlineData("name: a\nkind: remote\nprotocol: telex\n", 3, "there are chat-completions, coze, responses, coze-workflow")]
    [InlineData("name: a\nkind: remote\nprotocol: coze\nurl: http://h\n", 1, "the key bot_id is missing")]
    [InlineData("name: a\nkind: remote\nprotocol: coze\nbot_id: b\n", 1, "the key url is missing")]
    [InlineData("name: a\nkind: remote\nprotocol: coze\nurl: http://h\nbot_id: b\nmodel: m\n", 6, "the key model is unknown")]
    [InlineData("name: a\nkind: remote\nprotocol: coze-workflow\nurl: http://h\n", 1, "the key workflow_id is missing")]
    [InlineData("name: a\nkind: remote\nprotocol: coze-workflow\nurl: http://h\nworkflow_id: w\napp_id: x\nbot_id: y\n", 6, "app_id and bot_id must not be given together")]
    [InlineData("name: a\nkind: remote\nprotocol: coze-workflow\nurl: http://h\nworkflow_id: w\nmode: plain\n", 6, "mode must be chatflow or workflow")]
    [InlineData("name: a\nkind: remote\nprotocol: coze-workflow\nurl: http://h\nworkflow_id: w\ninput: x\n", 6, "the key input is unknown")]
    public void What_cannot_be_used_is_told_with_its_line(string text, int line, string reason)
    {
        var e = Assert.Throws<ConfigurationException>(() => Read(text));
        Assert.Equal(("a.yaml", line), (e.Where, e.Line));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("protocol: coze\nbot_id: \"73\"\nuser_id: u\nretries: 0\nheaders: {x: y}\n", true)]
    [InlineData("protocol: coze-workflow\nworkflow_id: \"75\"\napp_id: \"8\"\nparameters: {days: 3}\n", true)]
    [InlineData("protocol: coze-workflow\nworkflow_id: \"75\"\nmode: workflow\ninput: city\nbot_id: b\n", false)]
    public void A_Coze_peer_is_an_agent_which_keeps_a_conversation_there_or_none(string keys, bool isStateful)
        => Assert.Equal(isStateful, Read($"name: a\nkind: remote\nurl: https://api.coze.cn/\nkey: k\n{keys}").Agent.IsStateful);

    [Fact]
    public void What_a_variable_holds_is_not_looked_into_again()
        => Assert.Equal("${env:WHO}", Read("name: a\nkind: echo\ndescription: ${env:RECURSIVE}\n").Agent.Description);

    [Theory]
    [MemberData(nameof(Samples))]
    public void Every_sample_is_an_agent(string name) => Assert.Equal(Path.GetFileNameWithoutExtension(name), Read(SampleAgents.Read(name)).Agent.Name);

    public static TheoryData<string> Samples => [.. SampleAgents.Names.Where(name => name.EndsWith(".yaml", StringComparison.Ordinal))];

    internal static AgentFileReader NewReader() => new(
        new AgentServices(new FakeTime(), new UpstreamClient(TimeProvider.System), new WorkflowServices { Time = TimeProvider.System }),
        name => name switch { "WHO" => "World", "RECURSIVE" => "${env:WHO}", _ => null });

    private static ReadAgent Read(string text) => NewReader().Parse("a.yaml", text, default);

    private static Run NoRun => Headers.Of("coze");
}
