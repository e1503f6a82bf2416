using System.Text;
using Parley.Agents;
using Parley.AspNetCore.Configuration.Yaml;
using Parley.Protocols.Upstream;
using Parley.Workflows.Reading;

namespace Parley.AspNetCore.Configuration.Agents;

/// <summary>Makes an agent of a file.</summary>
internal sealed class AgentFileReader(AgentServices services, Func<string, string?> variables)
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file; one that cannot be used is a <see cref="ConfigurationException"/>.</summary>
    public ReadAgent Read(string path, DateTimeOffset changed)
    {
        string text;
        try
        {
            text = Utf8.GetString(File.ReadAllBytes(path)).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException e)
        {
            throw new ConfigurationException(path, 0, "the file is not UTF-8", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(path, 0, $"cannot be read: {e.Message}", e);
        }

        return Parse(path, text, changed);
    }

    /// <summary>Reads a file's text.</summary>
    public ReadAgent Parse(string path, string text, DateTimeOffset changed)
    {
        if (WorkflowReader.IsWorkflow(text)) return WorkflowFile.Read(path, text, changed, services.Workflows);
        var keys = YamlFile.Parse(path, text, variables);
        var name = keys.Required("name");
        if (!Agent.IsName(name)) throw keys.Fail("name", $"name must be {Agent.NameRule}, not \"{name}\"");
        var aliases = keys.Texts("aliases");
        foreach (var alias in aliases)
        {
            if (!Agent.IsName(alias)) throw keys.Fail("aliases", $"an alias must be {Agent.NameRule}, not \"{alias}\"");
            if (alias == name || aliases.Count(other => other == alias) > 1) throw keys.Fail("aliases", $"{alias} names this agent twice");
        }

        var kindName = keys.Required("kind");
        if (!AgentKinds.All.TryGetValue(kindName, out var kind))
            throw keys.Fail("kind", $"the kind {kindName} is unknown; there are {string.Join(", ", AgentKinds.All.Keys)}");

        var tools = ToolsFile.Read(keys);
        var timeouts = ReadTimeouts(keys);
        var onboarding = keys.Section("onboarding");
        var body = kind(new AgentFileKeys(keys, tools, timeouts, services));
        var agent = new Agent(name, body.Behaviour)
        {
            Aliases = aliases.ToValueList(),
            Description = keys.Text("description") ?? "",
            IsDefault = keys.Value("default", Notations.Switch) ?? false,
            Tools = tools,
            Prologue = onboarding?.Text("prologue") ?? "",
            Questions = onboarding?.Texts("questions").ToValueList() ?? default,
            Model = body.Model,
            Instructions = body.Instructions,
            OnDisconnect = keys.Value("on_disconnect", Notations.OnDisconnect),
            IsStateful = body.IsStateful,
            UpdatedAt = changed,
        };
        if (keys.Value("history", Notations.Integer(0, 10_000)) is { } history) agent = agent with { History = history };
        onboarding?.End();
        keys.End();
        return new ReadAgent(agent, kindName, keys, body.Needs);
    }

    private static UpstreamTimeouts ReadTimeouts(YamlSection keys)
    {
        var usual = new UpstreamTimeouts();
        if (keys.Section("timeouts") is not { } section) return usual;
        var timeouts = new UpstreamTimeouts
        {
            Connect = section.Value("connect", Notations.Wait) ?? usual.Connect,
            FirstEvent = section.Value("first_event", Notations.Wait) ?? usual.FirstEvent,
            Idle = section.Value("idle", Notations.Wait) ?? usual.Idle,
        };
        section.End();
        return timeouts;
    }
}

/// <summary>An agent as a file describes it.</summary>
/// <param name="Agent">The agent.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Keys">The file, for errors that only a look at other files shows.</param>
/// <param name="Needs">Another file that it reads, as it was.</param>
internal sealed record ReadAgent(Agent Agent, string Kind, YamlSection Keys, FileStamp? Needs = null)
{
    /// <summary>The text by whose changes its versions rise; null for an agent without versions.</summary>
    public string? Versioned { get; init; }

    /// <summary>What is wrong with it, although it can be used.</summary>
    public IReadOnlyList<ConfigurationException> Warnings { get; init; } = [];
}
