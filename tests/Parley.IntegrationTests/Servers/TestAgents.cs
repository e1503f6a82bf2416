namespace Parley.IntegrationTests.Servers;

/// <summary>The agents that the tests talk to: echoes with every habit that a model can have, and the same as remote ones.</summary>
internal static class TestAgents
{
    private const string Weather = """
        tools:
          - name: get_weather
            description: The weather of a city.
            parameters:
              type: object
              properties:
                city: { type: string }
              required: [city]

        """;

    private static readonly Dictionary<string, string> Habits = new()
    {
        ["echo"] = "",
        ["history"] = "reply: history\n",
        ["counted"] = "usage: { input: 11, output: 7, total: 18 }\n",
        ["thinker"] = "text: The answer is 42.\nreasoning: Let me think about it.\n",
        ["follower"] = "text: Sure.\nfollow_ups: [\"And then?\", \"Why?\"]\n",
        ["slow"] = $"text: \"{Repeat("tick ", 100)}\"\npieces: 100\npace: 50ms\n",
        ["brisk"] = $"text: \"{Repeat("tick ", 20)}\"\npieces: 20\npace: 20ms\n",
        ["caller"] = "tool: get_time\n",
        ["toolbox"] = "tool: \"*\"\n" + Weather,
        ["anytool"] = "tool: \"*\"\n",
        ["failing"] = "text: \"one two tri fou \"\npieces: 4\nfail_after: 2\n",
        ["refusing"] = "fail_after: 0\n",
        ["lister"] = "",
        ["lonely"] = "",
    };

    /// <summary>All of them, as echoes; <c>parallel</c> is a remote one at the scripted peer.</summary>
    public static Dictionary<string, string> Echoes(string peer)
    {
        var files = Habits.ToDictionary(habit => habit.Key, habit => $"{Head(habit.Key)}kind: echo\n{habit.Value}");
        files["parallel"] = $"name: parallel\n{Remote(peer, "m")}";
        files["greeter"] = Greeter;
        return files;
    }

    /// <summary>A workflow that asks for a name, waits, and greets.</summary>
    public const string Greeter = """
        kind: Workflow
        name: greeter
        description: Greets by name.
        trigger:
          kind: OnConversationStart
          id: begin
          actions:
            - kind: Question
              id: ask
              displayName: Name
              variable: Local.Name
              alwaysPrompt: true
              prompt: What is your name?
            - kind: SendActivity
              id: greet
              displayName: Greeting
              activity: Hello, {Local.Name}!
        """;

    /// <summary>All of them, each a remote one of the same name at another server.</summary>
    public static Dictionary<string, string> Remotes(string url) => Habits.Keys.Append("parallel").ToDictionary(
        name => name,
        name => $"{Head(name)}{Remote(url, name)}key: ${{env:BACK_KEY}}\n{(name == "toolbox" ? Weather : "")}");

    /// <summary>All of them, each a remote one of the same name at another server that is asked in Coze's protocol. What tools it has, that server says.</summary>
    public static Dictionary<string, string> CozeRemotes(string url) => Habits.Keys.Append("parallel").ToDictionary(
        name => name,
        name => $"{Head(name)}kind: remote\nprotocol: coze\nurl: {url}\nbot_id: {name}\nkey: ${{env:BACK_KEY}}\n");

    /// <summary>The keys of a remote agent.</summary>
    public static string Remote(string url, string model) => $"kind: remote\nprotocol: chat-completions\nurl: {url}\nmodel: {model}\n";

    private static string Head(string name) => name == "echo"
        ? "name: echo\naliases: [\"7478675888952246323\"]\ndescription: Repeats what you say.\nonboarding: { prologue: \"Hello!\", questions: [\"How are you?\"] }\n"
        : $"name: {name}\n";

    private static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text, times));
}
