using Parley.Agents;
using Parley.AspNetCore.Configuration.Yaml;
using Parley.Runs;

namespace Parley.AspNetCore.Configuration.Agents;

/// <summary>The keys of <c>kind: echo</c>.</summary>
internal static class EchoFile
{
    private static readonly Notation<int> Count = Notations.Integer(0, 1_000_000_000);

    public static AgentBody Read(AgentFileKeys file)
    {
        var keys = file.Keys;
        var options = new EchoOptions
        {
            Text = keys.Text("text"),
            Reply = keys.Value("reply", Notations.Choice<EchoReply>()) ?? EchoReply.Last,
            Pace = keys.Text("pace") == "0" ? TimeSpan.Zero : keys.Value("pace", Notations.Wait) ?? TimeSpan.Zero,
            Pieces = keys.Value("pieces", Notations.Integer(1, 100_000)),
            Reasoning = keys.Text("reasoning"),
            FollowUps = keys.Texts("follow_ups").ToValueList(),
            Tool = keys.Text("tool"),
            Tools = file.Tools,
            FailAfter = keys.Value("fail_after", Notations.Integer(0, 100_000)),
            Usage = keys.Section("usage") is { } usage ? ReadUsage(usage) : null,
        };
        return new AgentBody(new EchoAgent(options, file.Services.Time));
    }

    private static Usage ReadUsage(YamlSection usage)
    {
        var read = new Usage(
            usage.Value("input", Count) ?? 0, usage.Value("output", Count) ?? 0, usage.Value("total", Count),
            usage.Value("cached_input", Count), usage.Value("reasoning", Count));
        usage.End();
        return read;
    }
}
