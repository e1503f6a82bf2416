using Parley.Protocols;
using Parley.Runs;

namespace Parley.Tests.Guards;

/// <summary>The guards over whole streams.</summary>
internal static class Guarded
{
    private static readonly ValueList<string> AnyText = [RunGuard.TextDiffers];

    /// <summary>Fails unless a run's events obey the grammar. A text may differ from what was streamed.</summary>
    public static void AssertLawful(IEnumerable<Logged> log, string what)
    {
        var guard = new RunGuard();
        foreach (var logged in log) guard.Check(logged);
        guard.End(AnyText);
        Assert.True(guard.Broken is null, $"{what}: {guard.Broken}");
    }

    /// <summary>Fails unless the bytes are a lawful stream, and gives what a client knows of it.</summary>
    public static RunState AssertLawful(Protocol protocol, ReadOnlySpan<byte> bytes, string what)
    {
        var guard = new WireGuard(StreamFormat.Of(protocol));
        guard.Check(bytes);
        guard.End(AnyText);
        Assert.True(guard.Broken is null, $"{what} in {protocol}: {guard.Broken}");
        return guard.State;
    }
}
