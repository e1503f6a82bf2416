using Parley.Workflows;
using Parley.Workflows.Reading;

namespace Parley.Tests.Workflows;

public sealed class WorkflowReaderTests
{
    [Theory]
    [InlineData("value: =[{id: 3}]", "[{\"id\":3}]")]
    [InlineData("value: ={id: 7}", "{\"id\":7}")]
    [InlineData("value: =1 + 1 # two", "2")]
    [InlineData("value: =\"a # b\"", "a # b")]
    [InlineData("value: \"=1 + 2\"", "3")]
    [InlineData("value: 42", "42")]
    [InlineData("value: \"42\"", "42")]
    [InlineData("value: |-\n    =1 +\n    2", "3")]
    [InlineData("value: =1 +\n    2", "3")]
    public async Task Formulas_that_are_no_yaml_are_read(string line, string value)
    {
        await using var talk = new WorkflowTalk(Flow("SetVariable", "variable: Local.X\n" + line, "kind: SendActivity\nactivity: '{If(IsBlank(Local.X), \"\", JSON(Local.X))}'"));
        var said = await talk.SayAsync("Hi");
        Assert.Equal(value, said.Split('\n')[0].Trim('"'));
    }

    [Theory]
    [InlineData("activity: {System.LastMessage.Text}", "Hi")]
    [InlineData("activity: {System.LastMessage.Text} and more", "Hi and more")]
    [InlineData("activity: Note: {System.LastMessage.Text}", "Note: Hi")]
    [InlineData("activity: {Upper(System.LastMessage.Text)}", "HI")]
    [InlineData("activity: {kind: Message, text: [one, '{System.LastMessageText}']}", "one\nHi")]
    [InlineData("activity: =\"x\" & System.LastMessageText", "xHi")]
    [InlineData("activity: |-\n    {System.LastMessageText}\n    = two", "Hi\n= two")]
    public async Task Texts_with_formulas_that_are_no_yaml_are_read(string line, string said)
    {
        await using var talk = new WorkflowTalk(Flow("SendActivity", line));
        Assert.Equal(said + "\n(done)", await talk.SayAsync("Hi"));
    }

    [Fact]
    public void All_findings_come_in_one_go_with_their_lines()
    {
        var (definition, findings) = WorkflowReader.Read("""
            kind: Workflow
            trigger:
              kind: OnConversationStart
              id: t
              actions:
                - kind: SetVariable
                  id: a
                  value: =1
                - kind: Nonsense
                  id: b
                - kind: GotoAction
                  id: a
                  actionId: nowhere
                - kind: If
                  id: c
                - kind: SendActivity
                  id: d
                  activity: "{Foo(}"
                  colour: red
            """);
        Assert.Null(definition);
        Assert.Equal(
            [
                "6: error: trigger.actions[0].variable: is missing",
                "9: error: trigger.actions[1].kind: there is no action Nonsense",
                "12: error: trigger.actions[2].id: a is the id of trigger.actions[0] already",
                "13: error: trigger.actions[2].actionId: there is no action nowhere to go to",
                "14: error: trigger.actions[3].kind: If is not executed here: it is of the Python dialect, which is another language under the same name; use ConditionGroup",
            ],
            findings.Where(finding => finding.Severity == FindingSeverity.Error).Select(finding => finding.ToString()));
        Assert.Equal([18, 19], findings.Where(finding => finding.Severity == FindingSeverity.Warning).Select(finding => (int)finding.Line));
    }

    [Theory]
    [InlineData("", "the text is empty")]
    [InlineData("- a", "a workflow is a mapping")]
    [InlineData("kind: Workflow", "trigger: is missing")]
    [InlineData("kind: Workflow\ntrigger: {actions: []}", "trigger.id: is missing")]
    [InlineData("kind: Agent\ntrigger: {id: t}", "kind: must be Workflow, not Agent")]
    [InlineData("name: x\nactions: []", "Python dialect")]
    [InlineData("kind: Workflow\ntrigger: {id: t}\nactions: []", "must stand under trigger")]
    [InlineData("kind: Workflow\ntrigger: {id: [", "this is not YAML")]
    [InlineData("a: &x [1]\nb: [*x, *x]", "aliases")]
    public void What_is_no_workflow_is_refused(string text, string reason)
    {
        var (definition, findings) = WorkflowReader.Read(text);
        Assert.Null(definition);
        Assert.Contains(findings, finding => finding.ToString().Contains(reason, StringComparison.Ordinal));
    }

