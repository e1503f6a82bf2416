using System.Text.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>What an agent is that a client makes.</summary>
public abstract record AgentDefinition;

/// <summary>A workflow.</summary>
/// <param name="Text">Its YAML.</param>
public sealed record WorkflowAgentDefinition(string Text) : AgentDefinition;

/// <summary>Instructions and more for another agent, which takes the place of a model.</summary>
/// <param name="Model">The other agent's name.</param>
/// <param name="Instructions">What it is told first; <c>{{name}}</c> stands for a structured input.</param>
/// <param name="Request">What it is asked where a request says nothing else: tools, sampling, the form of the answer.</param>
/// <param name="Inputs">The structured inputs.</param>
public sealed record PromptAgentDefinition(string Model, string Instructions, ModelRequest Request, ValueList<StructuredInput> Inputs) : AgentDefinition
{
    /// <summary>What the other agent is asked, when this one is asked so.</summary>
    /// <exception cref="RunException">A structured input is required and absent.</exception>
    public ModelRequest Fill(ModelRequest asked)
    {
        var filled = asked with { Variables = [.. asked.Variables, .. ValuesOf(asked)] };
        return filled with
        {
            Instructions = Text.Instructions.Of(Instructions, filled) is { Length: > 0 } instructions ? instructions : null,
            Tools = asked.Tools.Count > 0 ? asked.Tools : Request.Tools,
            ToolChoice = asked.ToolChoice ?? Request.ToolChoice,
            Temperature = asked.Temperature ?? Request.Temperature,
            TopP = asked.TopP ?? Request.TopP,
            ResponseFormat = asked.ResponseFormat ?? Request.ResponseFormat,
            ReasoningEffort = asked.ReasoningEffort ?? Request.ReasoningEffort,
        };
    }

    private List<KeyValuePair<string, string>> ValuesOf(ModelRequest asked)
    {
        var values = new List<KeyValuePair<string, string>>();
        var given = asked.Parameters is { } parameters ? JsonElement.Parse(parameters.Text) : default;
        foreach (var input in Inputs)
        {
            var value = given.ValueKind == JsonValueKind.Object && given.TryGet(input.Name, out var found) ? found : input.Default is { } otherwise ? JsonElement.Parse(otherwise.Text) : default;
            if (value.ValueKind != JsonValueKind.Undefined) values.Add(new(input.Name, value.ValueKind == JsonValueKind.String ? value.AsString(input.Name) : value.ToRawJson().Text));
            else if (input.IsRequired) throw OpenAiJson.Missing($"structured_inputs.{input.Name}");
        }

        return values;
    }
}

/// <summary>A value that an agent can be given with a request.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Default">What it is if the request does not say; null for nothing.</param>
/// <param name="IsRequired">A request without it is refused.</param>
public sealed record StructuredInput(string Name, RawJson? Default, bool IsRequired);

/// <summary>An agent as a client makes or changes it.</summary>
/// <param name="Name">Its name, if the request has one.</param>
/// <param name="Description">For people.</param>
/// <param name="Metadata">The client's own key-value pairs.</param>
/// <param name="Definition">What it is.</param>
/// <param name="Json">The same as it was sent.</param>
public sealed record AgentDraft(string? Name, string Description, ValueList<KeyValuePair<string, string>> Metadata, AgentDefinition Definition, RawJson Json);
