using System.Text;
using System.Text.Encodings.Web;

namespace Parley.Protocols.Recordings;

/// <summary>The credentials that an exchange has shown so far, in all the forms in which they may be repeated. Not safe for concurrent use.</summary>
internal sealed class Secrets
{
    // What is shorter, such as the "any" that local servers are content with, is a word and no secret.
    private const int Shortest = 8;
    private const int Most = 512;

    private readonly List<byte[]> _all = [];

    /// <summary>All forms of all of them.</summary>
    public IReadOnlyList<byte[]> All => _all;

    /// <summary>Remembers a credential; with a scheme before it (<c>Bearer</c>), what follows is one.</summary>
    public void Add(string value)
    {
        value = value.Trim();
        if (value.IndexOf(' ', StringComparison.Ordinal) is > 0 and < 20 and var space)
        {
            var credential = value[(space + 1)..].Trim();
            if (value.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)) AddPassword(credential);
            AddForms(credential);
        }

        AddForms(value);
    }

    /// <summary>Remembers the values of a cookie header.</summary>
    public void AddCookies(string header, bool isSet = false)
    {
        // What is set is one cookie; behind it stand its domain and its age.
        foreach (var cookie in header.Split(';').Take(isSet ? 1 : int.MaxValue))
        {
            var equals = cookie.IndexOf('=', StringComparison.Ordinal);
            if (equals >= 0) Add(cookie[(equals + 1)..]);
        }
    }

    /// <summary>The text without the credentials.</summary>
    public string Strip(string text)
    {
        foreach (var secret in _all) text = text.Replace(Encoding.UTF8.GetString(secret), CredentialNames.Stripped, StringComparison.Ordinal);
        return text;
    }

    private void AddPassword(string base64)
    {
        var bytes = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, bytes, out var length)) return;
        var pair = Encoding.UTF8.GetString(bytes, 0, length);
        AddForms(pair[(pair.IndexOf(':', StringComparison.Ordinal) + 1)..]);
    }

    private void AddForms(string value)
    {
        if (value.Length < Shortest) return;
        foreach (var form in new[] { value, Uri.EscapeDataString(value), JavaScriptEncoder.Default.Encode(value), JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(value), value.Replace("/", "\\/", StringComparison.Ordinal) })
        {
            var bytes = Encoding.UTF8.GetBytes(form);
            if (_all.Count >= Most || _all.Any(known => known.AsSpan().SequenceEqual(bytes))) continue;
            _all.Add(bytes);

            // The longer first: it may hold the shorter.
            _all.Sort((left, right) => right.Length.CompareTo(left.Length));
        }
    }
}
