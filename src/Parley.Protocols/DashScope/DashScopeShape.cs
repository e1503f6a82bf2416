using System.Buffers;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.DashScope;

/// <summary>The JSON around what an answer says, the same in streams and whole answers: a model's, or an application's.</summary>
internal sealed class DashScopeShape
{
    private readonly string _session;
    private readonly string _model;
    private byte[]? _beforeText;
    private byte[]? _afterText;

    private DashScopeShape(bool isApp, string session, string request, string model) => (IsApp, _session, Request, _model) = (isApp, session, request, model);

    public bool IsApp { get; }

    public string Request { get; }

    /// <summary>What stands before the text in a frame that has nothing else.</summary>
    public ReadOnlySpan<byte> BeforeText => (_beforeText ??= Split().Before);

    /// <summary>What stands behind it.</summary>
    public ReadOnlySpan<byte> AfterText => (_afterText ??= Split().After);

    public static DashScopeShape Of(Run run, bool isApp, bool keepPeerIds)
    {
        var peer = keepPeerIds ? DashScopeUpstream.Of(run.Upstream) : null;
        return new DashScopeShape(isApp, peer?.Session ?? HexId.Render(run.Conversation, run.Conversation), peer?.Request ?? RequestOf(run.Conversation, run.Id), run.Agent.Name);
    }

    /// <summary>A run's id in DashScope's form.</summary>
    public static string RequestOf(Id conversation, Id run) => Guid.ParseExact(HexId.Render(conversation, run), "N").ToString("D");

    /// <summary>Begins an answer, up to the members of what is said.</summary>
    public JsonLine Begin(IBufferWriter<byte> into)
    {
        var json = new JsonLine(into, JsonEscaping.Minimal).Object().Name("output"u8).Object();
        return IsApp ? json : json.Name("choices"u8).Array().Object().Name("message"u8).Object();
    }

    /// <summary>Ends it.</summary>
    public void End(JsonLine json, string finish, Usage? usage, ValueList<Source> found = default)
    {
        if (IsApp)
        {
            if (found.Count > 0) DashScopeSources.Write(json.Name("doc_references"u8), found, isApp: true);
            json.String("session_id"u8, _session).String("finish_reason"u8, finish);
        }
        else
        {
            json.String("role"u8, "assistant").EndObject().String("finish_reason"u8, finish).EndObject().EndArray();
            if (found.Count > 0)
            {
                DashScopeSources.Write(json.Name("search_info"u8).Object().Name("search_results"u8), found, isApp: false);
                json.EndObject();
            }
        }

        json.EndObject().Name("usage"u8);
        DashScopeUsage.Write(json, usage, IsApp ? _model : null);
        json.String("request_id"u8, Request).EndObject();
    }

    /// <summary>Writes a frame that tells what was found, and nothing else.</summary>
    public void WriteFound(IBufferWriter<byte> into, ValueList<Source> found)
        => End(Begin(into).String(IsApp ? "text"u8 : "content"u8, ""), DashScopeFinish.None, null, found);

    /// <summary>Writes reasoning as an application tells it.</summary>
    public static void WriteThought(JsonLine json, string text)
        => json.Name("thoughts"u8).Array().Object().String("thought"u8, text)
            .String("action_type"u8, DashScopeThought.Reasoning).String("action_name"u8, DashScopeThought.Reasoning).String("action"u8, DashScopeThought.Reasoning)
            .EndObject().EndArray();

    private (byte[] Before, byte[] After) Split()
    {
        // A character that stands in no other member.
        const string mark = "\u0001";
        var whole = new ArrayBufferWriter<byte>();
        End(Begin(whole).String(IsApp ? "text"u8 : "content"u8, mark), DashScopeFinish.None, null);
        var at = whole.WrittenSpan.IndexOf("\\u0001"u8);
        return (whole.WrittenSpan[..at].ToArray(), whole.WrittenSpan[(at + 6)..].ToArray());
    }
}
