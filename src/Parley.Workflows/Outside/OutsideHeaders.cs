using Parley.Workflows.Engine;
using Parley.Workflows.PowerFx;
using Parley.Workflows.Reading;

namespace Parley.Workflows.Outside;

/// <summary>Headers that a workflow sets on its calls.</summary>
internal static class OutsideHeaders
{
    // What says where a message ends or whom it is for is not the workflow's to set.
    private static readonly string[] Reserved = ["Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "TE", "Trailer", "Expect"];

    /// <summary>Reads the property <c>headers</c>.</summary>
    public static IReadOnlyList<KeyValuePair<string, WorkflowValue>> Read(WorkflowNode node)
    {
        var headers = node.Values("headers");
        foreach (var (name, _) in headers)
            if (Reserved.Contains(name, StringComparer.OrdinalIgnoreCase)) node.Fail("headers", $"{name} is set by the server itself");
        return headers;
    }

    /// <summary>Puts them on a call; an empty one is left out.</summary>
    public static void Add(HttpRequestMessage request, IReadOnlyList<KeyValuePair<string, WorkflowValue>> headers, FxScope scope)
    {
        foreach (var (name, value) in headers)
            if (value.Evaluate(scope).ToString() is { Length: > 0 } text) OutsideCalls.AddHeader(request, name, text);
    }

    /// <summary>Reads the property <c>connection</c>, which names credentials that the platform keeps.</summary>
    public static void WarnOfConnection(WorkflowNode node)
    {
        if (node.Has("connection")) node.Findings.Warn(node.Find("connection"), node.Name("connection"), "there are no connections here; what a server asks for stands in headers, such as =Env.NAME");
    }
}
