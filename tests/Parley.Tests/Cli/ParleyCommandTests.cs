using Parley.AspNetCore;
using Parley.Cli;

namespace Parley.Tests.Cli;

public sealed class ParleyCommandTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("parley-cli").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task The_version_names_the_engine_of_the_store_too()
    {
        var (exit, output, _) = await RunAsync("--version");
        Assert.Equal(0, exit);
        Assert.StartsWith($"parley {ParleyVersion.Text}, SQLite 3.", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bogus")]
    [InlineData("serve", "--bogus")]
    [InlineData("keys", "create")]
    [InlineData("convert", "--from", "telex", "--to", "coze")]
    [InlineData("convert", "--from", "coze", "--to", "coze", "/no/such/file")]
    [InlineData("serve", "--set", "limits.body")]
    [InlineData("serve", "--set", "limits.body=much")]
    [InlineData("serve", "--set", "limits.bodies=1MB")]
    [InlineData("serve", "--url", "https://127.0.0.1:1")]
    [InlineData("serve", "--config", "/no/such/file.yaml")]
    [InlineData("serve", "--agents", "/no/such/directory")]
    [InlineData("serve", "--url", "http://0.0.0.0:0")]
    [InlineData("chat", "--agent", "nobody")]
    [InlineData("chat", "--conversation", "x")]
    public async Task Wrong_usage_and_wrong_settings_exit_with_2_and_a_reason(params string[] args)
    {
        var (exit, output, error) = await RunAsync(args[0] is "serve" or "chat" ? [.. args, "--data", _data] : args);
        Assert.Equal((2, ""), (exit, output));
        Assert.StartsWith("parley: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_is_the_last_line_and_is_not_shown_again()
    {
        var (exit, output, _) = await RunAsync("keys", "create", "--name", "laptop", "--owner", "me", "--data", _data);
        Assert.Equal(0, exit);
        var token = output.TrimEnd().Split('\n')[^1];
        Assert.Matches("^pat_[0-9A-Za-z]{64}$", token);

        var (_, list, _) = await RunAsync("keys", "list", "--data", _data);
        Assert.Contains("laptop", list, StringComparison.Ordinal);
        Assert.Contains("owner me", list, StringComparison.Ordinal);
        Assert.DoesNotContain(token, list, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_is_given_to_one_key_only()
    {
        await RunAsync("keys", "create", "--name", "laptop", "--data", _data);
        var (exit, _, error) = await RunAsync("keys", "create", "--name", "laptop", "--data", _data);
        Assert.Equal(2, exit);
        Assert.Contains("laptop", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revoked_key_is_gone_and_cannot_be_revoked_again()
    {
        await RunAsync("keys", "create", "--name", "laptop", "--data", _data);
        Assert.Equal(0, (await RunAsync("keys", "revoke", "laptop", "--data", _data)).Exit);
        Assert.Equal(1, (await RunAsync("keys", "revoke", "laptop", "--data", _data)).Exit);
        Assert.Contains("There is no key", (await RunAsync("keys", "list", "--data", _data)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_server_over_the_same_data_is_refused()
    {
        using var first = DataLock.Take(_data);
        var (exit, _, error) = await RunAsync("serve", "--url", "http://127.0.0.1:0", "--data", _data);
        Assert.Equal(1, exit);
        Assert.Contains("another server already uses", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_settings_are_shown_with_their_sources()
    {
        var (exit, output, _) = await RunAsync("config", "--data", _data, "--set", "limits.body=1MB");
        Assert.Equal(0, exit);
        Assert.Matches(@"body: 1MB +# --set;", output);
        Assert.Matches(@"events: 7d +# default;", output);
    }

    [Fact]
    public void A_new_data_directory_begins_with_the_samples()
    {
        var agents = Path.Combine(_data, "agents");
        SampleAgents.WriteTo(agents);
        Assert.Contains("echo.yaml", Directory.GetFiles(agents).Select(Path.GetFileName));
    }

    private static async Task<(int Exit, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exit = await ParleyCommand.RunAsync(args, output, error);
        return (exit, output.ToString(), error.ToString());
    }
}
