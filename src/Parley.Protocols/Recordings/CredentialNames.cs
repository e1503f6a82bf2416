using System.Text;

namespace Parley.Protocols.Recordings;

/// <summary>Tells by its name whether something is a credential. Better one too many: what is stripped can be asked for again.</summary>
internal static class CredentialNames
{
    /// <summary>What stands in a recording for a credential.</summary>
    public const string Stripped = "***";

    private static readonly string[] Endings =
    [
        "accesskey", "apikey", "authorization", "cookie", "credential", "credentials", "passwd", "password", "privatekey", "secret", "secretkey", "subscriptionkey",
        "accesstoken", "authtoken", "bearertoken", "clientassertion", "csrftoken", "idtoken", "refreshtoken", "securitytoken", "sessiontoken",
    ];

    // These are credentials in a header, a query or a request, but in an answer also words: logprobs have a "token", a schema has a "key".
    private static readonly string[] ShortNames = ["auth", "code", "key", "sig", "signature", "token"];

    /// <summary>Whether a header or a member of a query or form holds a credential.</summary>
    public static bool IsOfHead(ReadOnlySpan<char> name) => Is(name, ShortNames) || name.EndsWith("token", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a JSON member of a request holds one.</summary>
    public static bool IsOfRequest(ReadOnlySpan<byte> name) => Is(name, ["token"]);

    /// <summary>Whether a JSON member of an answer holds one.</summary>
    public static bool IsOfAnswer(ReadOnlySpan<byte> name) => Is(name, []);

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<string> also)
    {
        Span<char> characters = stackalloc char[name.Length];
        return Encoding.Latin1.GetChars(name, characters) > 0 && Is(characters, also);
    }

    private static bool Is(ReadOnlySpan<char> name, ReadOnlySpan<string> also)
    {
        // api-key, api_key, apiKey and API.KEY are one name.
        Span<char> letters = stackalloc char[Math.Min(name.Length, 64)];
        var length = 0;
        foreach (var letter in name)
            if (char.IsAsciiLetterOrDigit(letter) && length < letters.Length) letters[length++] = char.ToLowerInvariant(letter);
        letters = letters[..length];
        foreach (var word in also)
            if (letters.SequenceEqual(word)) return true;
        foreach (var ending in Endings)
            if (letters.EndsWith(ending)) return true;
        return false;
    }
}
