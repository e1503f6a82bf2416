using Parley.Runs;

namespace Parley.Tests.Events;

/// <summary>Headers of runs of which nothing matters but that they are there.</summary>
internal static class Headers
{
    /// <summary>A run that a client asked for in a dialect.</summary>
    public static Run Of(string dialect) => new()
    {
        Id = new Id(8),
        Owner = "o",
        Conversation = new Id(16),
        Section = new Id(16),
        Agent = new AgentRef("a"),
        Status = RunStatus.Running,
        Dialect = new Protocol(dialect),
        Chat = new Id(8),
        Request = ModelRequest.Empty,
        CreatedAt = DateTimeOffset.UnixEpoch,
    };
}
