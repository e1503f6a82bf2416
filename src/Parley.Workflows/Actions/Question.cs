using Parley.Conversations;
using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.PowerFx;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Actions;

/// <summary>
/// <c>Question</c>: says its prompt and waits for an answer, which its entity must be able to read. An answer that cannot be read is asked for again, up to
/// the repeat count; then the default is taken. Where the variable has a value already, the question may be skipped.
/// </summary>
internal sealed class Question : IWorkflowAction
{
    private const string Invalid = "Invalid response";

    // How often the platform asks is not published.
    private const int UsualRepeats = 3;

    private readonly VariablePath _variable;
    private readonly WorkflowTemplate _prompt;
    private readonly QuestionEntity? _entity;
    private readonly string _skip;
    private readonly int _repeats;
    private readonly WorkflowTemplate? _invalid;
    private readonly WorkflowTemplate? _unrecognized;
    private readonly WorkflowValue _default;
    private readonly WorkflowTemplate? _defaultResponse;
    private readonly bool _isSent;

    private Question(WorkflowNode node)
    {
        _variable = node.RequiredVariable(node.Has("property") && !node.Has("variable") ? "property" : "variable");
        _prompt = node.RequiredTemplate("prompt");
        _entity = QuestionEntity.Read(node);
        _skip = node.Choice("skipQuestionMode", "SkipOnFirstExecutionIfVariableHasValue", "AlwaysSkipIfVariableHasValue", "AlwaysAsk");
        if (node.Switch("alwaysPrompt")) _skip = "AlwaysAsk";
        _repeats = node.Number(node.Has("maxTurnCount") && !node.Has("repeatCount") ? "maxTurnCount" : "repeatCount", UsualRepeats, 0, 1000);
        (_invalid, _unrecognized) = (node.Template("invalidPrompt"), node.Template("unrecognizedPrompt"));
        (_default, _defaultResponse) = (node.Value("defaultValue") ?? WorkflowValue.Blank, node.Template("defaultValueResponse"));
        _isSent = node.Switch("autoSend", usual: true);
    }

    public static IWorkflowAction Read(WorkflowNode node) => new Question(node);

    public IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, CancellationToken cancellationToken)
        => (turn.Answer is { } answer ? Take(turn, answer, string.Join('\n', answer.Where(message => message.Role == Role.User).Select(message => message.Text))) : Begin(turn)).ToAsyncEnumerable();

    private IEnumerable<RunEvent> Begin(WorkflowTurn turn)
    {
        var (memory, key) = (turn.Memory, turn.Program.Steps[turn.Step].Id);
        var isFirst = memory.Reached.Add(key);
        var hasValue = memory.Get(_variable) is not FxBlank;
        if (hasValue && (_skip == "AlwaysSkipIfVariableHasValue" || (_skip != "AlwaysAsk" && isFirst))) return [];
        memory.Counts[key] = 0;
        return _repeats == 0 ? TakeDefault(turn) : Ask(turn, 0);
    }

    private IEnumerable<RunEvent> Take(WorkflowTurn turn, IReadOnlyList<Message> answer, string text)
    {
        var key = turn.Program.Steps[turn.Step].Id;
        if (_isSent) turn.Hear(answer);
        var value = text.Trim().Length == 0 && _entity is not null ? null : _entity is null ? text.Trim().Length == 0 ? FxBlank.Value : new FxText(text) : _entity.Parse(text);
        if (value is not null)
        {
            turn.Memory.Counts.Remove(key);
            turn.Memory.Set(_variable, value);
            return [];
        }

        var tries = turn.Memory.Counts[key] = turn.Memory.Counts.GetValueOrDefault(key) + 1;
        if (tries >= _repeats) return TakeDefault(turn);
        var why = (text.Trim().Length == 0 ? _unrecognized : _invalid)?.Render(turn.Scope).Trim() ?? Invalid;
        return [.. turn.Say(why), .. Ask(turn, why.Length == 0 ? 0 : 1)];
    }

    private IEnumerable<RunEvent> Ask(WorkflowTurn turn, int item)
    {
        var prompt = turn.Say(_prompt.Render(turn.Scope).Trim(), item);
        turn.Wait(new AnswerQuestion(-1, prompt.Any() ? item : null));
        return prompt;
    }

    private IEnumerable<RunEvent> TakeDefault(WorkflowTurn turn)
    {
        turn.Memory.Counts.Remove(turn.Program.Steps[turn.Step].Id);
        turn.Memory.Set(_variable, _default.Evaluate(turn.Scope));
        return _defaultResponse is null ? [] : turn.Say(_defaultResponse.Render(turn.Scope).Trim());
    }
}
