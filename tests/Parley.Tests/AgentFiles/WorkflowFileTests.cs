using Microsoft.Extensions.Logging.Abstractions;
using Parley.Agents;
using Parley.AspNetCore.Configuration.Agents;
using Parley.Storage;
using Parley.Storage.Sqlite;
using Parley.Tests.Storage;

namespace Parley.Tests.AgentFiles;

public sealed class WorkflowFileTests : IDisposable
{
    private const string Greeter = """
        kind: workflow
        name: greeter
        aliases: ["7400000000000000001"]
        description: Greets.
        default: true
        trigger:
          kind: OnConversationStart
          id: trigger_greeter
          actions:
            - kind: SendActivity
              id: greet
              activity: Good day
        """;

    private readonly TempFolder _folder = new();
    private readonly AgentCatalog _catalog = new();
    private DateTime _written = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_workflow_file_is_an_agent()
    {
        Write("anything.yaml", Greeter);
        NewDirectory(new FileVersions()).Refresh();
        var agent = Assert.Single(_catalog.All);
        Assert.Equal(("greeter", "workflow", "1", "Greets.", true, "7400000000000000001"), (agent.Name, agent.Kind, agent.Version, agent.Description, agent.IsDefault, agent.BotId));
    }

    [Theory]
    [InlineData("kind: AdaptiveDialog # as older exports say")]
    [InlineData("kind: 'WORKFLOW'")]
    public void A_workflow_without_a_name_is_called_like_its_file(string kind)
    {
        Write("night-shift.yml", Greeter.Replace("kind: workflow\nname: greeter", kind + "\nname: ''", StringComparison.Ordinal));
        NewDirectory(new FileVersions()).Refresh();
        Assert.Equal("night-shift", Assert.Single(_catalog.All).Name);
    }

    [Fact]
    public void An_error_in_a_workflow_is_told_with_its_line_and_the_agent_is_left_out()
    {
        Write("w.yaml", Greeter.Replace("activity: Good day", "activity: Good day {1 +", StringComparison.Ordinal).Replace("kind: SendActivity", "kind: If", StringComparison.Ordinal));
        var agents = NewDirectory(new FileVersions());
        agents.Refresh();
        Assert.Empty(_catalog.All);
        var problem = Assert.Single(agents.Problems);
        Assert.Equal((Path.Combine(_folder.Path, "w.yaml"), 10), (problem.Where, problem.Line));
        Assert.Contains("trigger.actions[0]", problem.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_no_agent_can_have_is_refused()
    {
        Write("w.yaml", Greeter.Replace("name: greeter", "name: The greeter", StringComparison.Ordinal));
        var agents = NewDirectory(new FileVersions());
        agents.Refresh();
        Assert.Contains("The greeter", Assert.Single(agents.Problems).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_change_of_the_text_is_a_new_version()
    {
        Write("w.yaml", Greeter);
        var agents = NewDirectory(new FileVersions());
        agents.Refresh();
        Write("w.yaml", Greeter);
        agents.Refresh();
        Assert.Equal("1", _catalog.Find("greeter")!.Version);
        Write("w.yaml", Greeter.Replace("Good day", "Good night", StringComparison.Ordinal));
        agents.Refresh();
        Assert.Equal("2", _catalog.Find("greeter")!.Version);
        Assert.Equal("2", _catalog.Find("greeter:2")!.Version);
        Assert.Null(_catalog.Find("greeter:1"));
    }

    [Fact]
    public async Task Versions_survive_a_restart()
    {
        Write("w.yaml", Greeter);
        await using (var database = Open())
        {
            var agents = NewDirectory(new FileVersions(new AgentStore(database, TimeProvider.System)));
            await agents.RefreshAsync(Cancelled);
            Write("w.yaml", Greeter + "\n");
            await agents.RefreshAsync(Cancelled);
        }

        await using var again = Open();
        await NewDirectory(new FileVersions(new AgentStore(again, TimeProvider.System))).RefreshAsync(Cancelled);
        Assert.Equal("2", _catalog.Find("greeter")!.Version);
    }

    private SqliteDatabase Open() => SqliteDatabase.Open(Directory.CreateDirectory(Path.Combine(_folder.Path, "data")).FullName, TimeProvider.System, NullLogger.Instance);

    private AgentDirectory NewDirectory(FileVersions versions)
        => new(_folder.Path, [], AgentFileReaderTests.NewReader(), versions, _catalog, NullLogger<AgentDirectory>.Instance);

    private void Write(string name, string text)
    {
        var file = Path.Combine(_folder.Path, name);
        File.WriteAllText(file, text);
        File.SetLastWriteTimeUtc(file, _written += TimeSpan.FromSeconds(1));
    }
}
