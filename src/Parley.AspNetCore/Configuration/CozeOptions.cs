namespace Parley.AspNetCore.Configuration;

/// <summary>Section <c>coze</c>: where Coze's own servers differ, or clients do.</summary>
public sealed record CozeOptions
{
    /// <summary>Errors of calls that are not streamed get HTTP statuses of their own; else 200, as the cloud answers them, but for a refused key.</summary>
    public bool HttpStatuses { get; init; }

    /// <summary>The messages of type <c>verbose</c> that end an answer (<c>generate_answer_finish</c>, <c>interrupt</c>) are sent and listed.</summary>
    public bool Verbose { get; init; } = true;
}
