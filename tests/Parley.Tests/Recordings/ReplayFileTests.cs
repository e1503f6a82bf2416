using Microsoft.Extensions.Logging.Abstractions;
using Parley.Agents;
using Parley.AspNetCore.Configuration;
using Parley.AspNetCore.Configuration.Agents;
using Parley.Tests.AgentFiles;
using static Parley.Tests.Recordings.RecordingFiles;

namespace Parley.Tests.Recordings;

public sealed class ReplayFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("parley-replay").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("file: r.jsonl\n")]
    [InlineData("file: r.jsonl\nprotocol: chat-completions\nmatch: text\nrepeat: false\npace: at once\n")]
    [InlineData("file: ./r.jsonl\npace: 0\n")]
    [InlineData("file: r.jsonl\npace: recorded\n")]
    [InlineData("file: r.jsonl\npace: 60ms\n")]
    public void A_recording_beside_the_agent_s_file_is_found(string keys)
    {
        Write(Path.Combine(_directory, "r.jsonl"), Chat(1, "a", (1, "one")));
        Assert.Equal("replay", Read(keys).Kind);
    }

    [Theory]
    [InlineData("match: text\n", 1, "the key file is missing")]
    [InlineData("file: none.jsonl\n", 3, "no such file")]
    [InlineData("file: damaged.jsonl\n", 3, "damaged.jsonl: line 3")]
    [InlineData("file: r.jsonl\nprotocol: morse\n", 4, "morse is unknown")]
    [InlineData("file: r.jsonl\nmatch: luck\n", 4, "match must be order or text")]
    [InlineData("file: r.jsonl\npace: fast\n", 4, "recorded, at once, or a duration")]
    [InlineData("file: empty.jsonl\n", 3, "no exchange that an agent could answer with")]
    public void What_cannot_be_used_is_told_with_its_line(string keys, int line, string reason)
    {
        Write(Path.Combine(_directory, "r.jsonl"), Chat(1, "a", (1, "one")));
        File.WriteAllText(Path.Combine(_directory, "damaged.jsonl"), "{\"parley-recording\":1}\n\nnonsense\n");
        Write(Path.Combine(_directory, "empty.jsonl"));
        var e = Assert.Throws<ConfigurationException>(() => Read(keys));
        Assert.Equal(line, e.Line);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_change_of_the_recording_is_a_change_of_the_agent()
    {
        var catalog = new AgentCatalog();
        var agents = new AgentDirectory(_directory, [], AgentFileReaderTests.NewReader(), new FileVersions(), catalog, NullLogger<AgentDirectory>.Instance);
        File.WriteAllText(Path.Combine(_directory, "a.yaml"), "name: a\nkind: replay\nfile: r.jsonl\n");
        agents.Refresh();
        Assert.Contains("no such file", Assert.Single(agents.Problems).Reason, StringComparison.Ordinal);

        var recording = Write(Path.Combine(_directory, "r.jsonl"), Chat(1, "a", (1, "one")));
        Assert.True(agents.Refresh());
        Assert.Empty(agents.Problems);
        var first = catalog.Find("a");
        Assert.NotNull(first);
        Assert.False(agents.Refresh());

        File.AppendAllText(recording, "nonsense\n");
        Assert.True(agents.Refresh());
        Assert.Contains("line 7", Assert.Single(agents.Problems).Reason, StringComparison.Ordinal);
        Assert.Same(first, catalog.Find("a"));
    }

    private ReadAgent Read(string keys) => AgentFileReaderTests.NewReader().Parse(Path.Combine(_directory, "a.yaml"), "name: a\nkind: replay\n" + keys, default);
}
