using Parley.Conversations;

namespace Parley.Tests.Storage;

/// <summary>The plainest tree there is: a list of messages which know their parents. Positions are indices in the whole path.</summary>
internal sealed class TreeModel(Conversation conversation)
{
    public Conversation Conversation => conversation;

    public List<Message> Messages { get; } = [];

    public Id Head { get; set; }

    public Id Section { get; set; } = conversation.Section;

    public Message Find(Id id) => Messages.Single(message => message.Id == id);

    public Id Any(Random random) => Messages[random.Next(Messages.Count)].Id;

    public void Add(IEnumerable<Message> chain, Id under, Id section)
    {
        foreach (var message in chain)
        {
            Messages.Add(message with { Parent = under, Section = section });
            under = message.Id;
        }
    }

    public bool Delete(Id id)
    {
        var doomed = Find(id);
        if (doomed.Deleted) return false;
        for (var i = 0; i < Messages.Count; i++)
        {
            var said = !doomed.IsInput && Messages[i].Run == doomed.Run && !Messages[i].IsInput;
            if (said || Messages[i].Id == id) Messages[i] = Messages[i] with { Deleted = true };
        }

        return true;
    }

    public string Page(MessageQuery query)
    {
        var path = new List<Message>();
        for (var at = query.Tip.IsNone ? Head : query.Tip; !at.IsNone; at = path[0].Parent) path.Insert(0, Find(at));
        int IndexOf(Id id) => path.FindIndex(message => message.Id == id);
        if (!query.After.IsNone && IndexOf(query.After) < 0) return "not found";
        if (!query.Before.IsNone && IndexOf(query.Before) < 0) return "not found";

        var current = query.Tip.IsNone ? Section : Find(query.Tip).Section;
        var begin = query.SectionOnly ? path.FindLastIndex(message => message.Section != current) + 1 : 0;
        int Toward(Id cursor) => query.Ascending ? IndexOf(cursor) : -IndexOf(cursor);
        var asked = path.Where((message, i) => i >= begin
            && !message.Deleted
            && query.Kinds.HasFlag(message.Kind)
            && (query.Runs is null || query.Runs.Contains(message.Run))
            && (query.After.IsNone || Toward(message.Id) > Toward(query.After))
            && (query.Before.IsNone || Toward(message.Id) < Toward(query.Before))).ToList();
        if (!query.Ascending) asked.Reverse();
        var fromTheEnd = !query.Before.IsNone && query.After.IsNone;
        var page = fromTheEnd ? asked.TakeLast(query.Take) : asked.Take(query.Take);
        return Describe(page.Select(message => message.Id), asked.Count > query.Take);
    }

    public static string Describe(IEnumerable<Id> ids, bool more) => string.Join(' ', ids) + (more ? " …" : "");

    public override string ToString() => string.Join('\n', Messages.Select(message => $"{message.Id} under {message.Parent} section {message.Section} {message.Kind}{(message.Deleted ? " deleted" : "")}"));
}
