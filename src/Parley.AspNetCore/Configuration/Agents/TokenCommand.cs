using System.Diagnostics;
using System.Text.Json;
using Parley.Protocols.Upstream;
using Parley.Runs;

namespace Parley.AspNetCore.Configuration.Agents;

/// <summary>
/// A command whose output is a token, such as <c>az account get-access-token --resource https://ai.azure.com --query accessToken -o tsv</c>. It is run by the
/// system's shell. What it writes appears in no error.
/// </summary>
internal sealed class TokenCommand(string command, TimeProvider time)
{
    /// <summary>How long it may take.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>How long a token is used that does not tell when it ends.</summary>
    private static readonly TimeSpan Usual = TimeSpan.FromMinutes(10);

    /// <summary>Runs it.</summary>
    /// <exception cref="RunException">It failed, said nothing, or took too long.</exception>
    public async Task<Token> RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(Limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        using var process = Start();
        try
        {
            // Both pipes are read, or a command that complains at length would never end.
            var errors = process.StandardError.ReadToEndAsync(both.Token);
            var output = (await process.StandardOutput.ReadToEndAsync(both.Token)).Trim();
            await errors;
            await process.WaitForExitAsync(both.Token);
            if (process.ExitCode != 0) throw Failed($"The agent's token command ended with code {process.ExitCode}.");
            if (output.Length == 0 || output.AsSpan().IndexOfAny('\n', '\r') >= 0) throw Failed("The agent's token command did not write one line with a token.");
            return new Token(output, EndOf(output) ?? time.GetUtcNow() + Usual);
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested)
        {
            throw Failed($"The agent's token command took more than {Limit.TotalSeconds:0} seconds.");
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>The end of a JSON Web Token; null if it is none or does not tell.</summary>
    internal static DateTimeOffset? EndOf(string token)
    {
        var parts = token.Split('.');
        if (parts.Length != 3) return null;
        var body = parts[1].Replace('-', '+').Replace('_', '/');
        try
        {
            using var json = JsonDocument.Parse(Convert.FromBase64String(body.PadRight((body.Length + 3) / 4 * 4, '=')));
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("exp", out var end) && end.TryGetInt64(out var seconds)
                ? DateTimeOffset.FromUnixTimeSeconds(seconds)
                : null;
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    private Process Start()
    {
        var (shell, option) = OperatingSystem.IsWindows() ? ("cmd.exe", "/c") : ("/bin/sh", "-c");
        try
        {
            var process = Process.Start(new ProcessStartInfo(shell, [option, command]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false })!;

            // What the user types is not meant for it.
            process.StandardInput.Close();
            return process;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw Failed("The agent's token command could not be started.", e);
        }
    }

    private static RunException Failed(string message, Exception? inner = null)
        => new(new RunError(ErrorSide.Agent, ErrorCause.Unauthorised, message, true, "token_command_failed"), inner);
}
