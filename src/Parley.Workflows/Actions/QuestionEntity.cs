using System.Globalization;
using System.Net.Mail;
using System.Text.RegularExpressions;
using Parley.Workflows.PowerFx;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Actions;

/// <summary>What an answer must be: one of the prebuilt entities, or one of a closed list.</summary>
internal sealed partial class QuestionEntity
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    private static readonly Dictionary<string, Func<string, FxValue?>> Prebuilt = new(StringComparer.OrdinalIgnoreCase)
    {
        ["String"] = text => new FxText(text),
        ["Boolean"] = text => bool.TryParse(text, out var value) ? FxBoolean.Of(value) : null,
        ["Number"] = text => decimal.TryParse(text, NumberStyles.Number | NumberStyles.AllowExponent, Culture, out var value) ? new FxNumber(value) : null,
        ["Date"] = text => Date(text, FxDateKind.Date),
        ["DateTime"] = text => Date(text, FxDateKind.DateTime),
        ["DateTimeNoTimeZone"] = text => Date(text, FxDateKind.DateTime),
        ["Duration"] = text => TimeSpan.TryParse(text, Culture, out var value) ? new FxText(value.ToString("c", Culture)) : null,
        ["Email"] = text => MailAddress.TryCreate(text, out _) ? new FxText(text) : null,
        ["URL"] = text => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? new FxText(text) : null,
        ["Money"] = FirstNumber,
        ["Age"] = FirstNumber,
        ["Percentage"] = FirstNumber,
        ["Speed"] = FirstNumber,
        ["Temperature"] = FirstNumber,
        ["Weight"] = FirstNumber,
        ["City"] = text => new FxText(text),
        ["Color"] = text => new FxText(text),
        ["Continent"] = text => new FxText(text),
        ["CountryOrRegion"] = text => new FxText(text),
        ["Event"] = text => new FxText(text),
        ["Language"] = text => new FxText(text),
        ["PhoneNumber"] = text => new FxText(text),
        ["PointOfInterest"] = text => new FxText(text),
        ["State"] = text => new FxText(text),
        ["StreetAddress"] = text => new FxText(text),
    };

    private readonly Func<string, FxValue?> _parse;

    private QuestionEntity(Func<string, FxValue?> parse) => _parse = parse;

    /// <summary>The value that an answer is; null if it is none.</summary>
    public FxValue? Parse(string answer) => _parse(answer.Trim());

    /// <summary>Reads the entity of a question: a bare name, or one with properties; null if it has none.</summary>
    public static QuestionEntity? Read(WorkflowNode node)
    {
        if (!node.Has("entity")) return null;
        if (node.Find("entity") is not YamlDotNet.RepresentationModel.YamlMappingNode) return OfName(node, "entity", node.Text("entity") ?? "");
        var entity = node.Part("entity")!;
        var kind = entity.Required("kind");
        foreach (var known in (ReadOnlySpan<string>)["sensitivityLevel", "displayName", "description"]) _ = entity.Find(known);
        if (!kind.Equals("EmbeddedEntity", StringComparison.OrdinalIgnoreCase) && !kind.Equals("ClosedListEntity", StringComparison.OrdinalIgnoreCase))
        {
            var prebuilt = OfName(entity, "kind", kind);
            entity.End();
            return prebuilt;
        }

        var definition = kind.Equals("EmbeddedEntity", StringComparison.OrdinalIgnoreCase) ? entity.Part("definition") : entity;
        if (definition is null)
        {
            entity.Fail("definition", "is missing");
            return null;
        }

        if (definition.Text("kind") is not (null or "ClosedListEntity") and var other) definition.Fail("kind", $"must be ClosedListEntity, not {other}");
        var list = OfList(definition);
        definition.End();
        entity.End();
        return list;
    }

    private static QuestionEntity? OfName(WorkflowNode node, string key, string name)
    {
        const string suffix = "PrebuiltEntity";
        var word = name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase) ? name[..^suffix.Length] : name;
        if (Prebuilt.TryGetValue(word, out var parse)) return new QuestionEntity(parse);
        node.Fail(key, $"there is no entity {name}; there are {string.Join(", ", Prebuilt.Keys.Select(known => known + suffix))} and closed lists (EmbeddedEntity)");
        return null;
    }

    // The value is the id; an answer may be that, the name or a synonym, in any case.
    private static QuestionEntity OfList(WorkflowNode definition)
    {
        var ids = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var item in definition.Parts("items"))
        {
            var id = item.Text("id") ?? item.Text("displayName") ?? "";
            if (id.Length == 0) item.Fail("id", "is missing");
            ids.TryAdd(id, id);
            if (item.Text("displayName") is { } name) ids.TryAdd(name.Trim(), id);
            if (item.Find("synonyms") is YamlDotNet.RepresentationModel.YamlSequenceNode synonyms)
                foreach (var synonym in synonyms.Children.OfType<YamlDotNet.RepresentationModel.YamlScalarNode>()) ids.TryAdd(synonym.Value?.Trim() ?? "", id);
            item.End();
        }

        if (ids.Count == 0) definition.Fail("items", "is missing: a closed list has items with id, displayName and synonyms");
        foreach (var known in (ReadOnlySpan<string>)["smartMatchingEnabled", "displayName", "description"]) _ = definition.Find(known);
        return new QuestionEntity(text => ids.TryGetValue(text, out var id) ? new FxText(id) : null);
    }

    // A time without a date is in the year 1, and no answer here.
    private static FxDateTime? Date(string text, FxDateKind kind) => FxCoercion.ParseDate(text) is { Year: > 1 } value ? new FxDateTime(value, kind) : null;

    private static FxText? FirstNumber(string text) => NumberPattern().Match(text) is { Success: true, Value: var number } ? new FxText(number) : null;

    [GeneratedRegex(@"[-+]?\d[\d,]*(\.\d+)?", RegexOptions.CultureInvariant)]
    private static partial Regex NumberPattern();
}
