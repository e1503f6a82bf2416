using Parley.Runs;

namespace Parley.Protocols.Responses;

/// <summary>How one run is shown in this dialect: its ids and who made it, the same in a stream, an answer and a list.</summary>
internal sealed class ResponsesView
{
    private readonly Run _run;
    private readonly bool _keepsPeerIds;

    /// <param name="run">The header of the run.</param>
    /// <param name="keepPeerIds">Shows the peer's ids, where its reader told them, instead of ours.</param>
    public ResponsesView(Run run, bool keepPeerIds = false)
    {
        _run = run;
        var peer = keepPeerIds ? ResponsesUpstream.Of(run.Upstream) : null;
        _keepsPeerIds = peer is not null;
        Rendering = ResponsesRendering.Of(run);
        Response = peer?.Response ?? ResponsesIds.OfRun(run);
        FirstNumber = ResponsesIds.FirstNumberOf(Response);
        Conversation = peer is not null ? peer.Conversation : Rendering.ShowsConversation ? ResponsesIds.OfConversation(run.Conversation) : null;
    }

    public ResponsesRendering Rendering { get; }

    /// <summary>The response's id.</summary>
    public string Response { get; }

    /// <summary>The conversation's id; null if it is not shown.</summary>
    public string? Conversation { get; }

    /// <summary>The number of the first event.</summary>
    public int FirstNumber { get; }

    /// <summary>Of a workflow Foundry shows fewer members.</summary>
    public bool IsWorkflow => FirstNumber > 0;

    public string IdOf(ItemState item) => _keepsPeerIds && item.SourceId is { } source ? source : ResponsesIds.OfItem(item.Head, _run.Conversation, item.Id);

    /// <summary>An item that has only begun: its content comes in events.</summary>
    public ResponsesItem ShowNew(ItemState item) => new()
    {
        Id = IdOf(item),
        Head = item.Head,
        Leftover = item.Leftover,
        Maker = Rendering.ShowsAgent ? new ResponsesMaker(item.By ?? _run.Agent, Response) : null,
        HidesEncrypted = !Rendering.IncludesEncrypted && !_keepsPeerIds,
        IsPlain = IsWorkflow,
    };

    /// <summary>An item of the run as it stands.</summary>
    public ResponsesItem Show(ItemState item, RunState state)
    {
        var content = item.ToContent();
        return ShowNew(item) with
        {
            Status = item.Status,
            Content = content.Any(part => part.Kind == PartKind.Data) ? content.Where((part, i) => part.Kind != PartKind.Data || ShowsData(item, i, state)).ToValueList() : content,
            Result = item.Head is ToolCallItem { RunBy: RunBy.Server } ? ResponsesItem.ResultOf(state.Items.FirstOrDefault(other => other.Within == item.Ordinal && other.Head is ToolResultItem)) : null,
        };
    }

    /// <summary>A part with JSON for programs is shown as text in a run that has begun no text before it. What comes later changes nothing: it was streamed by then.</summary>
    public static bool ShowsData(ItemState item, int part, RunState state)
    {
        for (var i = 0; i <= item.Ordinal; i++)
            if (state.Items[i].Head is MessageItem && state.Items[i].Parts.Take(i == item.Ordinal ? part : int.MaxValue).Any(before => before.Kind is PartKind.Text or PartKind.Refusal or PartKind.Transcript)) return false;
        return true;
    }
}

/// <summary>Who made an item, as Foundry tells it in both generations of its names.</summary>
internal sealed record ResponsesMaker(AgentRef Agent, string Response);
