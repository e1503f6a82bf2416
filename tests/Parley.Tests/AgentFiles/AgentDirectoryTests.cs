using Microsoft.Extensions.Logging.Abstractions;
using Parley.Agents;
using Parley.AspNetCore.Configuration.Agents;

namespace Parley.Tests.AgentFiles;

public sealed class AgentDirectoryTests : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("parley-agents").FullName;
    private readonly AgentCatalog _catalog = new();
    private readonly AgentDirectory _agents;
    private DateTime _written = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public AgentDirectoryTests() => _agents = NewDirectory();

    public void Dispose() => Directory.Delete(_path, recursive: true);

    [Fact]
    public void The_files_of_a_directory_are_served()
    {
        Write("b.yaml", "name: second\nkind: echo\n");
        Write("a.yml", "name: first\nkind: echo\naliases: [\"123\"]\n");
        Write("notes.txt", "not an agent");
        Write("c.yaml.example", "not an agent either");
        Assert.True(_agents.Refresh());
        Assert.Equal(["first", "second"], _catalog.All.Select(agent => agent.Name));
        Assert.Equal("first", _catalog.Find("123")?.Name);
        Assert.Empty(_agents.Problems);
    }

    [Fact]
    public void Nothing_changes_while_the_files_do_not()
    {
        Write("a.yaml", "name: a\nkind: echo\n");
        _agents.Refresh();
        var before = _catalog.Find("a");
        Assert.False(_agents.Refresh());
        Assert.Same(before, _catalog.Find("a"));
    }

    [Fact]
    public void A_changed_file_is_served_as_it_is_now()
    {
        Write("a.yaml", "name: a\nkind: echo\ndescription: one\n");
        _agents.Refresh();
        Write("a.yaml", "name: a\nkind: echo\ndescription: two\n");
        Assert.True(_agents.Refresh());
        Assert.Equal("two", _catalog.Find("a")?.Description);
    }

    [Fact]
    public void A_broken_file_leaves_its_last_good_version_in_use()
    {
        Write("a.yaml", "name: a\nkind: echo\ndescription: good\n");
        _agents.Refresh();
        Write("a.yaml", "name: a\nkind: echo\ndescription: bad\nbogus: 1\n");
        _agents.Refresh();
        Assert.Equal("good", _catalog.Find("a")?.Description);
        Assert.Equal(4, Assert.Single(_agents.Problems).Line);

        Write("a.yaml", "name: a\nkind: echo\ndescription: better\n");
        _agents.Refresh();
        Assert.Equal("better", _catalog.Find("a")?.Description);
        Assert.Empty(_agents.Problems);
    }

    [Fact]
    public void A_file_that_was_never_good_is_left_out_and_the_others_are_served()
    {
        Write("a.yaml", "name: a\nkind: echo\n");
        Write("b.yaml", ":\n  - [");
        _agents.Refresh();
        Assert.Equal(["a"], _catalog.All.Select(agent => agent.Name));
        Assert.Equal(Path.Combine(_path, "b.yaml"), Assert.Single(_agents.Problems).Where);
    }

    [Fact]
    public void Of_two_files_with_one_name_the_first_is_served_and_the_other_reported()
    {
        Write("a.yaml", "name: x\nkind: echo\ndescription: from a\n");
        Write("b.yaml", "kind: echo\nname: x\ndescription: from b\n");
        _agents.Refresh();
        Assert.Equal("from a", Assert.Single(_catalog.All).Description);
        var problem = Assert.Single(_agents.Problems);
        Assert.Equal((Path.Combine(_path, "b.yaml"), 2), (problem.Where, problem.Line));
        Assert.Contains("a.yaml", problem.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_comes_later_does_not_take_a_name_that_is_served()
    {
        Write("b.yaml", "name: x\nkind: echo\ndescription: from b\n");
        _agents.Refresh();
        Write("a.yaml", "name: other\naliases: [x]\nkind: echo\n");
        _agents.Refresh();
        Assert.Equal("from b", Assert.Single(_catalog.All).Description);
        Assert.Contains("alias x", Assert.Single(_agents.Problems).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void The_name_of_a_removed_file_is_free_again()
    {
        Write("a.yaml", "name: x\nkind: echo\ndescription: from a\n");
        Write("b.yaml", "name: x\nkind: echo\ndescription: from b\n");
        _agents.Refresh();
        File.Delete(Path.Combine(_path, "a.yaml"));
        _agents.Refresh();
        Assert.Equal("from b", Assert.Single(_catalog.All).Description);
        Assert.Empty(_agents.Problems);
    }

    [Fact]
    public void A_renamed_file_serves_the_same_agent()
    {
        Write("a.yaml", "name: x\nkind: echo\n");
        _agents.Refresh();
        File.Move(Path.Combine(_path, "a.yaml"), Path.Combine(_path, "z.yaml"));
        Assert.True(_agents.Refresh());
        Assert.Equal("x", Assert.Single(_catalog.All).Name);
    }

    [Fact]
    public void A_directory_that_is_away_takes_no_agents_with_it()
    {
        Write("a.yaml", "name: x\nkind: echo\n");
        _agents.Refresh();
        Directory.Move(_path, _path + "-away");
        Assert.False(_agents.Refresh());
        Directory.Move(_path + "-away", _path);
        Assert.Single(_catalog.All);
    }

    [Fact]
    public void Agents_made_in_code_keep_their_names()
    {
        var made = new Agent("x", new EchoAgent(new EchoOptions(), TimeProvider.System)) { Description = "made" };
        Write("a.yaml", "name: x\nkind: echo\n");
        Write("b.yaml", "name: y\nkind: echo\n");
        var agents = NewDirectory(made);
        agents.Refresh();
        Assert.Equal(["made", ""], _catalog.All.Select(agent => agent.Description));
        Assert.Single(agents.Problems);
    }

    private AgentDirectory NewDirectory(params IReadOnlyList<Agent> made)
        => new(_path, made, AgentFileReaderTests.NewReader(), new FileVersions(), _catalog, NullLogger<AgentDirectory>.Instance);

    // A second write within the tick of the file system's clock would not be seen.
    private void Write(string name, string text)
    {
        var file = Path.Combine(_path, name);
        File.WriteAllText(file, text);
        File.SetLastWriteTimeUtc(file, _written += TimeSpan.FromSeconds(1));
    }
}
