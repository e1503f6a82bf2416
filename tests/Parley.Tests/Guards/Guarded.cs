using Parley.Protocols;
using Parley.Runs;

namespace Parley.Tests.Guards;

/// <summary>The guards over whole streams.</summary>
internal static class Guarded
{
    /// <summary>What every run may say: tests of one protocol's law are not about this.</summary>
    public static readonly ValueList<string> AnyLoss = [RunGuard.TextDiffers];

    /// <summary>Fails unless a run's events obey the grammar, and gives their fold.</summary>
    public static RunState AssertLawful(IEnumerable<Logged> log, ValueList<string> losses, string what)
    {
        var guard = new RunGuard();
        foreach (var logged in log) guard.Check(logged);
        guard.End(losses);
        Assert.True(guard.Broken is null, $"{what}: {guard.Broken}");
        return guard.State;
    }

    /// <summary>Fails unless the bytes are a lawful stream, and gives what a client knows of it.</summary>
    public static RunState AssertLawful(Protocol protocol, ReadOnlySpan<byte> bytes, ValueList<string> losses, string what)
    {
        var guard = new WireGuard(StreamFormat.Of(protocol));
        guard.Check(bytes);
        guard.End(losses);
        Assert.True(guard.Broken is null, $"{what} in {protocol}: {guard.Broken}");
        return guard.State;
    }
}
