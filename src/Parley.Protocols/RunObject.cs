using System.Globalization;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols;

/// <summary>A run in Parley's own JSON: what every protocol's run has, and what none of them tells.</summary>
public static class RunObject
{
    /// <summary>Whether the fold of the run's events is needed to tell all of it.</summary>
    public static bool NeedsState(Run run) => run.Status == RunStatus.Suspended || run.EventCount == 0;

    /// <summary>The word for where a run stands.</summary>
    public static string StatusOf(Run run) => Word(run.Status);

    /// <summary>Writes a run.</summary>
    /// <param name="run">Its header.</param>
    /// <param name="state">Its fold, where <see cref="NeedsState"/> asks for it.</param>
    /// <param name="chat">The runs of its chat, oldest first.</param>
    /// <param name="onDisconnect">Its policy, in the notation of requests.</param>
    /// <param name="json">Where it goes.</param>
    public static void Write(Run run, RunState? state, IReadOnlyList<Run> chat, string onDisconnect, JsonLine json)
    {
        var format = StreamFormat.Of(run.Dialect);
        json.Object().String("id"u8, format.RunId(run));
        json.Name("ids"u8).Object();
        foreach (var other in StreamFormat.All) json.Name(other.Protocol.Name).String(other.RunId(run));
        json.EndObject();
        json.String("status"u8, StatusOf(run));
        json.String("agent"u8, run.Agent.Name);
        json.String("dialect"u8, run.Dialect.Name);
        Text(json, "conversation"u8, run.Detached ? null : format.ConversationId(run.Conversation));
        Text(json, "continues"u8, run.Continues.IsNone ? null : format.RunId(run with { Id = run.Continues }));
        json.Name("chat"u8).Array();
        foreach (var one in chat) json.String(format.RunId(one));
        json.EndArray();
        json.Name("background"u8).Bool(run.Background);
        json.String("on_disconnect"u8, onDisconnect);
        WriteWaits(run, state, json.Name("waits_for"u8));
        WriteUsage(run.Usage ?? run.End?.Usage, json.Name("usage"u8));
        json.Name("losses"u8).Array();
        foreach (var loss in run.Losses) json.String(loss);
        json.EndArray();
        WriteError((run.End as RunFailed)?.Error, json.Name("error"u8));
        json.Number("events"u8, run.EventCount > 0 ? run.EventCount : state?.Count ?? 0);
        WriteTimes(run, run.StartedAt ?? (state is { Started: true } ? state.StartedAt : null), run.FirstTextAt ?? state?.FirstTextAt, json);
        json.EndObject();
    }

    private static void WriteWaits(Run run, RunState? state, JsonLine json)
    {
        json.Array();
        foreach (var required in run.End is RunSuspended suspended && state is not null ? suspended.Required : [])
        {
            // Where the events have expired and a message was deleted, its item is gone.
            var item = state!.Items.ElementAtOrDefault(required.Item);
            json.Object().String("type"u8, required switch
            {
                CallFunction => "function_call",
                AnswerQuestion => "answer",
                Approve => "approval",
                Authorize => "authorization",
                _ => "input",
            });
            if (item is { Head: ToolCallItem call }) json.String("call_id"u8, call.CallId).String("name"u8, call.Name).String("arguments"u8, item.Input);
            if (required is Authorize authorize) json.String("link"u8, authorize.Link);
            json.EndObject();
        }

        json.EndArray();
    }

    private static void WriteUsage(Usage? usage, JsonLine json)
    {
        if (usage is null)
        {
            json.Null();
            return;
        }

        json.Object().Number("input"u8, usage.Input).Number("output"u8, usage.Output).Number("total"u8, usage.Sum);
        if (usage.CachedInput is { } cached) json.Number("cached_input"u8, cached);
        if (usage.Reasoning is { } reasoning) json.Number("reasoning"u8, reasoning);
        json.String("quality"u8, Word(usage.Quality)).EndObject();
    }

    private static void WriteError(RunError? error, JsonLine json)
    {
        if (error is null)
        {
            json.Null();
            return;
        }

        json.Object().String("side"u8, Word(error.Side)).String("cause"u8, Word(error.Cause)).String("message"u8, error.PublicMessage);
        if (error is { Public: true, Code: { } code }) json.String("code"u8, code);
        json.EndObject();
    }

    private static void WriteTimes(Run run, DateTimeOffset? started, DateTimeOffset? firstText, JsonLine json)
    {
        json.String("created_at"u8, Time(run.CreatedAt));
        WriteTime(json, "started"u8, started, run.CreatedAt);
        WriteTime(json, "first_text"u8, firstText, run.CreatedAt);
        WriteTime(json, "ended"u8, run.EndedAt, run.CreatedAt);
    }

    private static void WriteTime(JsonLine json, ReadOnlySpan<byte> name, DateTimeOffset? at, DateTimeOffset since)
    {
        json.Name(name);
        if (at is { } time) json.Object().String("at"u8, Time(time)).Name("after_ms"u8).Number((time - since).TotalMilliseconds).EndObject();
        else json.Null();
    }

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string Word<T>(T value) where T : struct, Enum => value switch
    {
        ErrorCause.NotFound => "not_found",
        ErrorCause.TimedOut => "timed_out",
        _ => value.ToString().ToLowerInvariant(),
    };

    private static void Text(JsonLine json, ReadOnlySpan<byte> name, string? text)
    {
        json.Name(name);
        if (text is null) json.Null();
        else json.String(text);
    }
}
