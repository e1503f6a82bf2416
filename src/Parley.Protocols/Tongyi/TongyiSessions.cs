using System.Globalization;
using System.Text.Json;
using Parley.Conversations;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Protocols.Tongyi;

/// <summary>A request about a session; what a route does not need, it does not look at.</summary>
public sealed record TongyiSessionRequest
{
    /// <summary>The session; empty if none is named.</summary>
    public string Session { get; init; } = "";

    /// <summary>Its kind, for one that is made.</summary>
    public string SessionType { get; init; } = "";

    /// <summary>The message in it; empty if none is named.</summary>
    public string Message { get; init; } = "";

    /// <summary>What it is to be called; null if that is not said.</summary>
    public string? Summary { get; init; }

    /// <summary>The first question of one that is made.</summary>
    public string FirstQuery { get; init; } = "";

    /// <summary>What the names of listed ones must contain; empty for anything.</summary>
    public string Keyword { get; init; } = "";

    /// <summary>The page of a list, from 1.</summary>
    public int Page { get; init; } = 1;

    /// <summary>How many a page has.</summary>
    public int PageSize { get; init; } = TongyiSessions.UsualPage;
}

/// <summary>Sessions, both ways: what is asked about them, and how they are shown.</summary>
public static class TongyiSessions
{
    /// <summary>So many sessions are listed where the client does not say how many; upstream's clients know of no pages.</summary>
    public const int UsualPage = 200;

    private const int LargestPage = 1000;
    private const int LastPage = 1_000_000;
    private const int LongestSummary = 100;
    private const int TitleLength = 50;

    // One character can have any number of marks.
    private const int MostChars = 400;

    private const string UsualType = "text_chat";

    /// <summary>Reads the body of a request about sessions; clients send none where they have nothing to say.</summary>
    public static TongyiSessionRequest Read(ReadOnlyMemory<byte> body)
        => body.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0 ? new() : OpenAiBody.Read(body, root => new TongyiSessionRequest
        {
            Session = TongyiRequestReader.ReadId(root, "sessionId"),
            SessionType = TongyiRequestReader.ReadId(root, "sessionType"),
            Message = TongyiRequestReader.ReadId(root, "msgId"),
            Summary = SummaryOf(root),
            FirstQuery = root.OptionalString("firstQuery", "") ?? "",
            Keyword = root.OptionalString("keyword", "") ?? "",
            Page = Number(root, "pageNo", 1, LastPage),
            PageSize = Number(root, "pageSize", UsualPage, LargestPage),
        });

    /// <summary>A session as the client calls it.</summary>
    public static string IdOf(Conversation conversation) => conversation.ExternalId ?? TongyiIds.OfSession(conversation.Id);

    /// <summary>What is kept of a session's kind; null for the usual one.</summary>
    public static Leftover? LeftoverOf(string sessionType) => sessionType is "" or UsualType
        ? null
        : new Leftover(Protocol.Tongyi, JsonLine.ToRawJson(json => json.Object().String("sessionType"u8, sessionType).EndObject()));

    /// <summary>What a session is called after its first question: the beginning of its first line.</summary>
    public static string TitleOf(IEnumerable<InputItem> questions)
    {
        foreach (var question in questions)
            if (TitleOf(Contents.TextOf(question.Content)) is { Length: > 0 } title) return title;
        return "";
    }

    /// <inheritdoc cref="TitleOf(IEnumerable{InputItem})"/>
    public static string TitleOf(string question)
    {
        var text = question.AsSpan().Trim();
        if (text.IndexOfAny('\r', '\n') is var end and >= 0) text = text[..end].TrimEnd();
        var length = 0;
        for (var taken = 0; taken < TitleLength && length < text.Length; taken++)
        {
            var next = StringInfo.GetNextTextElementLength(text[length..]);
            if (length + next > MostChars)
            {
                if (length == 0) length = char.IsHighSurrogate(text[MostChars - 1]) ? MostChars - 1 : MostChars;
                break;
            }

            length += next;
        }

        return length == text.Length ? text.ToString() : $"{text[..length].TrimEnd()}…";
    }

    /// <summary>A session in a list.</summary>
    public static void Write(Conversation conversation, string summary, JsonLine line) => line.Object()
        .Name("canShare"u8).Bool(true)
        .Number("createTime"u8, conversation.CreatedAt.ToUnixTimeMilliseconds())
        .String("errorMsg"u8, "")
        .Number("modifiedTime"u8, conversation.UpdatedAt.ToUnixTimeMilliseconds())
        .String("sessionId"u8, IdOf(conversation))
        .String("sessionType"u8, TypeOf(conversation))
        .Number("status"u8, 1)
        .String("summary"u8, summary)
        .String("userId"u8, conversation.Owner)
        .EndObject();

    /// <summary>A session that was made.</summary>
    public static void WriteMade(Conversation conversation, JsonLine line) => line.Object()
        .String("sessionId"u8, IdOf(conversation)).String("summary"u8, conversation.Name).String("userId"u8, conversation.Owner)
        .EndObject();

    private static string TypeOf(Conversation conversation)
    {
        if (conversation.Leftover is not { } leftover || leftover.Protocol != Protocol.Tongyi) return UsualType;
        return TongyiInner.TextOf(JsonElement.Parse(leftover.Members.Text), "sessionType") ?? UsualType;
    }

    private static string? SummaryOf(JsonElement root)
    {
        var summary = root.OptionalString("summary", "");
        return summary is null || (summary.Length <= MostChars && new StringInfo(summary).LengthInTextElements <= LongestSummary)
            ? summary
            : throw OpenAiJson.Invalid("summary", $"'summary' is longer than {LongestSummary} characters, or {MostChars} with their marks.");
    }

    private static int Number(JsonElement root, string name, int otherwise, int most)
    {
        if (root.OptionalInteger(name) is not { } number) return otherwise;
        return number >= 1 && number <= most ? (int)number : throw OpenAiJson.Invalid(name, $"'{name}' must be a whole number from 1 to {most}.");
    }
}
