using System.Runtime.CompilerServices;
using Parley.Conversations;
using Parley.Runs;

namespace Parley.Agents;

/// <summary>Says what it was told: a complete stand-in for a model in tests, with reasoning, tools, failures and a pace.</summary>
public sealed class EchoAgent(EchoOptions options, TimeProvider time) : IAgent
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (options.FailAfter == 0) throw new RunException(Failure());
        yield return new RunStarted();

        var item = 0;
        var spoken = 0L;
        if (options.Reasoning is { Length: > 0 } reasoning)
        {
            yield return new ItemStarted(item, new ReasoningItem());
            yield return new PartStarted(item, 0, PartKind.ReasoningText);
            foreach (var piece in TextPieces.Cut(reasoning, options.Pieces))
            {
                if (!piece.IsFirst) await PauseAsync(cancellationToken);
                yield return new PartDelta(item, 0, piece.Text);
            }

            yield return new PartCompleted(item, 0);
            yield return new ItemCompleted(item++);
            spoken += Usage.Estimate(reasoning);
            await PauseAsync(cancellationToken);
        }

        var outputs = OutputsAtTheEnd(request.Context);
        if (outputs is null && ToolToCall(request.Run.Request) is { } tool)
        {
            // The run's id makes the call's id unique without a source of ids.
            yield return new ItemStarted(item, new ToolCallItem($"call_{request.Run.Id}", tool.Name, RunBy.Client));
            yield return new PartStarted(item, 0, PartKind.Input);
            var arguments = SchemaValues.ArgumentsFor(tool.Parameters);
            foreach (var piece in TextPieces.Cut(arguments, options.Pieces))
            {
                if (!piece.IsFirst) await PauseAsync(cancellationToken);
                yield return new PartDelta(item, 0, piece.Text);
            }

            yield return new PartCompleted(item, 0);
            yield return new ItemCompleted(item);
            yield return new RunSuspended([new CallFunction(item)], UsageOf(request, spoken + Usage.Estimate(arguments)));
            yield break;
        }

        var answer = outputs ?? AnswerTo(request);
        yield return new ItemStarted(item, new MessageItem(Role.Assistant));
        yield return new PartStarted(item, 0, PartKind.Text);
        var said = 0;
        foreach (var piece in TextPieces.Cut(answer, options.Pieces))
        {
            if (!piece.IsFirst) await PauseAsync(cancellationToken);
            if (said == options.FailAfter) break;
            yield return new PartDelta(item, 0, piece.Text);
            said++;
        }

        spoken += Usage.Estimate(answer);
        if (options.FailAfter is not null)
        {
            yield return new RunFailed(Failure(), UsageOf(request, spoken));
            yield break;
        }

        yield return new PartCompleted(item, 0);
        yield return new ItemCompleted(item++);
        for (var i = 0; i < options.FollowUps.Count; i++)
        {
            yield return new ItemStarted(item, new SuggestionItem());
            yield return new PartStarted(item, 0, PartKind.Text);
            yield return new PartDelta(item, 0, options.FollowUps[i]);
            yield return new PartCompleted(item, 0);
            yield return new ItemCompleted(item++);
        }

        yield return new RunCompleted(FinishReason.Stop, UsageOf(request, spoken));
    }

    private Task PauseAsync(CancellationToken cancellationToken)
        => options.Pace > TimeSpan.Zero ? Task.Delay(options.Pace, time, cancellationToken) : Task.CompletedTask;

    private RunError Failure()
        => new(ErrorSide.Agent, ErrorCause.Unavailable, $"The echo failed after {options.FailAfter} pieces, as its file asks.", true, "echo_failure");

    private ToolDefinition? ToolToCall(ModelRequest request)
    {
        if (options.Tool is not { Length: > 0 } name) return null;
        var offered = request.Tools.Count > 0 ? request.Tools : options.Tools;
        if (name == EchoOptions.AnyTool) return offered.Count == 0 || request.ToolChoice?.Text == "\"none\"" ? null : offered[0];
        foreach (var tool in offered)
            if (tool.Name == name) return tool;
        return new ToolDefinition(name);
    }

    private string AnswerTo(AgentRequest request)
    {
        if (options.Text is { } text) return text;
        if (options.Reply == EchoReply.History)
            return string.Join('\n', request.Context.Where(message => message.Role is not null).Select(message => $"{message.Role}: {TextOf(message)}"));
        var last = request.Context.LastOrDefault(message => message.Role == Role.User) ?? request.Context.LastOrDefault(message => message.Role is not null);
        return last is null ? "" : TextOf(last);
    }

    // The outputs with which the request ends, a line each; null if it ends with something else.
    private static string? OutputsAtTheEnd(IReadOnlyList<Message> context)
    {
        var first = context.Count;
        while (first > 0 && context[first - 1].Head is ToolResultItem) first--;
        return first == context.Count ? null : string.Join('\n', context.Skip(first).Select(TextOf));
    }

    // An image has no text: its address stands for it, or its type where the image itself is in the address.
    private static string TextOf(Message message)
    {
        var text = message.Text;
        var files = message.Content.Where(part => part.Kind == PartKind.Media).Select(part => NameOf(part.Media)).ToList();
        if (files.Count == 0) return text;
        if (text.Length > 0) files.Insert(0, text);
        return string.Join('\n', files);
    }

    private static string NameOf(Media? media) => media switch
    {
        { Url: { } url } when !url.StartsWith("data:", StringComparison.OrdinalIgnoreCase) => $"[{url}]",
        { Name: { Length: > 0 } name } => $"[{name}]",
        { MediaType: { Length: > 0 } type } => $"[{type}]",
        _ => "[file]",
    };

    private Usage UsageOf(AgentRequest request, long spoken)
    {
        if (options.Usage is { } given) return given;
        long heard = 0;
        foreach (var message in request.Context) heard += Usage.Estimate(message.Text);
        return new Usage(heard, spoken, Quality: UsageQuality.Estimated);
    }
}
