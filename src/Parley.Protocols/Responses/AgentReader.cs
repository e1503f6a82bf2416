using System.Text.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>Reads what Foundry's clients send to make agents. What is wrong is an error that names the member.</summary>
public static class AgentReader
{
    /// <summary>Reads the body of a request that makes or changes an agent or a version.</summary>
    /// <exception cref="RunException">It is not valid, or of a kind that cannot be run here.</exception>
    public static AgentDraft Read(ReadOnlyMemory<byte> body) => OpenAiBody.Read(body, static root =>
    {
        if (!root.TryGet("definition", out var definition)) throw OpenAiJson.Missing("definition");
        return new AgentDraft(
            root.OptionalString("name", ""), root.OptionalString("description", "") ?? "", OpenAiBody.ReadMetadata(root),
            ReadDefinition(definition.AsObject("definition")), definition.ToRawJson());
    });

    /// <summary>Reads a definition that was kept.</summary>
    /// <exception cref="RunException">This version cannot read it.</exception>
    public static AgentDefinition ReadDefinition(RawJson definition) => ReadDefinition(JsonElement.Parse(definition.Text));

    private static AgentDefinition ReadDefinition(JsonElement definition)
    {
        const string path = "definition";
        var kind = definition.RequiredString("kind", path);
        return kind switch
        {
            "workflow" => new WorkflowAgentDefinition(definition.RequiredString("workflow", path)),
            "prompt" => ReadPrompt(definition),
            "hosted" or "external" => throw OpenAiJson.Invalid($"{path}.kind", $"Agents of the kind '{kind}' run code elsewhere, which this server does not do. An agent elsewhere is made with a file of the kind 'remote'.", "unsupported_kind"),
            _ => throw OpenAiJson.Invalid($"{path}.kind", $"Invalid value: '{kind}'. Supported values are: 'workflow' and 'prompt'."),
        };
    }

    private static PromptAgentDefinition ReadPrompt(JsonElement definition)
    {
        const string path = "definition";
        if (definition.TryGet("tools", out var tools) && tools.AsArray($"{path}.tools").EnumerateArray().Any(tool => tool.OptionalString("type", $"{path}.tools") != "function"))
            throw OpenAiJson.Invalid($"{path}.tools", "Only tools of the type 'function' can be offered here.", "unsupported_tool");
        return new PromptAgentDefinition(
            definition.RequiredString("model", path),
            definition.OptionalString("instructions", path) ?? "",
            new ModelRequest
            {
                Tools = ResponsesTools.ReadFunctions(definition),
                ToolChoice = ResponsesTools.ReadChoice(definition),
                Temperature = definition.OptionalDouble("temperature", path),
                TopP = definition.OptionalDouble("top_p", path),
                ResponseFormat = ResponsesFormat.Read(definition),
                ReasoningEffort = definition.TryGet("reasoning", out var reasoning) ? reasoning.AsObject($"{path}.reasoning").OptionalString("effort", $"{path}.reasoning") : null,
            },
            definition.TryGet("structured_inputs", out var inputs) ? inputs.AsObject($"{path}.structured_inputs").EnumerateObject().Select(ReadInput).ToValueList() : default);
    }

    private static StructuredInput ReadInput(JsonProperty input)
    {
        var path = $"definition.structured_inputs.{input.Name}";
        var value = input.Value.AsObject(path);
        return new StructuredInput(input.Name, value.TryGet("default_value", out var otherwise) ? otherwise.ToRawJson() : null, value.OptionalBool("required", path) ?? false);
    }
}
