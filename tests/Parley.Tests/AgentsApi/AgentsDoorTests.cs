using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Parley.Agents;
using Parley.Storage;
using Parley.Tests.Http;
using Parley.Tests.Storage;
using Parley.Tests.Workflows;

namespace Parley.Tests.AgentsApi;

/// <summary>Agents that clients make over Foundry's API, on a whole server.</summary>
public sealed class AgentsDoorTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("/api/projects/any/agents")]
    [InlineData("/v1/agents")]
    public async Task A_workflow_that_a_client_makes_is_an_agent_of_every_protocol(string agents)
    {
        await using var server = await StartAsync();
        var made = await PostAsync(server, agents, new { name = "greeter", description = "Greets.", metadata = new { team = "desk" }, definition = new { kind = "workflow", workflow = Greeter.Text } });
        var latest = made.GetProperty("versions").GetProperty("latest");
        Assert.Equal(("agent", "greeter", "greeter:1", "1"), (Word(made, "object"), Word(made, "name"), Word(latest, "id"), Word(latest, "version")));
        Assert.Equal(("desk", Greeter.Text), (Word(latest.GetProperty("metadata"), "team"), Word(latest.GetProperty("definition"), "workflow")));

        var chat = await PostAsync(server, "/v1/chat/completions", new { model = "greeter", messages = new[] { new { role = "user", content = "Hi" } } });
        Assert.Equal("What is your name?", Word(chat.GetProperty("choices")[0].GetProperty("message"), "content"));
        var run = await PostAsync(server, "/v1/workflow/run", new { workflow_id = "greeter", parameters = new { } });
        Assert.Equal(2, run.GetProperty("interrupt_data").GetProperty("type").GetInt32());
    }

    [Fact]
    public async Task A_change_is_a_new_version_and_the_old_one_can_still_be_asked()
    {
        await using var server = await StartAsync();
        await PostAsync(server, "/v1/agents", Greeting("Good day"));
        var same = await PostAsync(server, "/v1/agents/polite", Greeting("Good day"));
        Assert.Equal("1", Word(same.GetProperty("versions").GetProperty("latest"), "version"));
        var changed = await PostAsync(server, "/v1/agents/polite", Greeting("Good night"));
        Assert.Equal("2", Word(changed.GetProperty("versions").GetProperty("latest"), "version"));

        Assert.Equal("Good night", await SayAsync(server, new { name = "polite" }));
        Assert.Equal("Good day", await SayAsync(server, new { name = "polite", version = "1" }));
        var missing = await server.Client.PostAsJsonAsync("/v1/responses", new { agent_reference = new { name = "polite", version = "7", type = "agent_reference" }, input = "Hi" }, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        var pinned = await PostAsync(server, "/v1/chat/completions", new { model = "polite:1", messages = new[] { new { role = "user", content = "Hi" } } });
        Assert.Equal("Good day", Word(pinned.GetProperty("choices")[0].GetProperty("message"), "content"));
    }

    [Fact]
    public async Task A_workflow_that_waits_goes_on_in_its_version_after_a_change()
    {
        await using var server = await StartAsync();
        await PostAsync(server, "/v1/agents", new { name = "greeter", definition = new { kind = "workflow", workflow = Greeter.Text } });
        var conversation = Word(await PostAsync(server, "/v1/conversations", new { }), "id");
        var agent = new { type = "agent_reference", name = "greeter" };
        await PostAsync(server, "/v1/responses", new { agent, conversation, input = "Hi" });
        await PostAsync(server, "/v1/agents/greeter", new { definition = new { kind = "workflow", workflow = Greeter.Text.Replace("Hello", "Goodbye", StringComparison.Ordinal) } });
        var answered = await PostAsync(server, "/v1/responses", new { agent, conversation, input = "Ada" });
        Assert.Equal("1", Word(answered.GetProperty("agent"), "version"));
        Assert.Contains("Hello, Ada!", answered.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_takes_the_name_of_an_agent_that_a_client_made()
    {
        await using var server = await StartAsync();
        await PostAsync(server, "/v1/agents", Greeting("one"));
        var catalog = server.Services.GetRequiredService<AgentCatalog>();
        catalog.Replace([new Agent("polite", new EchoAgent(new EchoOptions(), TimeProvider.System)), .. catalog.All.Where(agent => agent.Name == "echo")]);
        Assert.Equal("Hi", await SayAsync(server, new { name = "polite" }));
        Assert.Equal("prompt", Word((await GetAsync(server, "/v1/agents/polite")).GetProperty("versions").GetProperty("latest").GetProperty("definition"), "kind"));
        using var changed = await server.Client.PostAsJsonAsync("/v1/agents/polite", Greeting("two"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, changed.StatusCode);
    }

    [Fact]
    public async Task Agents_are_there_after_a_restart_and_numbers_are_not_given_twice()
    {
        await using (var server = await StartAsync())
        {
            await PostAsync(server, "/v1/agents", Greeting("one"));
            await PostAsync(server, "/v1/agents/polite/versions", Greeting("two"));
            await DeleteAsync(server, "/v1/agents/polite/versions/2", "agent.version.deleted");
        }

        await using var again = await StartAsync();
        Assert.Equal("one", await SayAsync(again, new { name = "polite" }));
        Assert.Equal("3", Word(await PostAsync(again, "/v1/agents/polite/versions", Greeting("three")), "version"));
        var versions = await GetAsync(again, "/v1/agents/polite/versions?order=asc&limit=1");
        Assert.Equal(("list", "polite:1", true), (Word(versions, "object"), Word(versions, "last_id"), versions.GetProperty("has_more").GetBoolean()));
        var rest = await GetAsync(again, "/v1/agents/polite/versions?order=asc&limit=1&after=polite:1");
        Assert.Equal(("polite:3", false), (Word(rest, "last_id"), rest.GetProperty("has_more").GetBoolean()));
    }

    [Theory]
    [InlineData("/v1/agents/polite", "agent.deleted")]
    [InlineData("/v1/agents/polite/versions/1", "agent.version.deleted")]
    public async Task An_agent_that_is_made_again_under_a_name_counts_on(string path, string kind)
    {
        await using var server = await StartAsync();
        await PostAsync(server, "/v1/agents", Greeting("one"));
        await DeleteAsync(server, path, kind);
        Assert.Empty((await GetAsync(server, "/v1/agents?kind=workflow")).GetProperty("data").EnumerateArray());
        Assert.Equal("2", Word(await PostAsync(server, "/v1/agents/polite/versions", Greeting("two")), "version"));
        Assert.Equal("two", await SayAsync(server, new { name = "polite" }));
    }

    [Fact]
    public async Task A_name_is_its_makers_until_the_agent_is_deleted()
    {
        await using var server = await StartAsync();
        var store = server.Services.GetRequiredService<AgentStore>();
        Task<StoredAgentVersion?> AddAsync(string owner) => store.AddAsync(owner, "shared", "", default, new RawJson("{}"), TestContext.Current.CancellationToken);
        Assert.Equal(1, (await AddAsync("one"))!.Version);
        Assert.Null(await AddAsync("other"));
        await store.RemoveAsync("shared", TestContext.Current.CancellationToken);
        Assert.Equal(2, (await AddAsync("other"))!.Version);
        Assert.Null(await AddAsync("one"));
    }

    [Fact]
    public async Task What_is_deleted_is_not_served_any_more()
    {
        await using var server = await StartAsync();
        await PostAsync(server, "/v1/agents", Greeting("one"));
        await DeleteAsync(server, "/v1/agents/polite", "agent.deleted");
        Assert.Equal(HttpStatusCode.NotFound, (await server.Client.GetAsync("/v1/agents/polite", TestContext.Current.CancellationToken)).StatusCode);
        Assert.Null(server.Services.GetRequiredService<AgentCatalog>().Find("polite"));
    }

    [Fact]
    public async Task All_that_is_wrong_with_a_workflow_is_told_at_once()
    {
        await using var server = await StartAsync();
        const string workflow = """
            kind: Workflow
            trigger:
              kind: OnConversationStart
              id: t
              actions:
                - kind: SendActivity
                  id: a
                - kind: If
                  id: b
            """;
        using var response = await server.Client.PostAsJsonAsync("/v1/agents", new { name = "w", definition = new { kind = "workflow", workflow } }, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).GetProperty("error");
        Assert.Equal(("definition.workflow", "invalid_workflow"), (Word(error, "param"), Word(error, "code")));
        var details = error.GetProperty("details").EnumerateArray().ToList();
        Assert.Equal(2, details.Count(detail => Word(detail, "code") == "error"));
        Assert.Contains(details, detail => detail.GetProperty("line").GetInt64() == 8 && Word(detail, "path").StartsWith("trigger.actions[1]", StringComparison.Ordinal));
        Assert.Contains(Word(details[0], "message"), Word(error, "message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_workflow_with_a_value_that_is_too_deep_is_refused_as_any_that_is_wrong()
    {
        await using var server = await StartAsync();
        var workflow = "kind: Workflow\ntrigger:\n  kind: OnConversationStart\n  id: t\n  actions:\n    - {kind: SetVariable, id: a, variable: Local.X, value: " + new string('[', 40) + new string(']', 40) + "}\n";
        using var response = await server.Client.PostAsJsonAsync("/v1/agents", new { name = "w", definition = new { kind = "workflow", workflow } }, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("invalid_workflow", Word(JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).GetProperty("error"), "code"));
    }

    [Fact]
    public async Task A_prompt_agent_runs_on_the_agent_that_it_names_with_its_own_words()
    {
        var model = new ScriptedModel();
        await using var server = await StartAsync(new Agent("model", model));
        await PostAsync(server, "/v1/agents", new
        {
            name = "clerk",
            definition = new
            {
                kind = "prompt",
                model = "model",
                instructions = "You serve {{shop}}, in {{tongue}}.",
                temperature = 0.5,
                tools = new[] { new { type = "function", name = "look_up", parameters = new { type = "object" } } },
                structured_inputs = new { shop = new { required = true }, tongue = new { default_value = "English" } },
            },
        });
        Assert.Equal("Understood.", await SayAsync(server, new { name = "clerk" }, new { shop = "a bakery" }));
        Assert.Equal("You serve a bakery, in English.", model.Asked!.Instructions);
        Assert.Equal((0.5, "look_up"), (model.Asked.Temperature, Assert.Single(model.Asked.Tools).Name));

        using var refused = await server.Client.PostAsJsonAsync("/v1/responses", new { agent = new { name = "clerk", type = "agent_reference" }, input = "Hi" }, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("structured_inputs.shop", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"name":"x","definition":{"kind":"hosted"}}""", "definition.kind", "hosted")]
    [InlineData("""{"name":"x","definition":{"kind":"external"}}""", "definition.kind", "external")]
    [InlineData("""{"name":"x","definition":{"kind":"prompt","model":"nobody"}}""", "definition.model", "nobody")]
    [InlineData("""{"name":"x","definition":{"kind":"prompt","model":"echo","tools":[{"type":"bing_grounding"}]}}""", "definition.tools", "function")]
    [InlineData("""{"name":"x y","definition":{"kind":"prompt","model":"echo"}}""", "name", "A-Z")]
    [InlineData("""{"name":"echo","definition":{"kind":"prompt","model":"echo"}}""", "name", "already")]
    [InlineData("""{"definition":{"kind":"prompt","model":"echo"}}""", "name", "name")]
    [InlineData("""{"name":"x"}""", "definition", "definition")]
    public async Task What_cannot_be_made_is_refused_with_the_member_at_fault(string body, string param, string word)
    {
        await using var server = await StartAsync();
        using var response = await server.Client.PostAsync("/v1/agents", new StringContent(body), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).GetProperty("error");
        Assert.Equal(param, Word(error, "param"));
        Assert.Contains(word, Word(error, "message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_that_no_client_made_is_shown_and_cannot_be_changed()
    {
        await using var server = await StartAsync();
        var listed = await GetAsync(server, "/v1/agents?kind=prompt");
        Assert.Equal("echo", Word(Assert.Single(listed.GetProperty("data").EnumerateArray()), "name"));
        using var changed = await server.Client.PostAsJsonAsync("/v1/agents/echo/versions", new { definition = new { kind = "prompt", model = "echo" } }, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, changed.StatusCode);
        using var deleted = await server.Client.DeleteAsync("/v1/agents/echo", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, deleted.StatusCode);
    }

    private static object Greeting(string text) => new
    {
        name = "polite",
        definition = new { kind = "workflow", workflow = $"kind: Workflow\ntrigger:\n  kind: OnConversationStart\n  id: t\n  actions:\n    - kind: SendActivity\n      id: a\n      activity: {text}\n" },
    };

    private Task<RunningServer> StartAsync(params Agent[] agents) => RunningServer.StartAsync(options =>
    {
        options.Data = _folder.Path;
        foreach (var agent in agents) options.Agents.Add(agent);
    });

    private static async Task<string> SayAsync(RunningServer server, object agent, object? inputs = null)
    {
        var response = await PostAsync(server, "/api/projects/p/openai/v1/responses", new { agent_reference = agent, input = "Hi", structured_inputs = inputs });
        return string.Concat(response.GetProperty("output").EnumerateArray().Where(item => Word(item, "type") == "message").Select(item => Word(item.GetProperty("content")[0], "text")));
    }

    private static async Task<JsonElement> PostAsync(RunningServer server, string path, object body)
    {
        using var response = await server.Client.PostAsJsonAsync(path, body, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        return JsonElement.Parse(text);
    }

    private static async Task<JsonElement> GetAsync(RunningServer server, string path) => JsonElement.Parse(await server.Client.GetStringAsync(path, TestContext.Current.CancellationToken));

    private static async Task DeleteAsync(RunningServer server, string path, string kind)
    {
        using var response = await server.Client.DeleteAsync(path, TestContext.Current.CancellationToken);
        var answer = JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal((kind, true), (Word(answer, "object"), answer.GetProperty("deleted").GetBoolean()));
    }

    private static string Word(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
