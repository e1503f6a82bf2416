using System.IO.Compression;
using System.Xml.Linq;
using Parley.IntegrationTests.Servers;

namespace Parley.IntegrationTests.Packages;

/// <summary>What <c>dotnet pack</c> makes, and a new project that uses it.</summary>
public sealed class PackageTests
{
    private static readonly string[] Names = ["Parley", "Parley.AspNetCore", "Parley.Extensions.AI", "Parley.Protocols", "Parley.Storage", "Parley.Workflows"];

    [Fact]
    public async Task The_packages_hold_what_their_users_need_and_a_new_project_works_with_them()
    {
        using var directory = new TemporaryDirectory();
        var packed = await DotnetAsync("pack", Path.Combine(Repository.Root, "Parley.slnx"), "--no-build", "--configuration", Repository.Configuration, "--output", directory["packages"]);
        Assert.True(packed.ExitCode == 0, packed.ToString());
        var files = Directory.GetFiles(directory["packages"], "*.nupkg").ToDictionary(file => Names.OrderByDescending(name => name.Length).First(name => Path.GetFileName(file).StartsWith(name + ".", StringComparison.Ordinal)));
        Assert.Equal(Names, files.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, file) in files) Check(name, file);

        await UseAsync(directory);
    }

    private static void Check(string name, string file)
    {
        using var package = ZipFile.OpenRead(file);
        var entries = package.Entries.ToDictionary(entry => entry.FullName);
        Assert.Contains($"lib/net10.0/{name}.dll", entries.Keys);
        Assert.True(TextOf(entries[$"lib/net10.0/{name}.xml"]).Split("<summary>").Length > 5, $"{name} has no documentation.");
        Assert.StartsWith("# " + name, TextOf(entries["README.md"]), StringComparison.Ordinal);
        Assert.Contains("lib/net10.0/" + name + ".pdb", ZipEntries(Path.ChangeExtension(file, ".snupkg")));

        var about = XDocument.Parse(TextOf(entries[name + ".nuspec"])).Root!.Elements().Single().Elements().ToDictionary(element => element.Name.LocalName);
        Assert.Equal("MIT", about["license"].Value);
        Assert.NotEmpty(about["description"].Value);

        // What those it depends on depend on may be told too.
        var needed = about["dependencies"].Descendants().Select(element => element.Attribute("id")?.Value).OfType<string>().ToHashSet();
        Assert.Superset(DependenciesOf(name).ToHashSet(), needed);
        if (name is "Parley" or "Parley.Protocols" or "Parley.Extensions.AI")
            Assert.DoesNotContain(needed, id => id.StartsWith("SQLite", StringComparison.Ordinal) || id.StartsWith("Microsoft.Data", StringComparison.Ordinal) || id == "YamlDotNet");
    }

    private static string[] DependenciesOf(string name) => name switch
    {
        "Parley" => ["Microsoft.Extensions.Logging.Abstractions"],
        "Parley.Protocols" => ["Parley"],
        "Parley.Extensions.AI" => ["Microsoft.Extensions.AI.Abstractions", "Parley", "Parley.Protocols"],
        "Parley.AspNetCore" => ["Parley", "Parley.Protocols", "Parley.Storage", "Parley.Workflows", "YamlDotNet"],
        "Parley.Workflows" => ["Parley", "YamlDotNet"],
        _ => ["Microsoft.Data.Sqlite.Core", "Parley", "SQLitePCLRaw.core", "SQLitePCLRaw.lib.e_sqlite3", "SQLitePCLRaw.provider.e_sqlite3"],
    };

    // The sample's files in a project that knows nothing of this checkout, its packages in a folder of their own: another Parley of this version may be in the usual one.
    private static async Task UseAsync(TemporaryDirectory directory)
    {
        foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "samples", "Embedding"), "*.cs")) directory.Write(Path.Combine("app", Path.GetFileName(file)), File.ReadAllText(file));
        var usual = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        directory.Write("nuget.config", $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{directory["restored"]}" /></config>
              <packageSources><add key="built" value="{directory["packages"]}" /></packageSources>
              <fallbackPackageFolders><add key="usual" value="{usual}" /></fallbackPackageFolders>
            </configuration>
            """);
        directory.Write("app/app.csproj", """
            <Project Sdk="Microsoft.NET.Sdk.Web">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework><Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Parley.AspNetCore" Version="*" />
                <PackageReference Include="Parley.Extensions.AI" Version="*" />
              </ItemGroup>
            </Project>
            """);
        var built = await DotnetAsync("build", directory["app"], "--output", directory["out"]);
        Assert.True(built.ExitCode == 0, built.ToString());
        var ran = await DotnetAsync(Path.Combine(directory["out"], "app.dll"), "--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default=None");
        Assert.Equal((0, "HI (1)\nHELLO AGAIN (1)\nAND AGAIN (2)\n"), (ran.ExitCode, ran.Output.ReplaceLineEndings("\n")));
    }

    private static Task<CommandResult> DotnetAsync(params string[] arguments)
        => ParleyCommand.RunProgramAsync("dotnet", arguments, "", ("DOTNET_CLI_TELEMETRY_OPTOUT", "1"), ("DOTNET_NOLOGO", "1"), ("MSBUILDDISABLENODEREUSE", "1"));

    private static string TextOf(ZipArchiveEntry entry)
    {
        using var reader = new StreamReader(entry.Open());
        return reader.ReadToEnd();
    }

    private static List<string> ZipEntries(string file)
    {
        using var package = ZipFile.OpenRead(file);
        return [.. package.Entries.Select(entry => entry.FullName)];
    }
}
