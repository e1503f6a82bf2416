using Parley.AspNetCore.Configuration.Yaml;
using Parley.Runs;

namespace Parley.AspNetCore.Configuration.Agents;

/// <summary>
/// The key <c>tools</c>: a list of functions with <c>name</c>, <c>description</c>, <c>parameters</c> (a JSON schema) and <c>strict</c>, or the
/// same under <c>function</c>, as OpenAI's requests have it.
/// </summary>
internal static class ToolsFile
{
    public static ValueList<ToolDefinition> Read(YamlSection keys)
    {
        var tools = new List<ToolDefinition>();
        foreach (var entry in keys.Sections("tools"))
        {
            var tool = entry;
            if (entry.Section("function") is { } function)
            {
                if (entry.Text("type") is not (null or "function")) throw entry.Fail("type", "only tools of the type function can be offered");
                entry.End();
                tool = function;
            }

            var name = tool.Required("name");
            if (tools.Any(other => other.Name == name)) throw tool.Fail("name", $"the tool {name} is there twice");
            var schema = tool.Section("parameters") is null ? null : tool.Json("parameters");
            tools.Add(new ToolDefinition(name, tool.Text("description"), schema, tool.Value("strict", Notations.Switch)));
            tool.End();
        }

        return tools.ToValueList();
    }
}
