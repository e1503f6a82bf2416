namespace Parley.Conversations;

/// <summary>Whether an answer is liked.</summary>
public enum Verdict
{
    /// <summary>Neither: a patch with it takes the feedback back.</summary>
    None,

    /// <summary>Liked.</summary>
    Like,

    /// <summary>Not liked.</summary>
    Unlike,
}

/// <summary>What a client thinks of an answer.</summary>
/// <param name="Verdict">Whether it likes it.</param>
/// <param name="Reasons">Why, in a few words each.</param>
/// <param name="Comment">What else it says.</param>
public sealed record Feedback(Verdict Verdict, ValueList<string> Reasons = default, string Comment = "");
