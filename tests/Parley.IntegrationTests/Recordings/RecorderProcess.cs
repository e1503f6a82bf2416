using System.Diagnostics;
using System.Globalization;
using System.Text;
using Parley.IntegrationTests.Servers;

namespace Parley.IntegrationTests.Recordings;

/// <summary><c>parley record</c> in a process of its own.</summary>
internal sealed class RecorderProcess : IDisposable
{
    private readonly StringBuilder _output = new();
    private readonly Process _process;

    private RecorderProcess(Process process) => _process = process;

    /// <summary>Where clients go.</summary>
    public string Url { get; private set; } = "";

    /// <summary>What it has printed so far.</summary>
    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    public static async Task<RecorderProcess> StartAsync(string file, string upstream)
    {
        var recorder = new RecorderProcess(ParleyCommand.Start(Repository.Parley, ["record", "--to", file, "--upstream", upstream, "--listen", "http://127.0.0.1:0"]));
        recorder._process.OutputDataReceived += (_, line) => recorder.Append(line.Data);
        recorder._process.ErrorDataReceived += (_, line) => recorder.Append(line.Data);
        recorder._process.BeginOutputReadLine();
        recorder._process.BeginErrorReadLine();
        await Patience.UntilAsync(() => recorder._process.HasExited || recorder.Output.Contains(" instead of ", StringComparison.Ordinal), () => recorder.Output);
        Assert.False(recorder._process.HasExited, recorder.Output);
        recorder.Url = recorder.Output.Split(' ').First(word => word.StartsWith("http://", StringComparison.Ordinal));
        return recorder;
    }

    /// <summary>Ends it as Ctrl-C does, and gives its exit code.</summary>
    public async Task<int> InterruptAsync()
    {
        using var kill = Process.Start("kill", ["-INT", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Ends it without a word.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    private void Append(string? line)
    {
        if (line is null) return;
        lock (_output) _output.AppendLine(line);
    }
}
