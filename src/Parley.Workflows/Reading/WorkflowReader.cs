using Parley.Workflows.Engine;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Parley.Workflows.Reading;

/// <summary>Reads workflows: YAML of the declarative dialect that Foundry's portal writes.</summary>
public static class WorkflowReader
{
    private const int LongestText = 1 << 20;
    private const int Deepest = 100;

    /// <summary>
    /// Reads a workflow. The definition is null if there are errors; what is found otherwise are warnings. All findings come in one go, in the order of the
    /// text.
    /// </summary>
    public static (WorkflowDefinition? Definition, ValueList<WorkflowFinding> Findings) Read(string text)
    {
        var findings = new Findings();
        var definition = Parse(text, findings) is { } root ? ReadRoot(text, new WorkflowNode(root, "", findings)) : null;
        var all = findings.InOrder();
        return (findings.HasErrors ? null : definition! with { Warnings = all }, all);
    }

    /// <summary>Whether a text is meant as a workflow: the kind at its root says so. It need not be one that can be read.</summary>
    public static bool IsWorkflow(string text)
    {
        // Not by a YAML reader: workflows are not quite YAML.
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (!line.StartsWith("kind:", StringComparison.Ordinal)) continue;
            var kind = line[5..];
            var comment = kind.IndexOf(" #", StringComparison.Ordinal);
            return IsKind((comment < 0 ? kind : kind[..comment]).Trim().Trim("\"'"));
        }

        return false;
    }

    private static bool IsKind(ReadOnlySpan<char> kind) => kind.Equals("Workflow", StringComparison.OrdinalIgnoreCase) || kind.Equals("AdaptiveDialog", StringComparison.OrdinalIgnoreCase);

    private static WorkflowDefinition ReadRoot(string text, WorkflowNode root)
    {
        var kind = root.Text("kind");
        if (kind is not null && !IsKind(kind)) root.Fail("kind", $"must be Workflow, not {kind}");
        else if (kind is null && !root.Has("trigger") && root.Has("actions"))
            root.Fail("actions", "this is a workflow of the Python dialect, which is another language: here the actions stand under trigger, which has kind and id");
        else if (kind is null) root.Fail("kind", "is missing: a workflow begins with kind: Workflow");

        var trigger = root.Part("trigger") ?? root.Part("beginDialog");
        var id = "";
        var program = new WorkflowProgram([]);
        if (trigger is null)
        {
            if (kind is not null) root.Fail("trigger", "is missing: the actions stand under it");
        }
        else
        {
            if (trigger.Text("kind") is { } when && when is not ("OnConversationStart" or "OnActivity")) trigger.Fail("kind", $"must be OnConversationStart, not {when}");
            id = trigger.Required("id");
            if (root.Has("actions") && !trigger.Has("actions")) root.Fail("actions", "must stand under trigger, not beside it");
            program = ProgramBuilder.Build(trigger, id);
            foreach (var known in (ReadOnlySpan<string>)["type", "displayName", "description"]) _ = trigger.Find(known);
            trigger.End();
        }

        foreach (var known in (ReadOnlySpan<string>)["id", "maxTurns", "displayName", "schemaName", "inputType", "outputType", "actions"]) _ = root.Find(known);
        var definition = new WorkflowDefinition
        {
            Text = text,
            Name = root.Text("name") ?? "",
            Description = root.Text("description") ?? "",
            Aliases = AliasesOf(root),
            IsDefault = root.Switch("default"),
            Trigger = id,
            Program = program,
        };
        root.End();
        return definition;
    }

    private static ValueList<string> AliasesOf(WorkflowNode root)
    {
        if (root.Find("aliases") is not YamlSequenceNode list) return default;
        return list.Children.OfType<YamlScalarNode>().Select(alias => alias.Value ?? "").ToValueList();
    }

    // Null if it is no YAML, or none that may be read; the findings say why.
    private static YamlMappingNode? Parse(string text, Findings findings)
    {
        if (text.Length > LongestText)
        {
            findings.Error(null, "", $"the text has {text.Length} characters, and at most {LongestText} are read");
            return null;
        }

        var yaml = WorkflowText.ToYaml(text);
        var parser = new Parser(new StringReader(yaml));
        try
        {
            if (!MayBeRead(yaml, findings)) return null;
            var stream = new YamlStream();
            stream.Load(parser);
            if (stream.Documents is [{ RootNode: YamlMappingNode root }]) return root;
            findings.Error(stream.Documents.ElementAtOrDefault(1)?.RootNode, "", stream.Documents.Count switch
            {
                0 => "the text is empty",
                1 => "a workflow is a mapping that begins with kind: Workflow, not a list or a single value",
                _ => "the text holds more than one document",
            });
        }
        catch (YamlException e)
        {
            findings.Add(FindingSeverity.Error, Math.Max(1, e.Start.Line), "", $"this is not YAML: {ReasonOf(e)}");
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // The parser's own slip on some texts that break off.
            findings.Add(FindingSeverity.Error, Math.Max(1, parser.Current?.End.Line ?? 1), "", "the text breaks off, or is not YAML from here on");
        }

        return null;
    }

    // Neither a small text that stands for a huge one, nor one that is deeper than a stack.
    private static bool MayBeRead(string yaml, Findings findings)
    {
        var parser = new Parser(new StringReader(yaml));
        var depth = 0;
        while (parser.MoveNext())
        {
            if (parser.Current is AnchorAlias alias)
            {
                findings.Add(FindingSeverity.Error, alias.Start.Line, "", "aliases (*name) are not read in workflows");
                return false;
            }

            depth += parser.Current!.NestingIncrease;
            if (depth <= Deepest + 2) continue;
            findings.Add(FindingSeverity.Error, parser.Current.Start.Line, "", $"the text is nested more than {Deepest} deep");
            return false;
        }

        return true;
    }

    private static string ReasonOf(YamlException e)
    {
        var message = e.InnerException is YamlException inner ? inner.Message : e.Message;
        var end = message.StartsWith("(Line: ", StringComparison.Ordinal) ? message.IndexOf("): ", StringComparison.Ordinal) : -1;
        return end < 0 ? message : message[(end + 3)..];
    }
}
