namespace Parley.IntegrationTests.Servers;

/// <summary>Tests that demand something within a time: they run when no other does.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class Timed;