    [Fact]
    public void Many_warnings_hide_no_error()
    {
        var text = "kind: Workflow\ntrigger:\n  kind: OnConversationStart\n  id: t\n  actions:\n" + string.Concat(Enumerable.Repeat("    - {kind: BreakLoop}\n", 300)) + "    - {kind: Foo, id: x}\n";
        var (definition, findings) = WorkflowReader.Read(text);
        Assert.Null(definition);
        Assert.Contains(findings, finding => finding.Message == "there is no action Foo");
        Assert.Equal(201, findings.Count);
    }

    [Theory]
    [InlineData("\t")]
    [InlineData("\u00a0")]
    [InlineData(" \u3000 ")]
    public void A_value_of_white_space_is_none(string space)
        => Assert.Null(Record.Exception(() => WorkflowReader.Read("kind: Workflow\ntrigger:\n  kind: OnConversationStart\n  id: t\n  actions:\n    - kind: ConditionGroup\n      id: c\n      conditions:\n        - {id: x, condition: =true}\n      displayName: " + space + "\n")));

    [Fact]
    public void A_text_that_is_too_deep_or_too_long_is_refused_at_once()
    {
        Assert.Contains("nested", WorkflowReader.Read("a: " + new string('[', 100_000)).Findings[0].Message, StringComparison.Ordinal);
        Assert.Contains("characters", WorkflowReader.Read(new string('x', 2 << 20)).Findings[0].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(64, null)]
    [InlineData(65, "9: error: trigger.actions[0].variable: has 65 names; records may be 64 deep inside one another")]
    public void The_place_of_a_variable_is_no_deeper_than_a_record(int names, string? finding)
        => Assert.Equal(finding, WorkflowReader.Read(Flow("SetVariable", "value: 1\nvariable: Local" + string.Concat(Enumerable.Repeat(".a", names)))).Findings.SingleOrDefault()?.ToString());

    [Fact]
    public void A_value_that_is_too_deep_is_a_finding()
    {
        var (definition, findings) = WorkflowReader.Read(Flow("SetVariable", "variable: Local.X\nvalue: " + new string('[', 40) + new string(']', 40)));
        Assert.Null(definition);
        Assert.Equal("9: error: trigger.actions[0].value: the value cannot be read: records and tables may be 64 deep inside one another", Assert.Single(findings).ToString());
    }

    [Fact]
    public void Older_words_and_the_portals_order_are_read()
    {
        var (definition, findings) = WorkflowReader.Read("\uFEFFkind: AdaptiveDialog\nbeginDialog:\n  kind: OnConversationStart\n  id: t\n  actions:\n    - kind: ConditionGroup\n      id: c\n      conditions:\n        - {id: x, condition: =true, actions: }\n      elseActions:\nid: \"\"\nname: Old\ndescription: \"\"\naliases: [older]\ndefault: true\n");
        Assert.NotNull(definition);
        Assert.Empty(findings);
        Assert.Equal(("Old", true, "older"), (definition.Name, definition.IsDefault, definition.Aliases[0]));
    }

    private static string Flow(string kind, params string[] bodies)
    {
        var actions = new List<string> { $"- kind: {kind}\n  id: first\n  " + bodies[0].Replace("\n", "\n  ", StringComparison.Ordinal) };
        actions.AddRange(bodies.Skip(1).Select((body, index) => $"- id: more{index}\n  " + body.Replace("\n", "\n  ", StringComparison.Ordinal)));
        return "kind: Workflow\ntrigger:\n  kind: OnConversationStart\n  id: t\n  actions:\n" + string.Join('\n', string.Join('\n', actions).Split('\n').Select(line => "    " + line)) + "\n";
    }
}
