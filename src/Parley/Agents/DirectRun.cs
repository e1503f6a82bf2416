using System.Runtime.CompilerServices;
using Parley.Runs;

namespace Parley.Agents;

/// <summary>An agent that is asked without a runner: nothing is stored, and nobody but the one who asks reads its events. To be run once.</summary>
public sealed class DirectRun
{
    private readonly IAgent _agent;
    private readonly AgentRequest _request;
    private readonly List<RunEvent> _said = [];
    private readonly RunAppender _appender;
    private int _asked;

    /// <param name="agent">The agent.</param>
    /// <param name="request">What it is asked.</param>
    /// <param name="ids">Where the ids of its items come from.</param>
    /// <param name="time">The clock.</param>
    public DirectRun(IAgent agent, AgentRequest request, IdSource ids, TimeProvider time)
    {
        (_agent, _request) = (agent, request);
        _appender = new RunAppender(request.Run, (@event, _) => Take(@event), ids, time);
    }

    /// <summary>The run's id.</summary>
    public Id Id => _request.Run.Id;

    /// <summary>The fold of the events so far.</summary>
    public RunState State => _appender.State;

    /// <summary>
    /// The events as a runner would have them: in order, with ids, whatever was begun also ended, and one end. A <see cref="RunException"/> becomes
    /// <see cref="RunFailed"/>; cancelling is an exception.
    /// </summary>
    public async IAsyncEnumerable<RunEvent> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _asked, 1) != 0) throw new InvalidOperationException("The agent has been asked already.");
        var events = _agent.RunAsync(_request, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var _ = events.ConfigureAwait(false);
        while (!_appender.HasEnded)
        {
            try
            {
                if (await events.MoveNextAsync().ConfigureAwait(false)) _appender.Accept(events.Current);
                else _appender.End(new RunFailed(RunError.NoEnd));
            }
            catch (RunException failed)
            {
                _appender.End(new RunFailed(failed.Error));
            }

            for (var i = 0; i < _said.Count; i++) yield return _said[i];
            _said.Clear();
        }
    }

    private bool Take(RunEvent @event)
    {
        _said.Add(@event);
        return true;
    }
}
