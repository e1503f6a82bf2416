namespace Parley.AspNetCore.Configuration;

/// <summary>Where settings come from.</summary>
internal sealed record SettingSources
{
    /// <summary>The settings file, which must be there if it is <see cref="FileIsRequired"/>; null for none.</summary>
    public string? File { get; init; }

    /// <summary>The file was named by the user.</summary>
    public bool FileIsRequired { get; init; }

    /// <summary>The environment's variables.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>Flags, with what they were called: <c>--url</c> or <c>--set server.url=…</c>.</summary>
    public IReadOnlyList<(string Flag, string Path, string Value)> Flags { get; init; } = [];
}

/// <summary>The settings in effect, and where each came from.</summary>
/// <param name="Settings">The values.</param>
/// <param name="Sources">By path: <c>default</c>, a file with its line, a variable or a flag.</param>
internal sealed record EffectiveSettings(ParleySettings Settings, IReadOnlyDictionary<string, string> Sources);
