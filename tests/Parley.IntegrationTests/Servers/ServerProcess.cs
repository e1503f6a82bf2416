using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Parley.IntegrationTests.Servers;

/// <summary>What a server is started with.</summary>
internal sealed record ServerSetup
{
    /// <summary>Agent files by name (without <c>.yaml</c>).</summary>
    public IReadOnlyDictionary<string, string> Agents { get; init; } = new Dictionary<string, string>();

    /// <summary>Settings as <c>path=value</c>.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Environment variables.</summary>
    public IReadOnlyList<(string Name, string Value)> Environment { get; init; } = [];

    /// <summary>Owners who get a key before the server starts.</summary>
    public IReadOnlyList<string> Owners { get; init; } = [];

    /// <summary>The signal that comes with a write over a limit is passed over, so that only the write fails.</summary>
    public bool OutlivesFullDisk { get; init; }
}

/// <summary>The real server in a process of its own, on a free port of the loopback, with data and agents in a temporary directory.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<int, bool> Given = [];

    private readonly TemporaryDirectory _directory = new();
    private readonly ServerSetup _setup;
    private readonly StringBuilder _log = new();
    private Process? _process;

    private ServerProcess(ServerSetup setup) => _setup = setup;

    /// <summary>Its address, without a slash at the end.</summary>
    public string Url { get; private set; } = "";

    /// <summary>Its address as a host and port.</summary>
    public IPEndPoint EndPoint => new(IPAddress.Loopback, new Uri(Url).Port);

    /// <summary>Its data directory, which outlives a kill and a restart.</summary>
    public string Data => _directory["data"];

    /// <summary>A key for each owner of the setup.</summary>
    public Dictionary<string, string> Keys { get; } = [];

    /// <summary>A client without a key, or with the first owner's.</summary>
    public HttpClient Client { get; private set; } = new();

    /// <summary>How much memory it uses now, in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            _process!.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Everything that it has printed so far.</summary>
    public string Log
    {
        get
        {
            lock (_log) return _log.ToString();
        }
    }

    /// <summary>Starts a server and waits until it is ready.</summary>
    public static async Task<ServerProcess> StartAsync(ServerSetup setup)
    {
        var server = new ServerProcess(setup);
        try
        {
            foreach (var (name, text) in setup.Agents) server.WriteAgent(name, text);
            foreach (var owner in setup.Owners)
            {
                var made = await ParleyCommand.RunAsync("keys", "create", "--name", owner, "--owner", owner, "--data", server.Data);
                Assert.True(made.ExitCode == 0, made.ToString());
                server.Keys[owner] = made.LastLine;
            }

            await server.RunAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Adds or replaces an agent file.</summary>
    public void WriteAgent(string name, string text) => _directory.Write(Path.Combine("agents", name + ".yaml"), text);

    /// <summary>Removes an agent file.</summary>
    public void DeleteAgent(string name) => File.Delete(_directory[Path.Combine("agents", name + ".yaml")]);

    /// <summary>A client of this owner's.</summary>
    public HttpClient ClientOf(string owner) => NewClient(Keys[owner]);

    /// <summary>Ends the process without a word, as a power cut does, and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Asks the process to stop as a service manager does, and gives its exit code.</summary>
    public async Task<int> StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process!.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await _process.WaitForExitAsync().WaitAsync(Patience.Limit);
        return _process.ExitCode;
    }

    /// <summary>
    /// The disk is full, or has room again: from now on a write behind the first byte of any file is refused by the system. The process must
    /// have been started with <see cref="ServerSetup.OutlivesFullDisk"/>.
    /// </summary>
    public async Task FillDiskAsync(bool isFull)
    {
        var limit = await ParleyCommand.RunProgramAsync("prlimit", ["--pid", _process!.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), isFull ? "--fsize=1:" : "--fsize=unlimited:"], "");
        Assert.True(limit.ExitCode == 0, limit.ToString());
    }

    /// <summary>Starts it again on the same data, on another port.</summary>
    public Task RestartAsync() => RunAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_process is { HasExited: false }) await KillAsync();
        _process?.Dispose();
        _directory.Dispose();

        // Every stream of every test is guarded.
        Assert.DoesNotContain("breaks a rule", Log, StringComparison.Ordinal);
    }

    private async Task RunAsync()
    {
        Url = $"http://127.0.0.1:{FreePort()}";
        Client.Dispose();
        Client = NewClient(_setup.Owners is [var first, ..] ? Keys[first] : null);
        Directory.CreateDirectory(_directory["agents"]);
        string[] arguments = ["serve", "--url", Url, "--data", Data, "--agents", _directory["agents"], "--set", "server.guard=1", .. _setup.Settings.SelectMany(setting => new[] { "--set", setting })];
        var process = _process = _setup.OutlivesFullDisk
            ? ParleyCommand.Start("/bin/sh", ["-c", "trap '' XFSZ; exec \"$@\"", "sh", Repository.Parley, .. arguments], [.. _setup.Environment])
            : ParleyCommand.Start(Repository.Parley, arguments, [.. _setup.Environment]);
        process.StandardInput.Close();
        process.OutputDataReceived += (_, line) => Append(line.Data);
        process.ErrorDataReceived += (_, line) => Append(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await Patience.UntilAsync(IsReadyAsync, () => $"The server did not become ready.\n{Log}");
    }

    private async Task<bool> IsReadyAsync()
    {
        if (_process!.HasExited) throw new InvalidOperationException($"The server ended with {_process.ExitCode}.\n{Log}");
        try
        {
            using var answer = await Client.GetAsync("/health/ready");
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private HttpClient NewClient(string? key)
    {
        var client = new HttpClient { BaseAddress = new Uri(Url), Timeout = TimeSpan.FromSeconds(60) };
        if (key is not null) client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return client;
    }

    private void Append(string? line)
    {
        if (line is null) return;
        lock (_log) _log.AppendLine(line);
    }

    // Never the same twice: between two of our servers a mistaken port would not be noticed.
    private static int FreePort()
    {
        while (true)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var port = ((IPEndPoint)listener.LocalEndpoint).Port;
            if (Given.TryAdd(port, true)) return port;
        }
    }
}
