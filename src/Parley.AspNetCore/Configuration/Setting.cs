namespace Parley.AspNetCore.Configuration;

/// <summary>One setting: where it stands, how it is written, what it changes.</summary>
internal abstract class Setting(string path, string description, bool isSecret)
{
    /// <summary>Such as <c>retention.events</c>.</summary>
    public string Path => path;

    /// <summary>For people.</summary>
    public string Description => description;

    /// <summary>Its value is never shown.</summary>
    public bool IsSecret => isSecret;

    /// <summary>Its environment variable, such as <c>PARLEY_RETENTION__EVENTS</c>.</summary>
    public string Variable => VariablePrefix + path.Replace(".", "__", StringComparison.Ordinal).ToUpperInvariant();

    /// <summary>What is expected of a value, such as "true or false".</summary>
    public abstract string Expected { get; }

    /// <summary>What all variables begin with.</summary>
    public const string VariablePrefix = "PARLEY_";

    /// <summary>The settings with this one changed; null if the text is not a value of it.</summary>
    public abstract ParleySettings? Apply(ParleySettings settings, string text);

    /// <summary>The value in effect, as it would be written.</summary>
    public abstract string Show(ParleySettings settings);

    /// <summary>A setting of a type.</summary>
    public static Setting Of<T>(string path, Notation<T> notation, Func<ParleySettings, T> get, Func<ParleySettings, T, ParleySettings> set, string description, bool isSecret = false)
        => new Typed<T>(path, notation, get, set, description, isSecret);

    private sealed class Typed<T>(string path, Notation<T> notation, Func<ParleySettings, T> get, Func<ParleySettings, T, ParleySettings> set, string description, bool isSecret)
        : Setting(path, description, isSecret)
    {
        public override string Expected => notation.Expected;

        public override ParleySettings? Apply(ParleySettings settings, string text) => notation.TryParse(text, out var value) ? set(settings, value) : null;

        public override string Show(ParleySettings settings) => notation.Format(get(settings));
    }
}
