using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Parley.Agents;
using Parley.AspNetCore.Configuration.Agents;
using Parley.AspNetCore.Hosting;
using Parley.Conversations;
using Parley.Protocols;
using Parley.Protocols.Upstream;
using Parley.Runs;
using Parley.Storage;
using Parley.Storage.Sqlite;
using Parley.Workflows;

namespace Parley.AspNetCore;

/// <summary>Puts Parley's parts together.</summary>
public static class ParleyServices
{
    /// <summary>Adds the store, the runner and the agents. <see cref="ParleyEndpoints.MapParley"/> adds the protocols.</summary>
    public static IServiceCollection AddParley(this IServiceCollection services, Action<ParleyOptions>? configure = null)
    {
        var options = new ParleyOptions();
        configure?.Invoke(options);
        var settings = options.Settings;

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(settings);
        services.AddSingleton(settings.Limits);
        services.AddSingleton(settings.Coze);
        services.AddSingleton(settings.Tongyi);

        AddStore(services, options);
        AddAgents(services, options);
        services.AddSingleton(provider => new Runner(
            provider.GetRequiredService<IConversationStore>(), provider.GetRequiredService<IdSource>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Runner>>(), strict: settings.Storage.Durability == Configuration.Durability.Strict,
            files: provider.GetService<FileStore>() is { } files ? files.OpenAsync : null,
            losses: static (run, state) => Losses.NamesOf(Losses.OfRun(run, state))));

        services.AddHostedService<Recovery>();
        services.AddHostedService<Sweep>();
        services.AddHostedService<Drain>();
        return services;
    }

    private static void AddStore(IServiceCollection services, ParleyOptions options)
    {
        if (options.Data is not { } data)
        {
            services.AddSingleton<IConversationStore, MemoryStore>();
            services.TryAddSingleton(provider => new IdSource(provider.GetRequiredService<TimeProvider>()));
            return;
        }

        services.AddSingleton(provider => SqliteDatabase.Open(data, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SqliteDatabase>>()));
        services.TryAddSingleton(provider => new IdSource(provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<SqliteDatabase>().Node));
        services.AddSingleton<IConversationStore, SqlStore>();
        services.AddSingleton<KeyStore>();
        services.AddSingleton<FileStore>();
        services.AddSingleton<VariableStore>();
        services.AddSingleton<AgentStore>();
    }

    private static void AddAgents(IServiceCollection services, ParleyOptions options)
    {
        services.AddSingleton(provider => new UpstreamClient(provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<UpstreamClient>>()));
        services.AddSingleton(_ => new AgentCatalog(options.Agents));
        services.AddSingleton(WorkflowParts.ComposeCalls);
        services.AddSingleton(WorkflowParts.Compose);
        if (options.Data is not null)
        {
            services.AddSingleton<StoredAgents>();
            services.AddHostedService(provider => provider.GetRequiredService<StoredAgents>());
        }

        if (options.AgentFiles is not { } directory) return;
        services.AddSingleton(provider => new AgentFileReader(
            new AgentServices(provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<UpstreamClient>(), provider.GetRequiredService<WorkflowServices>()),
            Environment.GetEnvironmentVariable));
        services.AddSingleton(provider => new AgentDirectory(
            directory, [.. options.Agents], provider.GetRequiredService<AgentFileReader>(), new FileVersions(provider.GetService<AgentStore>()),
            provider.GetRequiredService<AgentCatalog>(), provider.GetRequiredService<ILogger<AgentDirectory>>()));
        services.AddHostedService<AgentWatcher>();
    }
}
