using System.Buffers;
using System.Text;

namespace Parley.Protocols.Recordings;

/// <summary>
/// Strips the credentials of one exchange from what is recorded of it, wherever they can stand: headers, queries, forms, JSON members, and
/// every place where a credential of the request is repeated. Not safe for concurrent use.
/// </summary>
internal sealed class ExchangeStripper
{
    private readonly Secrets _secrets = new();
    private readonly MemberStripper _requestMembers;
    private readonly MemberStripper _answerMembers;
    private readonly SecretStripper _answerSecrets;
    private readonly ArrayBufferWriter<byte> _passed = new();
    private readonly ArrayBufferWriter<byte> _sure = new();
    private byte[] _half = [];

    public ExchangeStripper()
    {
        _requestMembers = new MemberStripper(CredentialNames.IsOfRequest, _secrets.Add);
        _answerMembers = new MemberStripper(CredentialNames.IsOfAnswer, _secrets.Add);
        _answerSecrets = new SecretStripper(_secrets);
    }

    /// <summary>The headers with the credentials' values replaced; they are remembered.</summary>
    public ValueList<KeyValuePair<string, string>> Headers(IEnumerable<KeyValuePair<string, string>> headers)
    {
        // A credential may be repeated in a header before its own.
        var stripped = headers.Select(header => (header.Key, Value: Header(header.Key, header.Value))).ToList();
        return stripped.Select(header => KeyValuePair.Create(header.Key, _secrets.Strip(header.Value))).ToValueList();
    }

    /// <summary>A path with the credentials in its query replaced; they are remembered.</summary>
    public string Path(string path)
    {
        var query = path.IndexOf('?', StringComparison.Ordinal);
        return _secrets.Strip(query < 0 ? path : path[..(query + 1)] + Form(path[(query + 1)..]));
    }

    /// <summary>The next piece of the request's body.</summary>
    public void Request(ReadOnlySpan<byte> bytes, IBufferWriter<byte> into) => _requestMembers.Strip(bytes, into);

    /// <summary>What is to be recorded of a request's body after <see cref="Request"/>; of one that is not whole, not the beginning of a credential.</summary>
    public ReadOnlyMemory<byte> EndRequest(ArrayBufferWriter<byte> body, bool isForm, bool isWhole)
    {
        _requestMembers.End(body);
        var text = isForm ? Encoding.UTF8.GetBytes(Form(Encoding.UTF8.GetString(body.WrittenSpan))) : body.WrittenSpan;
        var into = new ArrayBufferWriter<byte>(Math.Max(text.Length, 1));
        var strip = new SecretStripper(_secrets);
        strip.Strip(text, into);
        strip.End(into, isWhole);
        return into.WrittenMemory;
    }

    /// <summary>The next piece of the answer's body. A credential, or a character, that is cut comes with a later piece.</summary>
    public ReadOnlyMemory<byte> Answer(ReadOnlySpan<byte> bytes)
    {
        Begin();
        _answerMembers.Strip(bytes, _passed);
        _answerSecrets.Strip(_passed.WrittenSpan, _sure);
        var all = _sure.WrittenSpan.ToArray();
        var cut = CutCharacter(all);
        _half = all[^cut..];
        return all.AsMemory(0, all.Length - cut);
    }

    /// <summary>What of the answer was held back; of one that is not whole, not the beginning of a credential.</summary>
    public ReadOnlyMemory<byte> EndAnswer(bool isWhole)
    {
        Begin();
        _half = [];
        _answerMembers.End(_passed);
        _answerSecrets.Strip(_passed.WrittenSpan, _sure);
        _answerSecrets.End(_sure, isWhole);
        return _sure.WrittenSpan.ToArray();
    }

    private void Begin()
    {
        _passed.ResetWrittenCount();
        _sure.ResetWrittenCount();
        _sure.Write(_half);
    }

    private string Header(string name, string value)
    {
        if (CredentialNames.IsOfHead(name))
        {
            if (name.EndsWith("cookie", StringComparison.OrdinalIgnoreCase)) _secrets.AddCookies(value, name.StartsWith("set-", StringComparison.OrdinalIgnoreCase));
            else _secrets.Add(value);
            return CredentialNames.Stripped;
        }

        // Referer, Location and their like hold queries too.
        return Path(value);
    }

    private string Form(string form)
    {
        var (query, fragment) = form.IndexOf('#', StringComparison.Ordinal) is >= 0 and var at ? (form[..at], form[at..]) : (form, "");
        var members = query.Split('&');
        for (var i = 0; i < members.Length; i++)
        {
            var equals = members[i].IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || !CredentialNames.IsOfHead(Uri.UnescapeDataString(members[i][..equals]))) continue;
            _secrets.Add(members[i][(equals + 1)..]);
            _secrets.Add(Uri.UnescapeDataString(members[i][(equals + 1)..].Replace('+', ' ')));
            members[i] = members[i][..(equals + 1)] + CredentialNames.Stripped;
        }

        return string.Join('&', members) + fragment;
    }

    // How many bytes at the end are the beginning of a character.
    private static int CutCharacter(ReadOnlySpan<byte> bytes)
    {
        for (var length = 1; length <= Math.Min(3, bytes.Length); length++)
        {
            var first = bytes[^length];
            if ((first & 0xC0) == 0x80) continue;
            var whole = first switch { >= 0xF0 and < 0xF8 => 4, >= 0xE0 => 3, >= 0xC0 => 2, _ => 1 };
            return whole > length ? length : 0;
        }

        return 0;
    }
}
