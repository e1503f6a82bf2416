using System.Text.Json;
using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>A request to run a workflow: <c>/v1/workflow/run</c> or <c>/v1/workflow/stream_run</c>.</summary>
public sealed record CozeWorkflowRequest
{
    /// <summary>The agent as the client named it.</summary>
    public required string Workflow { get; init; }

    /// <summary>The version of it, if the client named one.</summary>
    public string? Version { get; init; }

    /// <summary>Nobody waits for the answer.</summary>
    public bool IsAsync { get; init; }

    /// <summary>What the user says: of the parameters the one that is meant for it.</summary>
    public required ValueList<InputItem> Input { get; init; }

    /// <summary>All else that is asked.</summary>
    public required ModelRequest Request { get; init; }
}

/// <summary>An answer to a workflow that waits: <c>/v1/workflow/stream_resume</c> or <c>/v1/workflows/resume</c>.</summary>
/// <param name="Workflow">The agent as the client named it.</param>
/// <param name="Run">The run that waits.</param>
/// <param name="Item">The item in it that asks.</param>
/// <param name="Data">The answer.</param>
/// <param name="Type">What sort of answer the client takes it for.</param>
public sealed record CozeResume(string Workflow, Id Run, Id Item, string Data, int Type);

public static partial class CozeReader
{
    /// <summary>The body of <c>POST /v1/workflow/run</c>, and of the same as a stream.</summary>
    public static CozeWorkflowRequest ReadWorkflowRun(ReadOnlyMemory<byte> body)
    {
        var fields = CozeFields.Of(body);
        var workflow = fields.Required("workflow_id");
        if (!string.IsNullOrEmpty(fields.Text("bot_id")) && !string.IsNullOrEmpty(fields.Text("app_id"))) throw fields.Wrong("app_id", "and bot_id must not be given together");
        var parameters = fields.Json("parameters");
        var user = fields.Pairs("ext", lenient: true).FirstOrDefault(pair => pair.Key == "user_id").Value;
        return new CozeWorkflowRequest
        {
            Workflow = workflow,
            Version = NotEmpty(fields.Text("workflow_version"))?.TrimStart('v'),
            IsAsync = fields.Flag("is_async", otherwise: false),
            Input = parameters is { } json && (ParameterIn(json, "input") ?? ParameterIn(json, "USER_INPUT")) is { } said ? [InputItem.Said(Role.User, said)] : default,
            Request = new ModelRequest
            {
                Model = workflow,
                User = NotEmpty(user),
                Parameters = parameters,
                Leftover = fields.Except(["workflow_id", "workflow_version", "is_async", "parameters", "connector_id"]),
            },
        };
    }

    /// <summary>The body of <c>POST /v1/workflow/stream_resume</c> and of <c>POST /v1/workflows/resume</c>.</summary>
    public static CozeResume ReadResume(ReadOnlyMemory<byte> body)
    {
        var fields = CozeFields.Of(body);
        var workflow = fields.Required("workflow_id");
        var parts = fields.Required("event_id").Split('/');
        if (parts.Length != 2 || !DecimalId.TryParse(parts[0], out var run) || !DecimalId.TryParse(parts[1], out var item)) throw fields.Wrong("event_id", "must be that of an interrupt");
        var data = fields.Text("resume_data") ?? throw fields.Wrong("resume_data", "is required");
        if (fields.Find("interrupt_type") is null) throw fields.Wrong("interrupt_type", "is required");
        return new CozeResume(workflow, run, item, data, fields.Number("interrupt_type", otherwise: 0, least: 0, most: int.MaxValue));
    }

    // What is no text is told as its JSON.
    private static string? ParameterIn(RawJson parameters, string name)
    {
        if (!JsonElement.Parse(parameters.Text).TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return null;
        return NotEmpty(value.ValueKind == JsonValueKind.String ? CozeFields.TextOf(value) : value.GetRawText());
    }
}
