using Parley.Conversations;

namespace Parley.Runs;

/// <summary>The answer to a request for leave, in the words of a user whose client has no other way to give it.</summary>
internal static class SpokenLeave
{
    private static readonly HashSet<string> Yes = new(StringComparer.OrdinalIgnoreCase) { "yes", "y", "ok", "okay", "approve", "approved", "是", "好", "好的", "可以", "同意" };
    private static readonly HashSet<string> No = new(StringComparer.OrdinalIgnoreCase) { "no", "n", "deny", "denied", "reject", "rejected", "否", "不", "不可以", "不同意", "拒绝" };

    /// <summary>Whether the last of what the user says is a yes or a no; null if it is neither.</summary>
    public static bool? Read(IEnumerable<InputItem> input)
    {
        if (input.LastOrDefault(item => item.Head is MessageItem { Role: var role } && role == Role.User) is not { } said) return null;
        var word = Contents.TextOf(said.Content).Trim().TrimEnd('.', '!', '。', '！');
        return Yes.Contains(word) ? true : No.Contains(word) ? false : null;
    }
}
