using Microsoft.Extensions.Logging;
using static Parley.AspNetCore.Configuration.Notations;

namespace Parley.AspNetCore.Configuration;

/// <summary>Every setting there is, one line each. Defaults stand in the options records.</summary>
internal static class SettingTable
{
    public static IReadOnlyList<Setting> All { get; } =
    [
        Setting.Of("server.url", ListenUrl, s => s.Server.Url, (s, v) => s with { Server = s.Server with { Url = v } }, "where the server listens"),
        Setting.Of("server.log", Choice<LogLevel>(), s => s.Server.Log, (s, v) => s with { Server = s.Server with { Log = v } }, "how much it logs"),
        Setting.Of("server.guard", Fraction, s => s.Server.Guard, (s, v) => s with { Server = s.Server with { Guard = v } }, "which part of all streams is checked as it is sent; what breaks a rule is logged"),
        Setting.Of("storage.durability", Choice<Durability>(), s => s.Storage.Durability, (s, v) => s with { Storage = s.Storage with { Durability = v } },
            "what is on disk before it is sent: relaxed (all but deltas, which follow within 50 ms) or strict (everything)"),
        Setting.Of("retention.events", Duration, s => s.Retention.Events, (s, v) => s with { Retention = s.Retention with { Events = v } }, "how long the events of ended runs are kept"),
        Setting.Of("retention.messages", Duration, s => s.Retention.Messages, (s, v) => s with { Retention = s.Retention with { Messages = v } }, "how long messages are kept"),
        Setting.Of("retention.files", Duration, s => s.Retention.Files, (s, v) => s with { Retention = s.Retention with { Files = v } }, "how long uploaded files are kept"),
        Setting.Of("retention.sweep", Wait, s => s.Retention.Sweep, (s, v) => s with { Retention = s.Retention with { Sweep = v } }, "how often what is too old is removed"),
        Setting.Of("limits.body", Size, s => s.Limits.Body, (s, v) => s with { Limits = s.Limits with { Body = v } }, "the largest body of a request"),
        Setting.Of("limits.upload", Size, s => s.Limits.Upload, (s, v) => s with { Limits = s.Limits with { Upload = v } }, "the largest file that may be uploaded"),
        Setting.Of("limits.headers", Wait, s => s.Limits.Headers, (s, v) => s with { Limits = s.Limits with { Headers = v } }, "how long a client may take to send the head of a request"),
        Setting.Of("limits.unread", Wait, s => s.Limits.Unread, (s, v) => s with { Limits = s.Limits with { Unread = v } }, "how long a client may take nothing of a stream that waits for it"),
        Setting.Of("limits.shutdown", WaitOrNone, s => s.Limits.Shutdown, (s, v) => s with { Limits = s.Limits with { Shutdown = v } }, "how long running streams may go on when the server is asked to stop"),
        Setting.Of("chat_completions.reasoning", Switch, s => s.ChatCompletions.Reasoning, (s, v) => s with { ChatCompletions = s.ChatCompletions with { Reasoning = v } },
            "whether answers show reasoning, as reasoning_content"),
        Setting.Of("coze.http_statuses", Switch, s => s.Coze.HttpStatuses, (s, v) => s with { Coze = s.Coze with { HttpStatuses = v } }, "errors of calls that are not streamed get statuses of their own instead of 200"),
        Setting.Of("coze.verbose", Switch, s => s.Coze.Verbose, (s, v) => s with { Coze = s.Coze with { Verbose = v } }, "answers end with messages of the type verbose, such as generate_answer_finish"),
        Setting.Of("tongyi.dialect", Dialect, s => s.Tongyi.Dialect, (s, v) => s with { Tongyi = s.Tongyi with { Dialect = v } },
            "how answers are streamed: auto (as the request's client understands them), incremental (pieces) or cumulative (the whole text so far, each time)"),
        Setting.Of("tongyi.guests", Switch, s => s.Tongyi.Guests, (s, v) => s with { Tongyi = s.Tongyi with { Guests = v } }, "anybody may ask as a guest, without a key"),
        Setting.Of("workflows.hosts", Hosts, s => s.Workflows.Hosts, (s, v) => s with { Workflows = s.Workflows with { Hosts = v } }, "the hosts that workflows may call"),
        Setting.Of("workflows.steps", Integer(1, 100_000_000), s => s.Workflows.Steps, (s, v) => s with { Workflows = s.Workflows with { Steps = v } },
            "how many actions a workflow may execute from one wait to the next"),
        Setting.Of("workflows.time", Wait, s => s.Workflows.Time, (s, v) => s with { Workflows = s.Workflows with { Time = v } }, "how long a workflow may run from one wait to the next"),
        Setting.Of("workflows.env", Names, s => s.Workflows.Env, (s, v) => s with { Workflows = s.Workflows with { Env = v } }, "the environment's variables that workflows see as Env.NAME"),
    ];

    /// <summary>The setting at a path, or null.</summary>
    public static Setting? Find(string path) => All.FirstOrDefault(setting => setting.Path == path);
}
