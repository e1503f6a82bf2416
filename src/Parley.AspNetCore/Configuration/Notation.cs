namespace Parley.AspNetCore.Configuration;

/// <summary>How values of a type are written in settings and agent files.</summary>
/// <param name="expected">What is expected, for messages: "a duration such as 60ms".</param>
/// <param name="parse">Reads a value; false if it is not one.</param>
/// <param name="format">Writes a value so that it is read again.</param>
internal sealed class Notation<T>(string expected, Notation<T>.Parser parse, Func<T, string> format)
{
    public delegate bool Parser(string text, out T value);

    public string Expected => expected;

    public bool TryParse(string text, out T value) => parse(text, out value);

    public string Format(T value) => format(value);
}
