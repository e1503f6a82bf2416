using Parley.Agents;
using Parley.AspNetCore.Http;
using Parley.Runs;

namespace Parley.Cli;

/// <summary>A chat: lines in, runs out, one conversation.</summary>
internal sealed class ChatSession(Runner runner, Agent agent, ChatScreen screen, Id conversation, bool traces = false)
{
    private static readonly Protocol Dialect = new("parley");

    private LiveRun? _running;
    private int _interrupts;

    /// <summary>Talks until the input ends or the user has interrupted twice. The result is the exit code.</summary>
    public async Task<int> TalkAsync(TextReader input, CancellationToken cancellationToken)
    {
        Console.CancelKeyPress += Interrupt;
        try
        {
            var failed = false;
            if (agent.Prologue.Length > 0 && conversation.IsNone) screen.Dim(agent.Prologue + Environment.NewLine);
            while (true)
            {
                screen.Ask("> ");
                if (await input.ReadLineAsync(cancellationToken) is not { } line) return failed ? ParleyCommand.Failed : ParleyCommand.Done;
                if (line.Trim().Length == 0) continue;
                failed = await TurnAsync([InputItem.Said(Role.User, line)], input, cancellationToken) is null or RunFailed;
            }
        }
        finally
        {
            Console.CancelKeyPress -= Interrupt;
        }
    }

    /// <summary>Runs the agent to its end; what it asks until then is answered by a line each. The result is the exit code.</summary>
    public async Task<int> RunAsync(string said, TextReader input, CancellationToken cancellationToken)
    {
        ValueList<InputItem> told = said.Length > 0 ? [InputItem.Said(Role.User, said)] : default;
        while (await TurnAsync(told, input, cancellationToken) is { } end)
        {
            if (end is not RunSuspended) return end is RunCompleted ? ParleyCommand.Done : ParleyCommand.Failed;
            screen.Ask("> ");
            if (await input.ReadLineAsync(cancellationToken) is not { } line)
            {
                screen.Fail("The input has ended, and the agent waits for an answer.");
                return ParleyCommand.Failed;
            }

            told = [InputItem.Said(Role.User, line)];
        }

        return ParleyCommand.Failed;
    }

    // A turn goes on as long as the agent asks for the outputs of tools. How it ended; null if it could not begin.
    private async Task<RunEnded?> TurnAsync(ValueList<InputItem> said, TextReader input, CancellationToken cancellationToken)
    {
        var answers = Id.None;
        while (true)
        {
            RunState state;
            try
            {
                _interrupts = 0;
                _running = await runner.StartAsync(RequestFor(said, answers), cancellationToken);
                (conversation, answers) = (_running.Header.Conversation, _running.Header.Id);
                state = await ShowAsync(_running, cancellationToken);
                await _running.Completion.WaitAsync(cancellationToken);
            }
            catch (RunException e)
            {
                screen.Fail(e.Message);
                return null;
            }
            finally
            {
                _running = null;
            }

            switch (state.End)
            {
                case RunFailed failed:
                    screen.Fail(failed.Error.Message);
                    return failed;
                case RunCancelled:
                    screen.Dim("(cancelled)" + Environment.NewLine);
                    return state.End;
                case RunSuspended suspended when suspended.Required.Any(required => required is CallFunction):
                    if (await OutputsAsync(state, suspended, input, cancellationToken) is not { } outputs) return suspended;
                    said = outputs;
                    continue;
                default:
                    return state.End;
            }
        }
    }

    private RunRequest RequestFor(ValueList<InputItem> said, Id answers) => new()
    {
        Owner = Caller.Local.Owner,
        Agent = agent,
        Dialect = Dialect,
        Conversation = conversation,
        Answers = answers,
        Input = said,
        Request = new ModelRequest { Model = agent.Name, Tools = agent.Tools },
    };

    private async Task<RunState> ShowAsync(LiveRun run, CancellationToken cancellationToken)
    {
        var state = new RunState();
        using var reader = run.Read();
        while (await reader.WaitAsync(cancellationToken))
        {
            while (reader.TryRead(out var logged))
            {
                state.Apply(logged);
                Show(logged.Event, state);
            }
        }

        return state;
    }

    private void Show(RunEvent @event, RunState state)
    {
        switch (@event)
        {
            case ItemStarted { Head: WorkflowActionItem action } when traces:
                screen.Dim($"[{action.Kind} {action.ActionId}]{Environment.NewLine}");
                break;
            case PartDelta delta when state.Items[delta.Item].Head is MessageItem:
                screen.Say(delta.Text);
                break;
            case PartDelta delta when state.Items[delta.Item].Head is ReasoningItem:
                screen.Dim(delta.Text);
                break;
            case ItemCompleted completed when state.Items[completed.Item] is { Head: MessageItem or ReasoningItem }:
                screen.EndLine();
                break;
            case ItemCompleted completed when state.Items[completed.Item] is { Head: SuggestionItem } suggestion:
                screen.Dim("  ? " + suggestion.Text + Environment.NewLine);
                break;
            case ItemCompleted completed when state.Items[completed.Item] is { Head: ToolCallItem call } item:
                screen.Dim($"  {call.Name}({item.Input}){Environment.NewLine}");
                break;
            case RunSuspended suspended when WaitPrompt.Of(suspended, state.Items) is { } prompt:
                screen.Say(prompt);
                screen.EndLine();
                break;
        }
    }

    // The user plays the tools. Null if the input has ended.
    private async Task<ValueList<InputItem>?> OutputsAsync(RunState state, RunSuspended suspended, TextReader input, CancellationToken cancellationToken)
    {
        var outputs = new List<InputItem>();
        foreach (var required in suspended.Required.OfType<CallFunction>().ToList())
        {
            var call = (ToolCallItem)state.Items[required.Item].Head;
            screen.Ask($"{call.Name} = ");
            if (await input.ReadLineAsync(cancellationToken) is not { } output) return null;
            outputs.Add(InputItem.Output(call.CallId, output));
        }

        return outputs.ToValueList();
    }

    // The first interrupt is for the answer under way, the next for the chat.
    private void Interrupt(object? sender, ConsoleCancelEventArgs interrupt)
    {
        if (_running is not { } running || Interlocked.Increment(ref _interrupts) > 1) return;
        interrupt.Cancel = true;
        _ = runner.CancelAsync(running.Header.Owner, running.Header.Id, CancellationToken.None).AsTask();
    }
}
