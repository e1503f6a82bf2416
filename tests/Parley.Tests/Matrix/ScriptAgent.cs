using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Parley.Agents;
using Parley.Conversations;
using Parley.Runs;

namespace Parley.Tests.Matrix;

/// <summary>The agent behind both servers: it plays the script that is named, answers outputs and answers, and remembers what it was told.</summary>
internal sealed class ScriptAgent : IAgent
{
    /// <summary>What makes it talk until it is cancelled.</summary>
    public const string Endless = "endless";

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _cancelled = new();

    /// <summary>The requests whose words begin with these.</summary>
    public ConcurrentQueue<AgentRequest> Requests { get; } = new();

    /// <summary>Ends when the endless talk that was begun with these words was cancelled.</summary>
    public Task CancelledAsync(string words) => Talk(words).Task;

    public async IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Requests.Enqueue(request);
        var input = request.Context.Skip(request.Context.Count - request.InputCount).ToList();
        var said = input.LastOrDefault(message => message.Head is MessageItem)?.Text ?? "";
        if (input.Find(message => message.Head is ToolResultItem) is { } output)
        {
            foreach (var @event in Answer($"The tool said {output.Text} for {((ToolResultItem)output.Head).CallId}.")) yield return @event;
        }
        else if (request.Continues is { End: RunSuspended })
        {
            foreach (var @event in Answer($"You chose {said}.")) yield return @event;
        }
        else if (said.StartsWith(Endless, StringComparison.Ordinal))
        {
            foreach (var @event in Answer("One").Take(4)) yield return @event;
            using var registration = cancellationToken.Register(() => Talk(said).TrySetResult());
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        else if (Script.All.FirstOrDefault(script => script.Name == said) is { } script)
        {
            foreach (var @event in script.Events) yield return @event;
        }
        else
        {
            foreach (var @event in Answer($"You said {said}.")) yield return @event;
        }
    }

    /// <summary>What was said in a context, with who said it.</summary>
    public static IEnumerable<string> SaidIn(IEnumerable<Message> context)
        => context.Where(message => message.Head is MessageItem).Select(message => $"{message.Role}: {message.Text}");

    private static IEnumerable<RunEvent> Answer(string text) =>
    [
        new RunStarted("m"), new ItemStarted(0, new MessageItem(Role.Assistant)), new PartStarted(0, 0, PartKind.Text), new PartDelta(0, 0, text), new PartCompleted(0, 0),
        new ItemCompleted(0), new RunCompleted(FinishReason.Stop, new Usage(7, 5)),
    ];

    private TaskCompletionSource Talk(string words) => _cancelled.GetOrAdd(words, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
