using System.CommandLine;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Parley.AspNetCore;
using Parley.AspNetCore.Configuration;
using Parley.AspNetCore.Http;
using Parley.Storage;

namespace Parley.Cli;

/// <summary><c>parley serve</c>, which is also <c>parley</c> alone.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var command = new Command("serve", "Serve the agents to the clients of all protocols.");
        Describe(command);
        return command;
    }

    /// <summary>Gives a command the options and the action of serving.</summary>
    public static void Describe(Command command)
    {
        var places = new Places().AddSettings(command).AddData(command).AddAgents(command);
        command.SetAction((parsed, cancellationToken) => ServeAsync(places, parsed, cancellationToken));
    }

    private static async Task<int> ServeAsync(Places places, ParseResult parsed, CancellationToken cancellationToken)
    {
        var settings = places.Settings(parsed).Settings;
        var data = places.Data(parsed);
        var agents = places.Agents(parsed);
        using var only = DataLock.Take(data);

        await using var app = ParleyServer.Build(options => (options.Data, options.AgentFiles, options.Settings) = (data, agents, settings));
        await DemandKeysAsync(app, settings, cancellationToken);
        await StartAsync(app, cancellationToken);
        await Banner.WriteAsync(parsed.InvocationConfiguration.Output, app, cancellationToken);

        using var interrupt = QuitAtSecond(PosixSignal.SIGINT, app);
        using var terminate = QuitAtSecond(PosixSignal.SIGTERM, app);
        await app.WaitForShutdownAsync(cancellationToken);
        return ParleyCommand.Done;
    }

    private static async Task StartAsync(WebApplication app, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch
        {
            // What had started already must stop in order; the reason is told by whoever catches it.
            await app.StopAsync(CancellationToken.None);
            throw;
        }
    }

    private static async Task DemandKeysAsync(WebApplication app, ParleySettings settings, CancellationToken cancellationToken)
    {
        var url = settings.Server.Url;
        if (Access.IsLoopback(url.Host) || await app.Services.GetRequiredService<KeyStore>().AnyAsync(cancellationToken)) return;
        throw new ConfigurationException("server.url", 0,
            $"{url.GetLeftPart(UriPartial.Authority)} can be reached from other machines, and there is no key yet, so anybody could read and write all conversations. "
            + "Make a key first with: parley keys create --name NAME (and the same --data), or listen on http://127.0.0.1:5080");
    }

    // The host's own handler begins the graceful end. Who asks again does not want to wait for it.
    private static PosixSignalRegistration QuitAtSecond(PosixSignal signal, WebApplication app)
        => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            if (app.Lifetime.ApplicationStopping.IsCancellationRequested) Environment.Exit(ParleyCommand.Failed);
            app.Lifetime.StopApplication();
        });
}
