namespace Parley;

/// <summary>Compact JSON text that is carried and not looked into. Being text, it has value equality.</summary>
public readonly record struct RawJson(string Text)
{
    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>
/// The members of a wire object that its reader did not know. Only a writer of the same protocol gives them back, and only those that it
/// does not write itself.
/// </summary>
/// <param name="Protocol">The protocol they were read from.</param>
/// <param name="Members">A JSON object.</param>
public sealed record Leftover(Protocol Protocol, RawJson Members);
