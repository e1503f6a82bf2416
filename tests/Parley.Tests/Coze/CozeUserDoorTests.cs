using System.Text.Json;
using Parley.Agents;
using Parley.Conversations;
using Parley.Runs;

namespace Parley.Tests.Coze;

public sealed class CozeUserDoorTests : IAsyncLifetime
{
    private readonly Asked _asked = new();
    private CozeDoor _door = null!;

    public async ValueTask InitializeAsync() => _door = await CozeDoor.OpenWithFilesAsync(agents: [CozeDoor.Echo("echo"), new Agent("asked", _asked) { Aliases = ["4711"] }]);

    public ValueTask DisposeAsync() => _door.DisposeAsync();

    [Fact]
    public async Task The_caller_is_told_who_it_is_and_has_one_workspace_of_its_own()
    {
        var me = await _door.DataAsync("GET", "/v1/users/me");
        foreach (var member in new[] { "user_id", "user_name", "nick_name", "avatar_url" }) Assert.Equal(JsonValueKind.String, me.GetProperty(member).ValueKind);

        var mine = await _door.DataAsync("GET", "/v1/workspaces?page_num=1&page_size=50");
        Assert.Equal(1, mine.GetProperty("total_count").GetInt32());
        var workspace = mine.GetProperty("workspaces")[0];
        Assert.Equal(("owner", "personal", "", "joined", me.GetProperty("user_id").GetString()), (Text("role_type"), Text("workspace_type"), Text("enterprise_id"), Text("joined_status"), Text("owner_uid")));
        Assert.Equal(workspace.GetRawText(), (await _door.DataAsync("GET", "/v1/workspaces")).GetProperty("workspaces")[0].GetRawText());
        var theirs = (await _door.CallAsync("GET", "/v1/workspaces", owner: "eve")).GetProperty("data").GetProperty("workspaces")[0];
        Assert.NotEqual(Text("id"), theirs.GetProperty("id").GetString());
        Assert.Matches("^[1-9][0-9]{18}$", Text("id"));

        string Text(string name) => workspace.GetProperty(name).GetString()!;
    }

