using System.Runtime.CompilerServices;
using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.Outside;
using Parley.Workflows.PowerFx;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Actions;

/// <summary>
/// <c>InvokeMcpTool</c>: calls a tool of an MCP server, after leave was given if that is asked for. The result is a table of what the tool answered; what it
/// says went wrong is a result that begins with Error. The tool <c>tools/list</c> lists the tools.
/// </summary>
internal sealed class InvokeMcpTool : IWorkflowAction
{
    private const string ListTool = "tools/list";

    private readonly WorkflowValue _server;
    private readonly WorkflowValue _tool;
    private readonly WorkflowValue? _label;
    private readonly WorkflowValue? _needsApproval;
    private readonly IReadOnlyList<KeyValuePair<string, WorkflowValue>> _arguments;
    private readonly IReadOnlyList<KeyValuePair<string, WorkflowValue>> _headers;
    private readonly ToolOutput _output;

    private InvokeMcpTool(WorkflowNode node)
    {
        (_server, _tool, _label) = (node.RequiredValue("serverUrl"), node.RequiredValue("toolName"), node.Value("serverLabel"));
        (_needsApproval, _arguments, _headers) = (node.Value("requireApproval"), node.Values("arguments"), OutsideHeaders.Read(node));
        OutsideHeaders.WarnOfConnection(node);
        _output = ToolOutput.Read(node);
    }

    public bool ActsOutside => true;

    public static IWorkflowAction Read(WorkflowNode node) => new InvokeMcpTool(node);

    public async IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var calls = turn.Services.Outside ?? throw new WorkflowException("no host may be called here", "host_not_allowed");
        var waited = turn.Answer is null ? null : ToolApproval.Of(turn);
        var call = waited ?? new ToolApproval(_tool.Evaluate(turn.Scope).ToString(), ToolApproval.ArgumentsOf(turn, _arguments), _server.Evaluate(turn.Scope).ToString());
        if (call.Name.Length == 0) throw new WorkflowException("toolName is blank", "tool_name");
        var url = calls.Allow(call.Server);
        var granted = waited is not null ? ToolApproval.IsGranted(turn) : _needsApproval?.Evaluate(turn.Scope) is FxBoolean { Value: true } ? null : true;
        if (granted is null)
        {
            foreach (var asked in call.Ask(turn, LabelOf(turn, url))) yield return asked;
            yield break;
        }

        if (granted is false)
        {
            _output.Refuse(turn, "MCP tool invocation was not approved by user.");
            yield break;
        }

        var client = new McpClient(calls, url, request => OutsideHeaders.Add(request, _headers, turn.Scope));
        var answer = await AnswerAsync(client, call, turn.Key, cancellationToken).ConfigureAwait(false);
        if (answer.Failure is { } failure) _output.Refuse(turn, failure);
        else
            foreach (var said in await _output.TakeAsync(turn, answer.Result, answer.Text, cancellationToken).ConfigureAwait(false)) yield return said;
    }

    private static async Task<McpAnswer> AnswerAsync(McpClient client, ToolApproval call, string key, CancellationToken cancellationToken)
    {
        await client.OpenAsync(cancellationToken).ConfigureAwait(false);
        var answer = call.Name == ListTool
            ? await client.ListToolsAsync(cancellationToken).ConfigureAwait(false)
            : await client.CallToolAsync(call.Name, call.Arguments, key, cancellationToken).ConfigureAwait(false);
        await client.CloseAsync(cancellationToken).ConfigureAwait(false);
        return answer;
    }

    private string LabelOf(WorkflowTurn turn, Uri server) => _label?.Evaluate(turn.Scope).ToString() is { Length: > 0 } label ? label : server.Host;
}
