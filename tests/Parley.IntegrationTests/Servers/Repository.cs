namespace Parley.IntegrationTests.Servers;

/// <summary>Where things are: found from this test assembly, so that a checkout may be anywhere.</summary>
internal static class Repository
{
    /// <summary>The checkout's root.</summary>
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    /// <summary>The built executable of the same configuration as this assembly.</summary>
    public static string Parley { get; } = Path.Combine(
        Root, "src", "Parley.Cli", "bin", Configuration, "net10.0", OperatingSystem.IsWindows() ? "parley.exe" : "parley");

    /// <summary>The scripts that drive the vendors' SDKs.</summary>
    public static string Clients { get; } = Path.Combine(Root, "tests", "Parley.IntegrationTests", "clients");

    /// <summary>A file beside the tests, such as a recorded stream.</summary>
    public static string Fixture(string name) => Path.Combine(Root, "tests", "Parley.IntegrationTests", "Fixtures", name);

    /// <summary>The configuration that this assembly was built in.</summary>
    // bin/CONFIGURATION/net10.0/
    public static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    private static string FindRoot(string from)
    {
        for (var directory = new DirectoryInfo(from); directory is not null; directory = directory.Parent)
            if (File.Exists(Path.Combine(directory.FullName, "Parley.slnx"))) return directory.FullName;
        throw new DirectoryNotFoundException($"No checkout above {from}.");
    }
}
