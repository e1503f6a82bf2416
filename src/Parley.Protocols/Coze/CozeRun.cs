using Parley.Runs;

namespace Parley.Protocols.Coze;

/// <summary>Watches what a chat at a peer says, and adds what a later run needs to go on with it.</summary>
/// <param name="turn">What was asked.</param>
/// <param name="before">What the run before it remembers.</param>
internal sealed class CozeRun(CozeTurn turn, CozePause before)
{
    /// <summary>Longer ids of calls are not passed on by every protocol.</summary>
    private const int LongestId = 64;

    private readonly Dictionary<string, string> _calls = new(StringComparer.Ordinal);
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    /// <summary>The chat, once the peer has accepted it.</summary>
    public CozeHandles? Chat { get; private set; }

    /// <summary>True if the peer itself has ended the chat, so that it need not be told to.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The event as the run has it.</summary>
    public RunEvent See(RunEvent @event)
    {
        switch (@event)
        {
            case RunStarted started:
                return Start(started);
            case ItemStarted { Head: ToolCallItem { RunBy: RunBy.Client } call } started:
                return started with { Head = call with { CallId = IdOf(call.CallId, started.Item) } };
            case RunSuspended suspended:
                IsOver = true;
                return suspended with { Usage = before.Since(suspended.Usage), State = new CozePause(_calls, suspended.Usage ?? before.Spent).ToJson() };
            case RunEnded ended:
                // What we found ourselves has a word for its code, what a peer tells of a number.
                IsOver = ended is not RunFailed { Error.Code: [not (>= '0' and <= '9'), ..] };
                return ended with { Usage = before.Since(ended.Usage) };
            default:
                return @event;
        }
    }

    // Some peers do not tell again which chat it is that goes on.
    private RunStarted Start(RunStarted started)
    {
        Chat = CozeHandles.Of(started.Upstream) ?? turn.Chat;
        if (started.Upstream is not null || turn.Chat is not { } known) return started;
        return started with
        {
            Upstream = CozeWriter.LeftoverOf(("chat_id", known.Chat), ("conversation_id", known.Conversation)).Members,
        };
    }

    // An id that cannot be passed on is replaced here, where the peer's own can be remembered. It is to be unlike those of other chats, by which
    // a client without conversations finds the run that waits for an output.
    private string IdOf(string theirs, int item)
    {
        if (theirs.Length is > 0 and <= LongestId && _used.Add(theirs)) return theirs;
        var ours = $"call_{Chat?.Chat}_{item}";
        _calls[ours] = theirs;
        return ours;
    }
}
