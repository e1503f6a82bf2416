namespace Parley.AspNetCore.Configuration;

/// <summary>Chat Completions.</summary>
public sealed record ChatOptions
{
    /// <summary>Whether answers show reasoning, as <c>reasoning_content</c>, which is not OpenAI's word but that of most other servers.</summary>
    public bool Reasoning { get; init; } = true;
}
