using Parley.AspNetCore.Configuration.Yaml;
using Parley.Protocols;
using Parley.Protocols.Recordings;

namespace Parley.AspNetCore.Configuration.Agents;

/// <summary>The keys of <c>kind: replay</c>.</summary>
internal static class ReplayFile
{
    public static AgentBody Read(AgentFileKeys file)
    {
        var keys = file.Keys;
        var path = Path.GetFullPath(keys.Required("file"), Path.GetDirectoryName(Path.GetFullPath(keys.File))!);
        var options = new ReplayOptions
        {
            Format = keys.Text("protocol") is { } name ? FormatOf(keys, name) : null,
            Match = keys.Value("match", Notations.Choice<ReplayMatch>()) ?? ReplayMatch.Order,
            Repeat = keys.Value("repeat", Notations.Switch) ?? true,
            Pace = keys.Text("pace") switch
            {
                null or "recorded" => null,
                "at once" or "0" => TimeSpan.Zero,
                _ => keys.Value("pace", Pace),
            },
        };

        // Taken before the file is read: what is written meanwhile is then noticed as a change.
        var stamp = FileStamp.Of(path);
        try
        {
            var recording = Recording.Open(path);
            if (recording.Damage is [var damage, ..]) throw damage;
            return new AgentBody(new ReplayAgent(recording, options, file.Services.Time), Needs: stamp);
        }
        catch (Exception e) when (e is RecordingException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            var reason = e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : e.Message;
            throw new ConfigurationException(keys.File, keys.Fail("file", "").Line, $"{path}: {reason}", e) { Needs = stamp };
        }
    }

    private static Notation<TimeSpan> Pace { get; } = new("recorded, at once, or " + Notations.Wait.Expected, Notations.Wait.TryParse, Notations.Wait.Format);

    private static StreamFormat FormatOf(YamlSection keys, string name)
        => StreamFormat.Names.Contains(name) ? StreamFormat.Of(name) : throw keys.Fail("protocol", $"the protocol {name} is unknown; there are {string.Join(", ", StreamFormat.Names)}");
}
