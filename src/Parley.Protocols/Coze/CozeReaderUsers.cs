using Parley.Conversations;

namespace Parley.Protocols.Coze;

/// <summary>Values of variables that a client sets for a user.</summary>
/// <param name="Bot">The agent as the client named it; null if it named an app.</param>
/// <param name="App">The app, if the client named one.</param>
/// <param name="User">The user, <c>connector_uid</c>.</param>
/// <param name="Values">The values, by name.</param>
public sealed record CozeVariables(string? Bot, string? App, string User, ValueList<KeyValuePair<string, string>> Values);

public static partial class CozeReader
{
    private const int MostReasons = 10;
    private const int LongestReason = 30;
    private const int LongestComment = 250;
    private const int MostVariables = 100;
    private const int LongestVariableName = 128;
    private const int LongestVariable = 10_000;

    /// <summary>The body of <c>POST /v1/conversations/{id}/messages/{id}/feedback</c>.</summary>
    public static Feedback ReadFeedback(ReadOnlyMemory<byte> body)
    {
        var fields = CozeFields.Of(body);
        var verdict = fields.Required("feedback_type") switch
        {
            "like" => Verdict.Like,
            "unlike" => Verdict.Unlike,
            _ => throw fields.Wrong("feedback_type", "must be like or unlike"),
        };
        var comment = fields.Text("comment") ?? "";
        if (CozeFields.Length(comment) > LongestComment) throw fields.Wrong("comment", $"must have at most {LongestComment} characters");
        return new Feedback(verdict, fields.Texts("reason_types", MostReasons, LongestReason), comment);
    }

    /// <summary>The body of <c>PUT /v1/variables</c>.</summary>
    public static CozeVariables ReadVariables(ReadOnlyMemory<byte> body)
    {
        var fields = CozeFields.Of(body);
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var item in fields.Objects("data", MostVariables))
        {
            var name = item.Required("keyword");
            if (CozeFields.Length(name) > LongestVariableName) throw item.Wrong("keyword", $"must have at most {LongestVariableName} characters");
            var value = item.Text("value") ?? throw item.Wrong("value", "is required");
            if (CozeFields.Length(value) > LongestVariable) throw item.Wrong("value", $"must have at most {LongestVariable} characters");
            values[name] = value;
        }

        if (values.Count == 0) throw fields.Wrong("data", "is required");
        return new CozeVariables(NotEmpty(fields.Text("bot_id")), NotEmpty(fields.Text("app_id")), fields.Required("connector_uid"), values.ToValueList());
    }
}
