using Microsoft.Extensions.Logging;

namespace Parley.AspNetCore.Configuration;

/// <summary>All settings, as they are in effect. <see cref="SettingTable"/> says how each is written.</summary>
public sealed record ParleySettings
{
    /// <summary>Section <c>server</c>.</summary>
    public ServerOptions Server { get; init; } = new();

    /// <summary>Section <c>storage</c>.</summary>
    public StorageOptions Storage { get; init; } = new();

    /// <summary>Section <c>retention</c>.</summary>
    public RetentionOptions Retention { get; init; } = new();

    /// <summary>Section <c>limits</c>.</summary>
    public LimitOptions Limits { get; init; } = new();

    /// <summary>Section <c>coze</c>.</summary>
    public CozeOptions Coze { get; init; } = new();

    /// <summary>Section <c>chat_completions</c>.</summary>
    public ChatOptions ChatCompletions { get; init; } = new();

    /// <summary>Section <c>tongyi</c>.</summary>
    public TongyiOptions Tongyi { get; init; } = new();

    /// <summary>Section <c>workflows</c>.</summary>
    public WorkflowOptions Workflows { get; init; } = new();
}

/// <summary>The server itself.</summary>
public sealed record ServerOptions
{
    /// <summary>Where it listens: http, a host and a port.</summary>
    public Uri Url { get; init; } = new("http://127.0.0.1:5080");

    /// <summary>How much it logs.</summary>
    public LogLevel Log { get; init; } = LogLevel.Information;

    /// <summary>Which part of all streams is checked as it is sent, from 0 (none) to 1 (all).</summary>
    public double Guard { get; init; } = 0.01;
}

/// <summary>The store.</summary>
public sealed record StorageOptions
{
    /// <summary>What is on disk before it is sent.</summary>
    public Durability Durability { get; init; }
}

/// <summary>What is on disk before it is sent to a client.</summary>
public enum Durability
{
    /// <summary>Starts, ends of items, suspensions and terminal events; deltas within 50 ms after they were sent.</summary>
    Relaxed,

    /// <summary>Everything.</summary>
    Strict,
}

/// <summary>How long things are kept.</summary>
public sealed record RetentionOptions
{
    /// <summary>Events of runs that have ended.</summary>
    public TimeSpan Events { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Messages and their runs.</summary>
    public TimeSpan Messages { get; init; } = TimeSpan.FromDays(180);

    /// <summary>Uploaded files.</summary>
    public TimeSpan Files { get; init; } = TimeSpan.FromDays(90);

    /// <summary>How often the server looks for what is too old.</summary>
    public TimeSpan Sweep { get; init; } = TimeSpan.FromMinutes(10);
}
