using System.Security.Cryptography;
using System.Text;

namespace Parley.Runs;

/// <summary>
/// By what a run that waits for words is found again where no conversation leads to it: by all that was said up to its question, which such a
/// client sends along. It stands among the ids of calls that wait.
/// </summary>
public static class WaitKey
{
    /// <summary>The key of a path.</summary>
    /// <param name="user">Whoever the client says is asking, so that those who said the same do not meet.</param>
    /// <param name="said">What was said, oldest first, the question last.</param>
    public static string Of(string? user, IEnumerable<(Role Role, string Text)> said)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(user ?? "");
        foreach (var (role, text) in said)
        {
            Add(role.Value);
            Add(text);
        }

        return "said:" + Convert.ToHexString(hash.GetHashAndReset());

        void Add(string text)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(text));
            hash.AppendData([0]);
        }
    }

    /// <summary>The text of a message as a client without parts has it.</summary>
    public static string TextOf(IEnumerable<Content> content) => string.Concat(content.Where(part => part.Kind == PartKind.Text).Select(part => part.Text));
}
