using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Parley.Conversations;

namespace Parley.Runs;

/// <summary>
/// Starts runs, executes them, and lets others read them. The only place where an exception becomes a failed run, where ids and times are
/// given, where cancellation is decided and where what an agent said becomes messages.
/// </summary>
public sealed partial class Runner : IAsyncDisposable
{
    /// <summary>The code of the refusal where a run is answered that does not wait.</summary>
    public const string NotWaitingCode = "not_waiting";

    private readonly IConversationStore _store;
    private readonly IdSource _ids;
    private readonly TimeProvider _time;
    private readonly ILogger<Runner> _logger;
    private readonly LogFlusher _flusher;
    private readonly bool _strict;
    private readonly FileOpener? _files;
    private readonly Func<Run, RunState, IEnumerable<string>>? _losses;
    private readonly ConcurrentDictionary<Id, LiveRun> _live = new();

    /// <param name="store">Where everything is kept.</param>
    /// <param name="ids">Makes ids.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For failures that no client is told of.</param>
    /// <param name="strict">Every event is durable before it is sent, deltas too.</param>
    /// <param name="files">Opens the files that messages name; without it there are none.</param>
    /// <param name="losses">Names what of a run that has ended its dialect could not tell; without it that is not asked.</param>
    public Runner(
        IConversationStore store, IdSource ids, TimeProvider time, ILogger<Runner> logger, bool strict = false, FileOpener? files = null,
        Func<Run, RunState, IEnumerable<string>>? losses = null)
    {
        (_store, _ids, _time, _logger, _strict, _files, _losses) = (store, ids, time, logger, strict, files, losses);
        _flusher = new LogFlusher(store, time, logger);
    }

    /// <summary>How many runs this process executes now.</summary>
    public int ActiveCount => _live.Count;

    /// <summary>
    /// Stores the input and the run, and sets its agent to work. Nothing is stored if it fails.
    /// </summary>
    /// <exception cref="RunException">The conversation, parent or pending run is absent, the conversation is busy, the input does not fit.</exception>
    public async Task<LiveRun> StartAsync(RunRequest request, CancellationToken cancellationToken)
    {
        // A conversation's head may move between judging the request and starting; then it is judged again.
        for (var attempt = 0; attempt < 5; attempt++)
        {
            var (start, continues, question) = await PrepareAsync(request, cancellationToken).ConfigureAwait(false);
            var result = await _store.StartRunAsync(start, cancellationToken).ConfigureAwait(false);
            switch (result.Status)
            {
                case RunStartStatus.Started:
                    return Launch(request, result.Run!, question is null ? result.Input! : [question], continues);
                case RunStartStatus.NoConversation:
                    throw NoConversation();
                case RunStartStatus.NoParent:
                    throw new RunException(RunError.NotFound("The message to continue from does not exist.", "parent"));
                case RunStartStatus.Busy:
                    throw Busy();
                case RunStartStatus.Answered:
                    throw NotWaiting();
            }
        }

        throw Busy();
    }

    /// <summary>The run, if this process executes it now.</summary>
    public LiveRun? FindLive(Id run) => _live.GetValueOrDefault(run);