    [Fact]
    public async Task A_second_page_and_an_organisation_have_no_workspaces()
    {
        Assert.Equal(0, (await _door.DataAsync("GET", "/v1/workspaces?page_num=2")).GetProperty("workspaces").GetArrayLength());
        Assert.Equal(0, (await _door.DataAsync("GET", "/v1/workspaces?enterprise_id=e")).GetProperty("total_count").GetInt32());
        Assert.Equal(4000, (await _door.CallAsync("GET", "/v1/workspaces?page_size=51")).GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task Variables_are_kept_for_each_user_and_may_be_read_one_by_one()
    {
        await SetAsync("""{"bot_id":"asked","connector_uid":"u","data":[{"keyword":"name","value":"小王"},{"keyword":"age","value":"17"}]}""");
        await SetAsync("""{"bot_id":"4711","connector_id":"1024","connector_uid":"u","data":[{"keyword":"age","value":"18"}]}""");

        Assert.Equal(["age=18", "name=小王"], await GetAsync("bot_id=asked&connector_uid=u"));
        Assert.Equal(["age=18"], await GetAsync("bot_id=asked&connector_uid=u&keywords=age,none"));
        Assert.Equal(["age=18", "name=小王"], await GetAsync("bot_id=4711&connector_uid=u&keywords%5B%5D=age&keywords%5B%5D=name"));
        Assert.Empty(await GetAsync("bot_id=asked&connector_uid=v"));
        Assert.Empty(await GetAsync("bot_id=echo&connector_uid=u"));
        Assert.Empty(await GetAsync("app_id=asked&connector_uid=u"));
    }

    [Fact]
    public async Task Variables_of_an_app_are_kept_too()
    {
        await SetAsync("""{"app_id":"744","connector_uid":"u","data":[{"keyword":"k","value":""}]}""");
        Assert.Equal(["k="], await GetAsync("app_id=744&connector_uid=u"));
    }

    [Theory]
    [InlineData("""{"connector_uid":"u","data":[{"keyword":"k","value":"v"}]}""", 4000, "bot_id")]
    [InlineData("""{"bot_id":"nobody","connector_uid":"u","data":[{"keyword":"k","value":"v"}]}""", 4200, "bot_id")]
    [InlineData("""{"bot_id":"echo","data":[{"keyword":"k","value":"v"}]}""", 4000, "connector_uid")]
    [InlineData("""{"bot_id":"echo","connector_uid":"u","data":[]}""", 4000, "data")]
    [InlineData("""{"bot_id":"echo","connector_uid":"u","data":[{"keyword":"k"}]}""", 4000, "data[0].value")]
    [InlineData("""{"bot_id":"echo","connector_uid":"u","data":[{"value":"v"}]}""", 4000, "data[0].keyword")]
    public async Task Variables_that_do_not_fit_are_refused_with_the_name_of_the_field(string body, int code, string field)
    {
        var refused = await _door.CallAsync("PUT", "/v1/variables", body);
        Assert.Equal(code, refused.GetProperty("code").GetInt32());
        Assert.Contains(field, refused.GetProperty("msg").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_is_given_the_variables_of_its_user_unless_the_request_says_otherwise()
    {
        await SetAsync("""{"bot_id":"4711","connector_uid":"u","data":[{"keyword":"name","value":"Ada"},{"keyword":"place","value":"Rome"}]}""");
        await _door.StreamAsync("/v3/chat", Chat("u", """{"place":"Ulm"}"""));
        Assert.Equal([new("place", "Ulm"), new("name", "Ada")], _asked.Variables);
        await _door.StreamAsync("/v3/chat", Chat("v", "{}"));
        Assert.Empty(_asked.Variables);
    }

    [Fact]
    public async Task An_answer_is_rated_again_and_no_more()
    {
        var (path, conversation, message) = await AnswerAsync("answer");
        var rated = await _door.CallAsync("POST", path, """{"feedback_type":"unlike","reason_types":["too long","太长"],"comment":"Say less."}""");
        Assert.Equal(0, rated.GetProperty("code").GetInt32());
        Assert.False(rated.TryGetProperty("data", out _));
        Assert.Equal(new Feedback(Verdict.Unlike, ["too long", "太长"], "Say less."), await KeptAsync());

        Assert.Equal(0, (await _door.CallAsync("POST", path, """{"feedback_type":"like"}""")).GetProperty("code").GetInt32());
        Assert.Equal(new Feedback(Verdict.Like), await KeptAsync());
        for (var i = 0; i < 2; i++) Assert.Equal(0, (await _door.CallAsync("DELETE", path)).GetProperty("code").GetInt32());
        Assert.Null(await KeptAsync());

        async Task<Feedback?> KeptAsync() => (await _door.Store.FindMessageAsync("local", conversation, message, TestContext.Current.CancellationToken))!.Feedback;
    }

    [Theory]
    [InlineData("{}", "feedback_type")]
    [InlineData("""{"feedback_type":"love"}""", "feedback_type")]
    [InlineData("""{"feedback_type":"like","reason_types":"x"}""", "reason_types")]
    [InlineData("""{"feedback_type":"like","reason_types":["1","2","3","4","5","6","7","8","9","10","11"]}""", "reason_types")]
    [InlineData("""{"feedback_type":"like","reason_types":["1","1234567890123456789012345678901"]}""", "reason_types[1]")]
    [InlineData("""{"feedback_type":"like","reason_types":[7]}""", "reason_types[0]")]
    public async Task Feedback_that_does_not_fit_is_refused_with_the_name_of_the_field(string body, string field)
    {
        var (path, _, _) = await AnswerAsync("answer");
        var refused = await _door.CallAsync("POST", path, body);
        Assert.Equal(4000, refused.GetProperty("code").GetInt32());
        Assert.Contains(field, refused.GetProperty("msg").GetString(), StringComparison.Ordinal);
        Assert.Equal(4000, (await _door.CallAsync("POST", path, $$"""{"feedback_type":"like","comment":"{{new string('x', 251)}}"}""")).GetProperty("code").GetInt32());
        Assert.Equal(0, (await _door.CallAsync("POST", path, $$"""{"feedback_type":"like","comment":"{{string.Concat(Enumerable.Repeat("🙂", 250))}}"}""")).GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task Only_answers_of_the_caller_are_rated()
    {
        var (question, _, _) = await AnswerAsync("question");
        var (answer, conversation, _) = await AnswerAsync("answer");
        const string Like = """{"feedback_type":"like"}""";
        Assert.Equal(4000, (await _door.CallAsync("POST", question, Like)).GetProperty("code").GetInt32());
        Assert.Equal(4001, (await _door.CallAsync("POST", answer, Like, owner: "eve")).GetProperty("code").GetInt32());
        Assert.Equal(4005, (await _door.CallAsync("POST", $"/v1/conversations/{conversation}/messages/7710237672458944512/feedback", Like)).GetProperty("code").GetInt32());
    }

    private async Task<(string Path, Id Conversation, Id Message)> AnswerAsync(string type)
    {
        var frames = await _door.StreamAsync("/v3/chat", Chat("u", "{}"));
        var conversation = JsonElement.Parse(frames[0].Data).GetProperty("conversation_id").GetString()!;
        var messages = await _door.DataAsync("POST", $"/v1/conversation/message/list?conversation_id={conversation}", "{}");
        var message = messages.EnumerateArray().Single(one => one.GetProperty("type").GetString() == type).GetProperty("id").GetString()!;
        return ($"/v1/conversations/{conversation}/messages/{message}/feedback", IdOf(conversation), IdOf(message));

        static Id IdOf(string text) => DecimalId.TryParse(text, out var id) ? id : throw new InvalidDataException(text);
    }

    private static string Chat(string user, string variables)
        => $$"""{"bot_id":"asked","user_id":"{{user}}","stream":true,"custom_variables":{{variables}},"additional_messages":[{"role":"user","content":"hi","content_type":"text"}]}""";

    private async Task SetAsync(string body)
    {
        var answer = await _door.CallAsync("PUT", "/v1/variables", body);
        Assert.Equal(0, answer.GetProperty("code").GetInt32());
        Assert.False(answer.TryGetProperty("data", out _));
    }

    private async Task<IEnumerable<string>> GetAsync(string query)
        => (await _door.DataAsync("GET", "/v1/variables?" + query)).GetProperty("items").EnumerateArray().Select(item =>
        {
            Assert.True(item.GetProperty("create_time").GetInt64() <= item.GetProperty("update_time").GetInt64());
            return $"{item.GetProperty("keyword").GetString()}={item.GetProperty("value").GetString()}";
        });

    // Remembers what it was asked with.
    private sealed class Asked : IAgent
    {
        private readonly EchoAgent _echo = new(new EchoOptions(), TimeProvider.System);

        public List<KeyValuePair<string, string>> Variables { get; private set; } = [];

        public IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, CancellationToken cancellationToken)
        {
            Variables = [.. request.Run.Request.Variables];
            return _echo.RunAsync(request, cancellationToken);
        }
    }
}
