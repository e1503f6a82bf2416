using Parley.Workflows;
using Parley.Workflows.Reading;

namespace Parley.Tests.Workflows;

/// <summary>The page on workflows shows every action, and what it shows can be loaded.</summary>
public sealed class WorkflowPageTests
{
    [Fact]
    public void Every_example_is_a_workflow_without_a_finding()
    {
        var examples = Examples();
        Assert.True(examples.Count >= 8);
        foreach (var example in examples)
        {
            var text = example.StartsWith("kind:", StringComparison.Ordinal) ? example : "kind: Workflow\ntrigger:\n  kind: OnConversationStart\n  id: t\n  actions:\n" + string.Join('\n', example.Split('\n').Select(line => "    " + line));
            var (definition, findings) = WorkflowReader.Read(text);
            Assert.True(definition is not null && findings.Count == 0, example + "\n" + string.Join('\n', findings.Select(finding => finding.ToString())));
        }
    }

    [Fact]
    public void Every_action_is_shown_or_named()
    {
        var page = Page();
        foreach (var kind in ActionTable.All.Keys.Concat(["ConditionGroup", "Foreach"])) Assert.Matches($@"\b{kind}\b", page);
    }

    private static List<string> Examples()
        => [.. Page().Split("```yaml\n").Skip(1).Select(part => part[..part.IndexOf("\n```", StringComparison.Ordinal)])];

    private static string Page() => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "workflows.md"));
}
