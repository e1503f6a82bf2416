using Microsoft.Extensions.DependencyInjection;
using Parley.Agents;
using Parley.Conversations;
using Parley.Workflows;
using Parley.Workflows.Outside;

namespace Parley.AspNetCore.Configuration.Agents;

/// <summary>What workflows are given: the other agents by their names, where conversations are kept, and what the settings let them do.</summary>
internal static class WorkflowParts
{
    /// <summary>By which they call the hosts that the settings name.</summary>
    public static OutsideCalls ComposeCalls(IServiceProvider provider)
    {
        var hosts = provider.GetRequiredService<ParleySettings>().Workflows.Hosts;
        return new OutsideCalls(
            OutsideHosts.TryParse(hosts, out var read) ? read : throw new ConfigurationException("workflows.hosts", 0, $"it must be {Notations.Hosts.Expected}"),
            provider.GetRequiredService<TimeProvider>());
    }

    public static WorkflowServices Compose(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<ParleySettings>().Workflows;
        return new WorkflowServices
        {
            Time = provider.GetRequiredService<TimeProvider>(),
            FindAgent = provider.GetRequiredService<AgentCatalog>().Find,
            Store = provider.GetRequiredService<IConversationStore>(),
            Ids = provider.GetRequiredService<IdSource>(),
            Outside = provider.GetRequiredService<OutsideCalls>(),
            Environment = options.Env.Where(name => Environment.GetEnvironmentVariable(name) is not null)
                .Select(name => KeyValuePair.Create(name, Environment.GetEnvironmentVariable(name)!)).ToValueList(),
            MostSteps = options.Steps,
            Longest = options.Time,
        };
    }
}
