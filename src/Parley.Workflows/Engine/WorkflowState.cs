using System.Text.Json;
using Parley.Runs;
using Parley.Workflows.PowerFx;

namespace Parley.Workflows.Engine;

/// <summary>What a workflow that waits must remember, as JSON: its whole place, and the text that it began with. Nothing else of it is kept anywhere.</summary>
internal static class WorkflowState
{
    /// <summary>The largest state in characters.</summary>
    public const int Most = 4 << 20;

    /// <summary>How deep it can be: each workflow that waits within another is two deeper, the deepest with its variables.</summary>
    public const int Deepest = FxJson.StoredDepth + 8 + (2 * SubagentCall.MostDepth);

    private const int Version = 2;

    /// <param name="definition">The workflow.</param>
    /// <param name="memory">Its variables and its place.</param>
    /// <param name="step">The step that waits, or is about to act.</param>
    /// <param name="remembered">What the action remembers.</param>
    /// <param name="hasSaid">What the run has said is kept too, as the run has not ended and nobody else can tell.</param>
    public static RawJson Write(WorkflowDefinition definition, WorkflowMemory memory, int step, RawJson? remembered, bool hasSaid = false)
        => new(FxJson.Text(default, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteString("text", definition.Text);
            json.WriteNumber("step", step);
            json.WriteNumber("executed", memory.Executed);
            json.WriteString("previous", memory.Previous);
            foreach (var (name, value) in (ReadOnlySpan<(string, FxRecord)>)[("local", memory.Local), ("global", memory.Global), ("system", memory.System)])
            {
                json.WritePropertyName(name);
                FxJson.ToStored(value, json);
            }

            json.WriteStartArray("frames");
            foreach (var frame in memory.Frames)
            {
                json.WriteStartObject();
                json.WriteNumber("step", frame.Step);
                if (frame.Items is { } items)
                {
                    json.WriteNumber("index", frame.Index);
                    json.WritePropertyName("items");
                    FxJson.ToStored(items, json);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartObject("counts");
            foreach (var (id, count) in memory.Counts) json.WriteNumber(id, count);
            json.WriteEndObject();
            json.WriteStartArray("reached");
            foreach (var id in memory.Reached) json.WriteStringValue(id);
            json.WriteEndArray();
            if (hasSaid)
            {
                json.WriteStartArray("said");
                foreach (var (role, text) in memory.Said)
                {
                    json.WriteStartArray();
                    json.WriteStringValue(role.Value);
                    json.WriteStringValue(text);
                    json.WriteEndArray();
                }

                json.WriteEndArray();
            }

            if (remembered is { } own)
            {
                json.WritePropertyName("remembered");
                json.WriteRawValue(own.Text, skipInputValidation: true);
            }

            json.WriteEndObject();
        }));

    /// <exception cref="RunException">It was written by a version that is not known.</exception>
    public static (string Text, int Step, RawJson? Remembered) Read(RawJson state, WorkflowMemory memory)
    {
        using var json = JsonDocument.Parse(state.Text, new JsonDocumentOptions { MaxDepth = Deepest });
        var root = json.RootElement;
        if (root.GetProperty("version").GetInt32() != Version)
            throw new RunException(new RunError(ErrorSide.Server, ErrorCause.Malformed, "The workflow that waits was kept by another version of the server.", true, "workflow_state"));
        memory.Executed = root.GetProperty("executed").GetInt64();
        memory.Previous = root.GetProperty("previous").GetString()!;
        memory.Local = (FxRecord)FxJson.FromStored(root.GetProperty("local"));
        memory.Global = (FxRecord)FxJson.FromStored(root.GetProperty("global"));
        memory.System = (FxRecord)FxJson.FromStored(root.GetProperty("system"));
        foreach (var frame in root.GetProperty("frames").EnumerateArray())
        {
            memory.Frames.Add(new WorkflowFrame(frame.GetProperty("step").GetInt32())
            {
                Items = frame.TryGetProperty("items", out var items) ? (FxTable)FxJson.FromStored(items) : null,
                Index = frame.TryGetProperty("index", out var index) ? index.GetInt32() : 0,
            });
        }

        if (root.TryGetProperty("said", out var all))
            foreach (var said in all.EnumerateArray()) memory.Said.Add((new Role(said[0].GetString()!), said[1].GetString()!));
        foreach (var count in root.GetProperty("counts").EnumerateObject()) memory.Counts[count.Name] = count.Value.GetInt32();
        foreach (var id in root.GetProperty("reached").EnumerateArray()) memory.Reached.Add(id.GetString()!);
        return (root.GetProperty("text").GetString()!, root.GetProperty("step").GetInt32(), root.TryGetProperty("remembered", out var own) ? new RawJson(own.GetRawText()) : null);
    }
}
