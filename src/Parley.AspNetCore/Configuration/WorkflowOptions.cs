namespace Parley.AspNetCore.Configuration;

/// <summary>Section <c>workflows</c>: what workflows may do.</summary>
public sealed record WorkflowOptions
{
    /// <summary>The hosts that they may call, such as <c>api.example.com</c>, <c>*.example.com</c> or <c>localhost:8080</c>.</summary>
    public ValueList<string> Hosts { get; init; }

    /// <summary>How many actions a run may execute, from one wait to the next.</summary>
    public int Steps { get; init; } = 10_000;

    /// <summary>How long a run may take, from one wait to the next.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The environment's variables that formulas see as <c>Env.NAME</c>.</summary>
    public ValueList<string> Env { get; init; }
}
