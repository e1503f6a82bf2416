using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Parley.Agents;
using Parley.Runs;

namespace Parley.Tests.Runs;

/// <summary>An agent that says what a test tells it to, when it is told to.</summary>
internal sealed class ScriptedAgent : IAgent
{
    private Channel<RunEvent> _script = Channel.CreateUnbounded<RunEvent>();

    public List<AgentRequest> Requests { get; } = [];

    public bool WasCancelled { get; private set; }

    /// <summary>Says a whole answer at the next request.</summary>
    public ScriptedAgent Answers(string text) => Says(
        new RunStarted(), new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Text), new PartDelta(0, 0, text), new RunCompleted(FinishReason.Stop, new Usage(1, 2)));

    /// <summary>Calls a function of the client at the next request.</summary>
    public ScriptedAgent Calls(params string[] callIds)
    {
        Says(new RunStarted());
        for (var i = 0; i < callIds.Length; i++)
            Says(new ItemStarted(i, new ToolCallItem(callIds[i], "f", RunBy.Client)), new PartStarted(i, 0, PartKind.Input), new PartDelta(i, 0, "{}"));
        return Says(new RunCompleted(FinishReason.Stop));
    }

    public ScriptedAgent Says(params RunEvent[] events)
    {
        foreach (var @event in events) _script.Writer.TryWrite(@event);
        return this;
    }

    public ScriptedAgent Throws(Exception exception)
    {
        _script.Writer.Complete(exception);
        return this;
    }

    /// <summary>Ends the answer without an end.</summary>
    public ScriptedAgent Stops()
    {
        _script.Writer.Complete();
        return this;
    }

    public async IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Requests.Add(request);
        var script = _script;
        try
        {
            while (await script.Reader.WaitToReadAsync(cancellationToken))
            {
                while (script.Reader.TryRead(out var @event))
                {
                    yield return @event;
                    if (@event is RunEnded) yield break;
                }
            }
        }
        finally
        {
            WasCancelled = cancellationToken.IsCancellationRequested;
            if (script.Reader.Completion.IsCompleted) _script = Channel.CreateUnbounded<RunEvent>();
        }
    }
}
