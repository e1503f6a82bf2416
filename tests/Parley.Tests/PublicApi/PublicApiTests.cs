using System.Reflection;
using PublicApiGenerator;

namespace Parley.Tests.PublicApi;

public sealed class PublicApiTests
{
    /// <summary>Set to accept what there is now.</summary>
    private const string Accept = "PARLEY_ACCEPT_API";

    private static readonly ApiGeneratorOptions Options = new() { IncludeAssemblyAttributes = false };

    public static TheoryData<string> Packages => ["Parley", "Parley.Protocols", "Parley.Workflows", "Parley.Storage", "Parley.AspNetCore", "Parley.Extensions.AI"];

    [Theory]
    [MemberData(nameof(Packages))]
    public void What_a_package_offers_is_what_was_approved(string package)
    {
        var offered = Assembly.Load(package).GeneratePublicApi(Options).ReplaceLineEndings("\n") + "\n";
        var path = Path.Combine(Repository(), "tests", "Parley.Tests", "PublicApi", package + ".txt");
        if (Environment.GetEnvironmentVariable(Accept) is not null) File.WriteAllText(path, offered);
        var approved = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : "";
        if (approved == offered) return;
        var (gone, added) = (approved.Split('\n').Except(offered.Split('\n')), offered.Split('\n').Except(approved.Split('\n')));
        Assert.Fail($"""
            What {package} offers has changed:
            {string.Join('\n', gone.Select(line => "- " + line.Trim()).Concat(added.Select(line => "+ " + line.Trim())))}
            To accept it, run this test once with {Accept}=1 and commit {package}.txt beside it.
            """);
    }

    private static string Repository()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Parley.slnx"))) directory = directory.Parent!;
        return directory.FullName;
    }
}
