using Parley.Agents;
using Parley.Workflows;
using Parley.Workflows.Reading;

namespace Parley.Tests.Workflows;

/// <summary>A workflow that asks for a name and greets, as an agent: what doors must be able to do with one that waits.</summary>
internal static class Greeter
{
    public const string Text = """
        kind: Workflow
        name: greeter
        trigger:
          kind: OnConversationStart
          id: begin
          actions:
            - kind: Question
              id: ask
              displayName: Name
              variable: Local.Name
              alwaysPrompt: true
              prompt: What is your name{Local.title}?
            - kind: SendActivity
              id: greet
              displayName: Greeting
              activity: Hello, {Local.Name}!
        """;

    public static Agent Agent { get; } = new("greeter", new WorkflowAgent(WorkflowReader.Read(Text).Definition!, new WorkflowServices { Time = TimeProvider.System }))
    {
        Kind = "workflow",
        Version = "3",
        Aliases = ["7400000000000000321"],
        Description = "Greets.",
    };
}
