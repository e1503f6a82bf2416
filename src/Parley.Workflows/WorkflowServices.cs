using Parley.Agents;
using Parley.Conversations;
using Parley.Workflows.Outside;

namespace Parley.Workflows;

/// <summary>What workflows need to work.</summary>
public sealed record WorkflowServices
{
    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Finds an agent by its name, and the version of it that is named, else the latest; null if there is none.</summary>
    public Func<string, string?, Agent?> FindAgent { get; init; } = static (_, _) => null;

    /// <summary>Where conversations are kept.</summary>
    public IConversationStore? Store { get; init; }

    /// <summary>Makes ids.</summary>
    public IdSource? Ids { get; init; }

    /// <summary>Calls others over HTTP; null: nobody is called.</summary>
    public OutsideCalls? Outside { get; init; }

    /// <summary>What formulas see as <c>Env.NAME</c>.</summary>
    public ValueList<KeyValuePair<string, string>> Environment { get; init; }

    /// <summary>How many actions a run may execute at most, from one wait to the next.</summary>
    public int MostSteps { get; init; } = 10_000;

    /// <summary>How long a run may take, from one wait to the next.</summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromMinutes(10);
}
