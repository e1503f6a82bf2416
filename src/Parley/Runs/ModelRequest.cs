namespace Parley.Runs;

/// <summary>What a client asks of an agent besides the messages; stored with the run and echoed by the protocols that do.</summary>
public sealed record ModelRequest
{
    /// <summary>Nothing asked.</summary>
    public static ModelRequest Empty { get; } = new();

    /// <summary>The agent's name as the client wrote it: Coze's <c>bot_id</c>, OpenAI's <c>model</c>.</summary>
    public string? Model { get; init; }

    /// <summary>Instructions of this request alone.</summary>
    public string? Instructions { get; init; }

    /// <summary>The functions that the client can run.</summary>
    public ValueList<ToolDefinition> Tools { get; init; }

    /// <summary>Which tool must be called, in OpenAI's form.</summary>
    public RawJson? ToolChoice { get; init; }

    /// <summary>Whether several calls may be made at once.</summary>
    public bool? ParallelToolCalls { get; init; }

    /// <summary>Sampling temperature.</summary>
    public double? Temperature { get; init; }

    /// <summary>Nucleus sampling.</summary>
    public double? TopP { get; init; }

    /// <summary>Penalty on frequent tokens.</summary>
    public double? FrequencyPenalty { get; init; }

    /// <summary>Penalty on tokens that occurred.</summary>
    public double? PresencePenalty { get; init; }

    /// <summary>Limit on the tokens of the answer.</summary>
    public long? MaxOutputTokens { get; init; }

    /// <summary>Seed for sampling.</summary>
    public long? Seed { get; init; }

    /// <summary>Texts at which the answer stops.</summary>
    public ValueList<string> Stop { get; init; }

    /// <summary>The form of the answer, in OpenAI's Chat Completions form (<c>response_format</c>).</summary>
    public RawJson? ResponseFormat { get; init; }

    /// <summary>How hard to think: <c>low</c>, <c>medium</c>, …</summary>
    public string? ReasoningEffort { get; init; }

    /// <summary>Values for <c>{{name}}</c> in the agent's instructions (Coze's <c>custom_variables</c>).</summary>
    public ValueList<KeyValuePair<string, string>> Variables { get; init; }

    /// <summary>Structured input: a JSON object (Coze's <c>parameters</c>).</summary>
    public RawJson? Parameters { get; init; }

    /// <summary>Whoever the client says is asking: free text.</summary>
    public string? User { get; init; }

    /// <summary>Members of the request that its reader did not know.</summary>
    public Leftover? Leftover { get; init; }
}

/// <summary>A function that an agent may call.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it does.</param>
/// <param name="Parameters">A JSON schema of its arguments.</param>
/// <param name="Strict">Whether arguments must follow the schema exactly.</param>
public sealed record ToolDefinition(string Name, string? Description = null, RawJson? Parameters = null, bool? Strict = null);
