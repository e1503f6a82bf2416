using System.CommandLine;
using Parley.AspNetCore.Configuration;

namespace Parley.Cli;

/// <summary><c>parley config</c>: what is in effect, and why.</summary>
internal static class ConfigCommand
{
    public static Command Create()
    {
        var command = new Command("config", "Show the settings in effect and where each comes from.");
        var places = new Places().AddSettings(command).AddData(command);
        command.SetAction(parsed =>
        {
            Write(parsed.InvocationConfiguration.Output, places.Settings(parsed));
            return ParleyCommand.Done;
        });
        return command;
    }

    internal static void Write(TextWriter output, EffectiveSettings effective)
    {
        // As YAML, with the rest as comments: the output is a settings file.
        var lines = SettingTable.All.Select(setting => (Setting: setting, Value: setting.IsSecret ? "(hidden)" : setting.Show(effective.Settings))).ToList();
        var width = lines.Max(line => line.Setting.Path.Split('.')[^1].Length + line.Value.Length);
        var section = "";
        foreach (var (setting, value) in lines)
        {
            var parts = setting.Path.Split('.');
            if (parts[0] != section) output.WriteLine($"{section = parts[0]}:");
            var written = $"{parts[1]}: {value}".PadRight(width + 2);
            output.WriteLine($"  {written}  # {effective.Sources[setting.Path]}; {setting.Description}");
        }
    }
}
