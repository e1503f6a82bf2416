using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Parley.IntegrationTests.Servers;

namespace Parley.IntegrationTests.Processes;

/// <summary>The executable <c>parley</c> as a user types it.</summary>
public sealed class CommandTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public async Task The_version_names_the_engine_of_the_store()
    {
        var result = await ParleyCommand.RunAsync("--version");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("0.1.0", result.Output, StringComparison.Ordinal);
        Assert.Contains("SQLite 3.", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_are_made_listed_and_revoked()
    {
        var data = _directory["data"];
        var made = await ParleyCommand.RunAsync("keys", "create", "--name", "laptop", "--owner", "ada", "--data", data);
        Assert.Equal(0, made.ExitCode);
        Assert.Matches("^pat_[A-Za-z0-9_-]{20,}$", made.LastLine);

        var listed = await ParleyCommand.RunAsync("keys", "list", "--data", data);
        Assert.Contains("laptop", listed.Output, StringComparison.Ordinal);
        Assert.Contains("ada", listed.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(made.LastLine, listed.Output, StringComparison.Ordinal);

        // Only its hash is stored.
        foreach (var file in Directory.EnumerateFiles(data))
            Assert.DoesNotContain(made.LastLine, Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)), StringComparison.Ordinal);

        Assert.Equal(0, (await ParleyCommand.RunAsync("keys", "revoke", "laptop", "--data", data)).ExitCode);
        Assert.NotEqual(0, (await ParleyCommand.RunAsync("keys", "revoke", "laptop", "--data", data)).ExitCode);
    }

    [Theory]
    [InlineData("coze", "coze-chat.sse", "chat-completions")]
    [InlineData("coze-workflow", "coze-workflow.sse", "chat-completions")]
    [InlineData("coze", "coze-chat.sse", "coze-workflow")]
    [InlineData("coze-workflow", "coze-workflow.sse", "coze")]
    public async Task A_recorded_stream_is_converted_from_a_file_and_from_the_input(string from, string file, string to)
    {
        var answer = from == "coze" ? "2026 年 11 月 20 日是星期五。" : "Well, that depends. On what?";
        var fromFile = await ParleyCommand.RunAsync("convert", "--from", from, "--to", to, Repository.Fixture(file));
        Assert.True(fromFile.ExitCode == 0, fromFile.ToString());
        var fromInput = await ParleyCommand.RunAsync(["convert", "--from", from, "--to", to, "-"], await File.ReadAllTextAsync(Repository.Fixture(file), TestContext.Current.CancellationToken));
        Assert.Equal(fromFile.Output, fromInput.Output);

        if (to == "chat-completions")
        {
            Assert.StartsWith("data: {", fromFile.Output, StringComparison.Ordinal);
            Assert.EndsWith("data: [DONE]\n\n", fromFile.Output, StringComparison.Ordinal);

            // A replaced text cannot be told by this protocol: what was streamed stands.
            Assert.Contains(from == "coze" ? "星期五" : "that depends", fromFile.Output, StringComparison.Ordinal);
            return;
        }

        Assert.Contains(answer, fromFile.Output, StringComparison.Ordinal);
        Assert.StartsWith(to == "coze" ? "event:conversation.chat.created\ndata:{" : "event: conversation.chat.created\ndata: {", fromFile.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("coze", "coze-chat.sse", "7710237672458944528")]
    [InlineData("coze-workflow", "coze-workflow.sse", "msg_8")]
    public async Task Within_one_protocol_the_peer_s_ids_and_events_stay(string protocol, string file, string id)
    {
        var result = await ParleyCommand.RunAsync("convert", "--from", protocol, "--to", protocol, Repository.Fixture(file));
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains($"\"id\":\"{id}\"", result.Output, StringComparison.Ordinal);
        var before = (await File.ReadAllLinesAsync(Repository.Fixture(file), TestContext.Current.CancellationToken)).Where(line => line.StartsWith("event:", StringComparison.Ordinal));
        var after = result.Output.Split('\n').Where(line => line.StartsWith("event:", StringComparison.Ordinal));
        Assert.Equal(before.Where(line => !line.Contains("verbose", StringComparison.Ordinal)).Distinct(), after.Distinct());
    }

    [Fact]
    public async Task What_cannot_be_converted_is_an_error()
    {
        var unknown = await ParleyCommand.RunAsync("convert", "--from", "coze", "--to", "morse", Repository.Fixture("coze-chat.sse"));
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains("morse", unknown.Error, StringComparison.Ordinal);
        Assert.NotEqual(0, (await ParleyCommand.RunAsync("convert", "--from", "coze", "--to", "chat-completions", _directory["no-such-file"])).ExitCode);
    }

    [Fact]
    public async Task The_settings_are_printed_with_where_they_come_from()
    {
        _directory.Write("data/parley.yaml", "limits:\n  body: 5MB\nretention:\n  events: 3d\n");
        var result = await ParleyCommand.RunAsync(
            ["config", "--data", _directory["data"], "--set", "retention.events=2d"], "", ("PARLEY_RETENTION__EVENTS", "1d"), ("PARLEY_STORAGE__DURABILITY", "strict"));
        Assert.True(result.ExitCode == 0, result.ToString());
        string Line(string key) => result.Output.Split('\n').First(line => line.Trim().StartsWith(key, StringComparison.Ordinal));
        Assert.Contains("5MB", Line("body:"), StringComparison.Ordinal);
        Assert.Contains("parley.yaml", Line("body:"), StringComparison.Ordinal);
        Assert.Contains("strict", Line("durability:"), StringComparison.Ordinal);
        Assert.Contains("PARLEY_STORAGE__DURABILITY", Line("durability:"), StringComparison.Ordinal);
        Assert.Contains("2d", Line("events:"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("limits:\n  body: 5MB\n  bodi: 6MB\n", "bodi", "parley.yaml, line 3")]
    [InlineData("retention:\n  events: soon\n", "retention.events", "parley.yaml, line 2")]
    [InlineData("nonsense: [\n", "", "parley.yaml")]
    public async Task A_wrong_setting_stops_the_start_with_its_key_and_line(string yaml, string key, string place)
    {
        _directory.Write("data/parley.yaml", yaml);
        var result = await ParleyCommand.RunAsync("serve", "--url", "http://127.0.0.1:0", "--data", _directory["data"]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(key, result.Error, StringComparison.Ordinal);
        Assert.Contains(place, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("serve", "--set", "limits.bodi=5MB")]
    [InlineData("serve", "--set", "nonsense")]
    [InlineData("serve", "--no-such-option", "x")]
    [InlineData("dance", "--data", "x")]
    public async Task A_wrong_usage_is_exit_code_2(params string[] arguments)
    {
        var result = await ParleyCommand.RunAsync([.. arguments, .. arguments[0] == "serve" ? new[] { "--data", _directory["data"], "--url", "http://127.0.0.1:0" } : []]);
        Assert.Equal(2, result.ExitCode);
        Assert.NotEmpty(result.Error);
    }

    [Fact]
    public async Task A_conversation_on_the_terminal_remembers()
    {
        _directory.Write("agents/history.yaml", "name: history\nkind: echo\nreply: history\n");
        var result = await ParleyCommand.RunAsync(
            ["chat", "--agent", "history", "--data", _directory["data"], "--agents", _directory["agents"]], "one\ntwo\n");
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("user: one", result.Output, StringComparison.Ordinal);
        Assert.Contains("user: two", result.Output, StringComparison.Ordinal);
        Assert.Contains("assistant: user: one", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_cancels_the_answer_and_not_the_conversation()
    {
        var words = string.Concat(Enumerable.Range(0, 500).Select(i => $"w{i:d3} "));
        _directory.Write("agents/slow.yaml", $"name: slow\nkind: echo\ntext: \"{words}\"\npieces: 500\npace: 10ms\n");
        using var process = ParleyCommand.Start(Repository.Parley, ["chat", "--agent", "slow", "--data", _directory["data"], "--agents", _directory["agents"]]);
        try
        {
            await process.StandardInput.WriteLineAsync("go");
            await process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
            var seen = new StringBuilder();
            await ReadUntilAsync(process, seen, "w005 ");
            using var interrupt = Process.Start("kill", ["-INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await process.StandardInput.WriteLineAsync("again");
            process.StandardInput.Close();
            await ReadUntilAsync(process, seen, "w499 ");

            // The first answer was cut, the second came whole.
            Assert.Equal(1, Regex.Count(seen.ToString(), "w499 "));
            Assert.Equal(2, Regex.Count(seen.ToString(), "w000 "));
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
            Assert.Equal(0, process.ExitCode);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    [Fact]
    public async Task A_first_start_brings_samples_that_all_load()
    {
        var data = _directory["data"];
        using var process = ParleyCommand.Start(Repository.Parley, ["serve", "--url", "http://127.0.0.1:0", "--data", data]);
        try
        {
            var seen = new StringBuilder();
            var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience.Limit, TestContext.Current.CancellationToken) is { } line)
            {
                seen.AppendLine(line);
                if (line.Contains("curl", StringComparison.Ordinal)) break;
            }

            Assert.Contains("echo", seen.ToString(), StringComparison.Ordinal);
            Assert.Contains("http://127.0.0.1:", seen.ToString(), StringComparison.Ordinal);
            Assert.Contains("curl", seen.ToString(), StringComparison.Ordinal);
            Assert.True(File.Exists(Path.Combine(data, "agents", "echo.yaml")));
            process.Kill();
            Assert.DoesNotContain("left out", await error, StringComparison.Ordinal);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    private static async Task ReadUntilAsync(Process process, StringBuilder seen, string text)
    {
        var buffer = new char[4096];
        while (!seen.ToString().Contains(text, StringComparison.Ordinal))
        {
            var count = await process.StandardOutput.ReadAsync(buffer.AsMemory(), TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
            if (count == 0) throw new EndOfStreamException($"Before \"{text}\" came: {seen}");
            seen.Append(buffer, 0, count);
        }
    }

    public void Dispose() => _directory.Dispose();
}
