using Parley.Conversations;
using Parley.Runs;

namespace Parley.Protocols.Tongyi;

/// <summary>
/// A conversation's messages as Tongyi's clients see them: nodes that know their parents. What a run was given are nodes by the ids of the messages, and all
/// that it said is one node by the id of the run. An answer that no run made, and what was said before as a client tells it, are nodes by their own ids.
/// </summary>
public sealed class TongyiTree
{
    private readonly Id _conversation;
    private readonly List<TongyiNode> _nodes = [];
    private readonly Dictionary<Id, TongyiNode> _answers = [];

    // The node in which a message is shown, or under which that would hang which hangs under it.
    private readonly Dictionary<Id, string> _shownIn = [];

    private TongyiTree(Id conversation) => _conversation = conversation;

    /// <summary>The nodes of a conversation, oldest first.</summary>
    /// <param name="conversation">The conversation.</param>
    /// <param name="messages">Its messages by their ids, tombstones too.</param>
    /// <param name="runs">Its runs by their ids.</param>
    public static IReadOnlyList<TongyiNode> Of(Id conversation, IReadOnlyList<Message> messages, IReadOnlyList<Run> runs)
    {
        var tree = new TongyiTree(conversation);
        foreach (var message in messages) tree.Add(message);
        foreach (var run in runs) tree.Add(run);
        return [.. tree._nodes.OrderBy(node => node.Order)];
    }

    private void Add(Message message)
    {
        var parent = NodeOf(message.Parent);
        if (message is { IsInput: false, Run.IsNone: false })
        {
            // What is deleted leaves its place, and what hangs under it moves up.
            if (message.Deleted)
            {
                _shownIn[message.Id] = _answers.GetValueOrDefault(message.Run)?.Id ?? parent;
                return;
            }

            var answer = AnswerOf(message.Run, parent, message.Id, message.CreatedAt);
            answer.Content.Add((message.Head, message.Content));
            _shownIn[message.Id] = answer.Id;
        }
        else if (!message.Deleted && message.Head is MessageItem { Role: var role })
        {
            var node = new TongyiNode(TongyiIds.OfMessage(_conversation, message.Id), parent, role, message.Id, message.CreatedAt);
            node.Content.Add((message.Head, message.Content));
            _nodes.Add(node);
            _shownIn[message.Id] = node.Id;
        }
        else
        {
            // The output of a tool, or a tombstone.
            _shownIn[message.Id] = parent;
        }
    }

    private void Add(Run run)
    {
        if (!run.Stored || run.Detached) return;
        var last = run.Input.Count > 0 ? run.Input[^1] : run.Parent;
        var order = new Id(Math.Max(run.Id.Value, last.Value));
        AnswerOf(run.Id, NodeOf(last), order, run.CreatedAt).Run = run;
    }

    private TongyiNode AnswerOf(Id run, string parent, Id order, DateTimeOffset at)
    {
        if (_answers.TryGetValue(run, out var known)) return known;
        var made = new TongyiNode(TongyiIds.OfMessage(_conversation, run), parent, Role.Assistant, order, at);
        _nodes.Add(made);
        return _answers[run] = made;
    }

    private string NodeOf(Id message) => message.IsNone ? "" : _shownIn.GetValueOrDefault(message, "");
}

/// <summary>A message of a session.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Parent">The id of what it hangs under; empty at the root.</param>
/// <param name="Role">Who speaks.</param>
/// <param name="Order">By which it stands among the others.</param>
/// <param name="At">When it was begun.</param>
public sealed record TongyiNode(string Id, string Parent, Role Role, Id Order, DateTimeOffset At)
{
    /// <summary>The run whose answer it is, where that is known.</summary>
    public Run? Run { get; set; }

    /// <summary>What it consists of.</summary>
    public IList<(Item Head, ValueList<Content> Content)> Content { get; } = [];
}