    /// <summary>Cancels a run and waits for its end. Null if it is absent; a run that had ended is returned as it is.</summary>
    public async ValueTask<Run?> CancelAsync(string owner, Id run, CancellationToken cancellationToken)
    {
        if (FindLive(run) is not { } live || live.Header.Owner != owner) return await _store.FindRunAsync(owner, run, cancellationToken).ConfigureAwait(false);
        live.Cancel();
        return await live.Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Cancels what runs in a conversation, and waits for the end.</summary>
    public async ValueTask CancelConversationAsync(string owner, Id conversation)
    {
        foreach (var live in _live.Values)
            if (live.Header.Conversation == conversation && live.Header.Owner == owner)
                await CancelAsync(owner, live.Header.Id, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Cancels all runs and waits for their ends.</summary>
    public async Task CancelAllAsync()
    {
        var all = _live.Values.ToArray();
        foreach (var live in all) live.Cancel();
        await Task.WhenAll(all.Select(live => live.Completion)).ConfigureAwait(false);
    }

    /// <summary>Cancels all runs, waits for their ends, and saves what waits.</summary>
    public async ValueTask DisposeAsync()
    {
        await CancelAllAsync().ConfigureAwait(false);
        await _flusher.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<(RunStart Start, Run? Continues, Message? Question)> PrepareAsync(RunRequest request, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var creates = request.Conversation.IsNone && !request.Detached;
        var conversation = creates || request.Detached
            ? NewConversationFor(request, now)
            : await _store.FindConversationAsync(request.Owner, request.Conversation, cancellationToken).ConfigureAwait(false) ?? throw NoConversation();
        var question = await FindQuestionAsync(request, conversation, cancellationToken).ConfigureAwait(false);

        // Judged as it was when it was asked first, where it was asked.
        if (question is not null) request = request with { Parent = question.Parent, AtRoot = question.Parent.IsNone, Input = [new InputItem(question.Head, question.Content)] };
        var pending = await FindPendingAsync(request, conversation, cancellationToken).ConfigureAwait(false);
        var state = pending is null ? null : await FoldAsync(pending, cancellationToken).ConfigureAwait(false);
        var turn = Turn.Judge(request, pending, state);

        // A run that is answered after the conversation has moved on is continued where it was, on a branch of its own.
        var parent = request.Parent;
        if (parent.IsNone && !request.Detached && !request.Answers.IsNone && pending!.Id != await LatestRunAsync(conversation, cancellationToken).ConfigureAwait(false))
        {
            // A chat has one path: somebody else was faster.
            if (request.KeepsChat) throw NotWaiting();
            parent = pending.Tip;
        }

        if (question is not null) parent = question.Id;

        var id = _ids.Next();
        var run = new Run
        {
            Id = id,
            Owner = request.Owner,
            Conversation = conversation.Id,
            Section = conversation.Section,

            // What an agent remembers is of the version that it was when it began to wait.
            Agent = turn.Continues is { End: RunSuspended { State: not null } } waiting ? waiting.Agent : request.Agent.Reference,
            Status = RunStatus.Running,
            Dialect = request.Dialect,
            Peer = request.Agent.Behaviour.Peer,
            Rendering = request.Rendering,
            Parent = parent,
            Input = question is null ? [] : [question.Id],
            Continues = turn.Continues?.Id ?? default,
            Chat = turn.Continues is { } before && (turn.SameChat || request.KeepsChat) ? before.Chat : id,
            Exclusive = !request.Detached && !request.AtRoot && parent.IsNone,
            Detached = request.Detached,
            Stored = request.Stored,
            Background = request.Background,
            OnDisconnect = request.Background ? DisconnectPolicy.Continue : request.OnDisconnect,
            LeavesPathWhenCancelled = request.LeavesPathWhenCancelled,
            Request = request.Request,
            Metadata = request.Metadata,
            CreatedAt = now,
            ExternalId = request.ExternalId,
        };
        var input = question is not null ? [] : turn.Input.Select(item => item.ToMessage(_ids.Next(), conversation.Id, id, now)).ToList();
        return (new RunStart(run, creates ? conversation : null, input, run.Exclusive && !creates ? conversation.Head : null), turn.Continues, question);
    }

    private async Task<Message?> FindQuestionAsync(RunRequest request, Conversation conversation, CancellationToken cancellationToken)
    {
        if (request.Question.IsNone) return null;
        return await _store.FindMessageAsync(request.Owner, conversation.Id, request.Question, cancellationToken).ConfigureAwait(false)
            ?? throw new RunException(RunError.NotFound("The message to answer again does not exist.", "question", "message"));
    }

    private Conversation NewConversationFor(RunRequest request, DateTimeOffset now)
    {
        var id = _ids.Next();
        return new Conversation
        {
            Id = id,
            Owner = request.Owner,
            Section = id,
            Agent = request.Agent.Name,
            Name = request.New.Name,
            Metadata = request.New.Metadata,
            Leftover = request.New.Leftover,
            ExternalId = request.New.ExternalId,
            CreatedAt = now,
            UpdatedAt = now,
        };
    }

    private async Task<Run?> FindPendingAsync(RunRequest request, Conversation conversation, CancellationToken cancellationToken)
    {
        if (!request.Answers.IsNone)
        {
            var named = await _store.FindRunAsync(request.Owner, request.Answers, cancellationToken).ConfigureAwait(false);
            if (named is null || (!request.Detached && named.Conversation != conversation.Id)) throw new RunException(RunError.NotFound("The run to continue does not exist.", "run"));
            return named.Status == RunStatus.Suspended ? named : throw NotWaiting();
        }

        if (request.Detached || request.AtRoot) return null;

        // What was given to a run waits for nothing; that is behind what the run said.
        var at = request.Parent.IsNone
            ? await LatestRunAsync(conversation, cancellationToken).ConfigureAwait(false)
            : await _store.FindMessageAsync(request.Owner, conversation.Id, request.Parent, cancellationToken).ConfigureAwait(false) is { IsInput: false } parent ? parent.Run : default;
        if (at.IsNone) return null;
        var run = await _store.FindRunAsync(request.Owner, at, cancellationToken).ConfigureAwait(false);
        return run is { Status: RunStatus.Suspended } ? run : null;
    }

    // The run whose output is the latest at the head. What was inserted since, without a run, does not hide that it waits; a new section does.
    private async Task<Id> LatestRunAsync(Conversation conversation, CancellationToken cancellationToken)
    {
        if (conversation.Head.IsNone) return default;
        var query = new MessageQuery { Owner = conversation.Owner, Conversation = conversation.Id, Tip = conversation.Head, SectionOnly = true, Take = 1 };
        while (true)
        {
            var page = await _store.ListMessagesAsync(query, cancellationToken).ConfigureAwait(false);
            if (page.Items.Count == 0 || page.Items[0].Section != conversation.Section) return default;
            foreach (var message in page.Items)
                if (!message.Run.IsNone) return message.IsInput ? default : message.Run;
            if (!page.HasMore) return default;
            query = query with { After = page.Items[^1].Id, Take = 50 };
        }
    }

    private static RunException NoConversation() => new(RunError.NotFound("The conversation does not exist.", "conversation_id", "conversation"));

    private static RunException NotWaiting() => new(RunError.Rejected("The run does not wait for anything, or not any more.", "run", NotWaitingCode));

    private static RunException Busy() => new(new RunError(ErrorSide.Client, ErrorCause.Busy, "Another run is active in this conversation.", true, Param: "conversation_id"));
}
