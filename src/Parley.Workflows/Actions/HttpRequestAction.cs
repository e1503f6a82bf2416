using System.Runtime.CompilerServices;
using System.Text;
using Parley.Runs;
using Parley.Workflows.Engine;
using Parley.Workflows.Outside;
using Parley.Workflows.PowerFx;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Actions;

/// <summary>
/// <c>HttpRequestAction</c>: calls a server. A body that is JSON becomes a record or a table, any other a text. An answer that says no fails the action; the
/// call has a key by which the server can tell that it is the same one again.
/// </summary>
internal sealed class HttpRequestAction : IWorkflowAction
{
    private const string KeyHeader = "Idempotency-Key";

    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

    private readonly WorkflowValue _url;
    private readonly WorkflowValue? _method;
    private readonly IReadOnlyList<KeyValuePair<string, WorkflowValue>> _headers;
    private readonly IReadOnlyList<KeyValuePair<string, WorkflowValue>> _query;
    private readonly string _bodyKind = "NoRequestContent";
    private readonly WorkflowValue? _content;
    private readonly WorkflowValue? _contentType;
    private readonly WorkflowValue? _time;
    private readonly WorkflowValue? _conversation;
    private readonly VariablePath? _response;
    private readonly VariablePath? _responseHeaders;

    private HttpRequestAction(WorkflowNode node)
    {
        (_url, _method) = (node.RequiredValue("url"), node.Value("method"));
        (_headers, _query) = (OutsideHeaders.Read(node), node.Values("queryParameters"));
        if (node.Part("body") is { } body)
        {
            _bodyKind = body.Choice("kind", "NoRequestContent", "JsonRequestContent", "RawRequestContent");
            (_content, _contentType) = (body.Value("content"), body.Value("contentType"));
            if (_bodyKind != "NoRequestContent" && _content is null) body.Fail("content", "is missing");
            body.End();
        }

        OutsideHeaders.WarnOfConnection(node);
        (_time, _conversation) = (node.Value("requestTimeoutInMilliseconds"), node.Value("conversationId"));
        (_response, _responseHeaders) = (node.Variable("response"), node.Variable("responseHeaders"));
    }

    public bool ActsOutside => true;

    public static IWorkflowAction Read(WorkflowNode node) => new HttpRequestAction(node);

    public async IAsyncEnumerable<RunEvent> RunAsync(WorkflowTurn turn, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var calls = turn.Services.Outside ?? throw new WorkflowException("no host may be called here", "host_not_allowed");
        using var request = new HttpRequestMessage(MethodOf(turn.Scope), calls.Allow(UrlOf(turn.Scope))) { Content = ContentOf(turn.Scope) };
        OutsideHeaders.Add(request, _headers, turn.Scope);
        if (!request.Headers.Contains(KeyHeader)) OutsideCalls.AddHeader(request, KeyHeader, turn.Key);
        var (headers, text) = await calls.SendAsync(request, TimeOf(turn.Scope), ReadAsync, cancellationToken).ConfigureAwait(false);
        if (_response is not null) turn.Memory.Set(_response, OutsideValue.Of(text));
        if (_responseHeaders is not null) turn.Memory.Set(_responseHeaders, headers);
        foreach (var said in await ConversationItems.AddAsync(turn, _conversation, text, cancellationToken).ConfigureAwait(false)) yield return said;
    }

    private static async Task<(FxRecord Headers, string Text)> ReadAsync(HttpResponseMessage response, Stream body, CancellationToken cancellationToken)
    {
        var text = await OutsideCalls.ReadTextAsync(response, body, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode) throw OutsideCalls.Refusal(response, text);
        var headers = response.Headers.Concat(response.Content.Headers).Select(header => new FxField(header.Key, new FxText(string.Join(',', header.Value))));
        return (new FxRecord(headers.ToValueList()), text);
    }

    private HttpMethod MethodOf(FxScope scope)
    {
        var text = _method?.Evaluate(scope).ToString() is { Length: > 0 } given ? given.ToUpperInvariant() : "GET";
        return Methods.Contains(text) ? new HttpMethod(text) : throw new WorkflowException($"method must be one of {string.Join(", ", Methods)}", "http_method");
    }

    private string UrlOf(FxScope scope)
    {
        var url = new StringBuilder(_url.Evaluate(scope).ToString().Trim());
        var fragment = url.ToString().IndexOf('#', StringComparison.Ordinal);
        if (fragment >= 0) url.Length = fragment;
        var mark = url.ToString().Contains('?', StringComparison.Ordinal) ? '&' : '?';
        foreach (var (name, value) in _query)
        {
            var given = value.Evaluate(scope);
            if (given is FxBlank) continue;
            var text = given is FxRecord or FxTable ? FxJson.Compact(given) : given is FxBoolean flag ? flag.Value ? "true" : "false" : given.ToString();
            url.Append(mark).Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(text));
            mark = '&';
        }

        return url.ToString();
    }

    private StringContent? ContentOf(FxScope scope)
    {
        if (_bodyKind == "NoRequestContent" || _content is null) return null;
        var value = _content.Evaluate(scope);
        if (_bodyKind == "JsonRequestContent")
        {
            // A text that is JSON is meant as such, and not as a text within JSON.
            var json = value is FxText { Value: var text } && OutsideValue.Of(text) is FxRecord or FxTable ? text : FxJson.Compact(value);
            return NewContent(json, "application/json");
        }

        var type = _contentType?.Evaluate(scope).ToString() is { Length: > 0 } given ? given : "text/plain; charset=utf-8";
        return NewContent(value.ToString(), type);
    }

    private static StringContent NewContent(string text, string type)
    {
        var content = new StringContent(text, Encoding.UTF8);
        content.Headers.Remove("Content-Type");
        if (type.AsSpan().IndexOfAny('\r', '\n', '\0') >= 0 || !content.Headers.TryAddWithoutValidation("Content-Type", type)) throw new WorkflowException("contentType is no media type", "http_header");
        return content;
    }

    private TimeSpan TimeOf(FxScope scope) => _time?.Evaluate(scope) switch
    {
        null or FxBlank => OutsideCalls.UsualTime,
        FxNumber { Value: > 0 and <= int.MaxValue and var number } => TimeSpan.FromMilliseconds((double)number),
        _ => throw new WorkflowException("requestTimeoutInMilliseconds must be a number above 0", "http_timeout"),
    };
}
