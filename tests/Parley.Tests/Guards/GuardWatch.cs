using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Parley.AspNetCore.Configuration;
using Parley.AspNetCore.Http;

namespace Parley.Tests.Guards;

/// <summary>Has a server check all of its streams, and hears what its guard finds.</summary>
internal sealed class GuardWatch : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _found = new();

    public IEnumerable<string> Found => _found;

    public static GuardWatch AddTo(IServiceCollection services)
    {
        var watch = new GuardWatch();
        services.AddSingleton(new ParleySettings { Server = new ServerOptions { Guard = 1 } });
        services.AddLogging(logging => logging.AddProvider(watch).AddFilter((category, _) => category == typeof(StreamGuard).FullName));
        return watch;
    }

    public void AssertLawful() => Assert.Empty(_found);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => _found.Enqueue(formatter(state, exception) + exception);

    public void Dispose() { }
}
