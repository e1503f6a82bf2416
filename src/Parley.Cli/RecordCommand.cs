using System.CommandLine;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Parley.AspNetCore.Configuration;
using Parley.AspNetCore.Http;
using Parley.Cli.Recorder;
using Parley.Protocols.Recordings;

namespace Parley.Cli;

/// <summary><c>parley record</c>: stands between a client and a server, and writes down what they say.</summary>
internal static class RecordCommand
{
    public static Command Create()
    {
        var to = new Option<string>("--to") { Description = "The recording; what is there stays, and it is gone on with.", HelpName = "FILE", Required = true };
        var upstream = new Option<string>("--upstream") { Description = "The server to pass everything on to.", HelpName = "URL", Required = true };
        var listen = new Option<string>("--listen") { Description = "Where clients come.", HelpName = "URL", DefaultValueFactory = _ => "http://127.0.0.1:5081" };
        var command = new Command("record", "Record what clients and a server say to each other, without their credentials. Ctrl-C ends it.") { to, upstream, listen };
        command.SetAction((parsed, cancellationToken) => RecordAsync(
            parsed.GetRequiredValue(to), ReadUpstream(parsed.GetRequiredValue(upstream)), ReadListen(parsed.GetRequiredValue(listen)), parsed.InvocationConfiguration, cancellationToken));
        return command;
    }

    private static async Task<int> RecordAsync(string to, Uri upstream, Uri listen, InvocationConfiguration console, CancellationToken cancellationToken)
    {
        var output = TextWriter.Synchronized(console.Output);
        using var file = RecordingFile.Open(to, reason => console.Error.WriteLine($"parley: {to} cannot be written any more, so nothing more is recorded; exchanges are still passed on: {reason}"));
        await using var app = RecordingServer.Build(listen);
        var stopping = app.Lifetime.ApplicationStopping;
        using var proxy = new RecordingProxy(upstream, file, TimeProvider.System, (request, exchange, how) => output.WriteLine(Line(request, exchange, how)), stopping);
        app.Run(proxy.ServeAsync);
        await app.StartAsync(cancellationToken);

        var url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault();
        output.WriteLine($"Point clients to {url} instead of {upstream.ToString().TrimEnd('/')}. What they say is recorded in {to}.");
        if (!Access.IsLoopback(listen.Host)) output.WriteLine("Other machines can reach this address: whoever has it can use the upstream through it.");
        await using var stop = cancellationToken.Register(app.Lifetime.StopApplication);
        await app.WaitForShutdownAsync(CancellationToken.None);

        output.WriteLine($"{file.Count} exchange{(file.Count == 1 ? " is" : "s are")} in {to}.");
        return file.Failure is null ? ParleyCommand.Done : ParleyCommand.Failed;
    }

    private static string Line(HttpRequest request, ExchangeRecorder exchange, ExchangeEnd how)
    {
        var size = exchange.Events > 0 ? $"{exchange.Events} events" : $"{exchange.Bytes} bytes";
        var end = how switch { ExchangeEnd.Complete => "", ExchangeEnd.ClientGone => ", the client left", _ => ", broken off" };
        return string.Create(CultureInfo.InvariantCulture, $"{exchange.Number}  {request.Method} {exchange.Path}  {(exchange.Status == 0 ? "no answer" : exchange.Status)}  {size}  {exchange.Elapsed.TotalSeconds:0.00} s{end}");
    }

    private static Uri ReadUpstream(string text)
        => Notations.PeerUrl.TryParse(text, out var url) && url is { UserInfo: "", Query: "", Fragment: "" }
            ? url
            : throw new ConfigurationException("--upstream", 0, "expected a URL such as https://api.coze.cn: http or https, a host, perhaps a path, and nothing behind");

    private static Uri ReadListen(string text)
        => Notations.ListenUrl.TryParse(text, out var url) ? url : throw new ConfigurationException("--listen", 0, $"expected {Notations.ListenUrl.Expected}");
}
