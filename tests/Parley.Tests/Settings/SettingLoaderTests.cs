using Parley.AspNetCore.Configuration;
using Parley.Cli;

namespace Parley.Tests.Settings;

public sealed class SettingLoaderTests : IDisposable
{
    private readonly string _file = Path.Combine(Directory.CreateTempSubdirectory("parley-settings").FullName, "parley.yaml");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_file)!, recursive: true);

    [Fact]
    public void Without_any_source_the_defaults_are_in_effect()
    {
        var effective = SettingLoader.Load(new SettingSources { File = _file });
        Assert.Equal(new ParleySettings(), effective.Settings);
        Assert.All(effective.Sources.Values, source => Assert.Equal("default", source));
    }

    [Fact]
    public void A_flag_beats_a_variable_and_a_variable_beats_the_file()
    {
        File.WriteAllText(_file, "retention:\n  events: 1d\n  messages: 1d\nlimits:\n  body: 1MB\n");
        var effective = SettingLoader.Load(new SettingSources
        {
            File = _file,
            Variables = new Dictionary<string, string> { ["PARLEY_RETENTION__EVENTS"] = "2d", ["PARLEY_RETENTION__MESSAGES"] = "2d" },
            Flags = [("--set", "retention.events", "3d")],
        });
        Assert.Equal((TimeSpan.FromDays(3), TimeSpan.FromDays(2), 1L << 20), (effective.Settings.Retention.Events, effective.Settings.Retention.Messages, effective.Settings.Limits.Body));
        Assert.Equal(("--set", "PARLEY_RETENTION__MESSAGES", $"{_file}, line 5"), (effective.Sources["retention.events"], effective.Sources["retention.messages"], effective.Sources["limits.body"]));
    }

    [Theory]
    [InlineData("retention:\n  evnts: 1d\n", 2, "retention.evnts is unknown")]
    [InlineData("server:\n  url: http://127.0.0.1:1\nbogus:\n  a: 1\n", 4, "bogus.a is unknown")]
    [InlineData("bogus: 1\n", 1, "bogus is unknown")]
    [InlineData("limits:\n  body: many\n", 2, "limits.body must be a size")]
    [InlineData("limits:\n  shutdown: 50d\n", 2, "limits.shutdown must be a duration up to 40d")]
    [InlineData("storage:\n  durability: sometimes\n", 2, "relaxed or strict, not \"sometimes\"")]
    [InlineData("limits:\n  body: [1, 2]\n", 2, "limits.body must be a single value")]
    [InlineData("limits:\n  body: 1MB\n  body: 2MB\n", 3, "uplicate key")]
    [InlineData("limits: {body: 1MB\n", 2, "")]
    [InlineData("- limits\n", 1, "keys with values")]
    public void What_cannot_be_used_is_told_with_its_line(string text, int line, string reason)
    {
        File.WriteAllText(_file, text);
        var e = Assert.Throws<ConfigurationException>(() => SettingLoader.Load(new SettingSources { File = _file }));
        Assert.Equal((_file, line), (e.Where, e.Line));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_variable_that_names_no_setting_is_told()
    {
        var e = Assert.Throws<ConfigurationException>(() => SettingLoader.Load(new SettingSources { Variables = new Dictionary<string, string> { ["PARLEY_LIMITS__BODIE"] = "1MB" } }));
        Assert.Equal("PARLEY_LIMITS__BODIE", e.Where);
        Assert.Contains("limits.bodie", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Variables_without_a_section_are_somebody_elses()
        => SettingLoader.Load(new SettingSources { Variables = new Dictionary<string, string> { ["PARLEY_KEY"] = "pat_x", ["PATH"] = "/bin", ["OTHER__THING"] = "1" } });

    [Fact]
    public void A_settings_file_that_was_named_must_be_there()
        => Assert.Throws<ConfigurationException>(() => SettingLoader.Load(new SettingSources { File = _file, FileIsRequired = true }));

    [Fact]
    public void What_config_prints_is_a_settings_file_with_the_same_effect()
    {
        var before = SettingLoader.Load(new SettingSources { Flags = [("--set", "retention.events", "36h"), ("--set", "server.url", "http://127.0.0.1:99")] });
        using var output = new StringWriter();
        ConfigCommand.Write(output, before);
        File.WriteAllText(_file, output.ToString());
        Assert.Equal(before.Settings, SettingLoader.Load(new SettingSources { File = _file }).Settings);
        Assert.Contains("events: 36h", output.ToString(), StringComparison.Ordinal);
    }
}
