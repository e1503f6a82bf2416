using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.PowerFx;
using Parley.Workflows.Reading;
using YamlDotNet.RepresentationModel;

namespace Parley.Workflows.Actions;

/// <summary><c>ParseValue</c>: turns a value, often a text that a model wrote, into one of a given type.</summary>
internal sealed class ParseValue(VariablePath variable, WorkflowValue value, FxType type) : IWorkflowAction
{
    private static readonly FxType Text = new(FxTypeKind.String);

    public static IWorkflowAction Read(WorkflowNode node)
    {
        if (!node.Has("valueType")) node.Fail("valueType", "is missing: such as Record, or { kind: Record, properties: { name: String } }");
        return new ParseValue(node.RequiredVariable("variable"), node.RequiredValue("value"), TypeOf(node, "valueType"));
    }

    public IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, CancellationToken cancellationToken)
    {
        turn.Memory.Set(variable, type.Convert(value.Evaluate(turn.Scope)));
        return turn.Nothing;
    }

    // A name, or a part with kind and properties; a property's type may stand one level deeper, under type.
    private static FxType TypeOf(WorkflowNode node, string key)
    {
        if (node.Find(key) is YamlScalarNode) return Named(node, key, null);
        if (node.Part(key) is not { } part) return Text;
        FxType type;
        if (part.Has("type"))
        {
            type = TypeOf(part, "type");
            _ = part.Find("displayName");
            _ = part.Find("description");
        }
        else
        {
            _ = part.Required("kind");
            ValueList<FxProperty>? properties = null;
            if (part.Part("properties") is { } members)
                properties = members.Yaml.Children.Keys.OfType<YamlScalarNode>().Select(name => new FxProperty(name.Value ?? "", TypeOf(members, name.Value ?? ""))).ToValueList();
            type = Named(part, "kind", properties);
        }

        part.End();
        return type;
    }

    private static FxType Named(WorkflowNode node, string key, ValueList<FxProperty>? properties)
    {
        var name = node.Text(key) ?? "";
        if (name.Length > 0 && FxType.Named(name, properties) is { } type) return type;
        if (name.Length > 0) node.Fail(key, $"must be one of {string.Join(", ", Enum.GetNames<FxTypeKind>())}, not \"{name}\"");
        return Text;
    }
}
