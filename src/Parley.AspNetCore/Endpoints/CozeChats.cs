using Microsoft.AspNetCore.Http;
using Parley.Agents;
using Parley.AspNetCore.Http;
using Parley.Conversations;
using Parley.Protocols.Coze;
using Parley.Runs;

namespace Parley.AspNetCore.Endpoints;

/// <summary>Coze's chats: <c>/v3/chat</c> with what belongs to it, and chatflows.</summary>
internal static class CozeChats
{
    public static async Task CreateAsync(CozeCall call)
    {
        var asked = await ReadAsync(call, CozeReader.ReadChat);
        if (asked.Stream) call.Context.Features.Set(new CozeStreamed());
        var agent = call.AgentOf(asked.Agent, "bot_id");
        await AnswerAsync(call, await StartAsync(call, asked, agent, Protocol.Coze), asked.Stream);
    }

    public static async Task ChatflowAsync(CozeCall call)
    {
        call.Context.Features.Set(new CozeStreamed());
        var asked = CozeReader.ReadChatflow(await call.BodyAsync());
        var agent = call.AgentOf(asked.Agent, "workflow_id");
        await AnswerAsync(call, await StartAsync(call, asked, agent, Protocol.CozeWorkflow), stream: true);
    }

    public static async Task RetrieveAsync(CozeCall call)
        => await AnswerAsync(call, await call.ChatAsync(call.QueryId("conversation_id"), call.QueryId("chat_id")));

    public static async Task MessagesAsync(CozeCall call)
    {
        var runs = await call.ChatAsync(call.QueryId("conversation_id"), call.QueryId("chat_id"));
        var messages = new List<CozeMessage>();
        foreach (var run in runs)
        {
            // The outputs with which the chat went on; the question of the first run is not listed.
            if (run != runs[0]) await AddOutputsAsync(call, run, messages);
            messages.AddRange(new CozeView(run).Messages(await call.Runner.FoldAsync(run, call.Aborted), isLast: run == runs[^1]));
        }

        await call.AnswerAsync(line =>
        {
            line.Name("data"u8).Array();
            foreach (var message in messages) CozeWriter.WriteMessage(message, line);
            line.EndArray();
        });
    }

    public static async Task CancelAsync(CozeCall call)
    {
        var (conversation, chat) = CozeReader.ReadCancel(await call.BodyAsync());
        var runs = await call.ChatAsync(CozeCall.IdOf(conversation, "conversation_id"), CozeCall.IdOf(chat, "chat_id"));
        var ended = await call.Runner.CancelAsync(call.Owner, runs[^1].Id, call.Aborted);

        // Cancelled before or now is the same to the client. Python's create_and_poll relies on the code for all else.
        if (ended?.Status != RunStatus.Cancelled) throw new RunException(RunError.Rejected("The chat has ended and cannot be cancelled (chat_id).", "chat_id", "4104"));
        await AnswerAsync(call, [.. runs.SkipLast(1), ended]);
    }

    public static async Task SubmitAsync(CozeCall call)
    {
        var asked = await ReadAsync(call, CozeReader.ReadToolOutputs);
        if (asked.Stream) call.Context.Features.Set(new CozeStreamed());
        var runs = await call.ChatAsync(call.QueryId("conversation_id"), call.QueryId("chat_id"));
        var last = runs[^1];
        if (last.End is not RunSuspended suspended || !suspended.Required.Any(required => required is CallFunction))
            throw CozeCall.Refused("chat_id", "names a chat that does not wait for tool outputs");
        await RefuseIfGivenUpAsync(call, last);
        var agent = call.Agents.Find(last.Agent.Name) ?? throw new RunException(RunError.NotFound($"The agent \"{last.Agent.Name}\" of this chat does not exist any more.", "bot_id"));
        var rendering = CozeRendering.Of(last) with
        {
            Since = runs[0].CreatedAt,
            Spent = runs.Aggregate((Usage?)null, (sum, run) => Usage.Add(sum, run.End?.Usage)),
        };
        var live = await call.StartAsync(
            new RunRequest
            {
                Owner = call.Owner,
                Agent = agent,
                Dialect = last.Dialect == Protocol.CozeWorkflow ? Protocol.CozeWorkflow : Protocol.Coze,
                Rendering = rendering.ToJson(),
                Conversation = last.Conversation,
                Answers = last.Id,
                KeepsChat = true,
                Input = asked.Outputs,
                Request = last.Request,
                Metadata = last.Metadata,
                Background = !asked.Stream,
                OnDisconnect = Disconnect.PolicyOf(call.Context, agent, DisconnectPolicy.Continue),
                LeavesPathWhenCancelled = true,
            },
            "chat_id");
        await AnswerAsync(call, live, asked.Stream, runs);
    }

    private static async Task<LiveRun> StartAsync(CozeCall call, CozeChatRequest asked, Agent agent, Protocol dialect)
    {
        // The query's is the documented place; a client that names it in the body must not get a new conversation without a word.
        var named = call.Query("conversation_id") ?? asked.Conversation;
        var conversation = named is null ? default : CozeCall.IdOf(named, "conversation_id");
        if (asked.Input.Count == 0 && !await RemembersAsync(call, conversation))
            throw CozeCall.Refused("additional_messages", "is required where the conversation has no messages");
        return await call.Runner.StartAsync(
            new RunRequest
            {
                Owner = call.Owner,
                Agent = agent,
                Dialect = dialect,
                Rendering = new CozeRendering
                {
                    Bot = asked.Agent,
                    Verbose = call.Options.Verbose,
                    Sent = asked.Input.Count,
                    DebugUrl = dialect == Protocol.CozeWorkflow ? DebugUrlOf(call.Context.Request) : null,
                }.ToJson(),
                Conversation = conversation,
                New = new NewConversation(asked.ConversationName),
                Input = await CozeFiles.NameAsync(call, asked.Input),
                Request = await CozeUsers.WithVariablesAsync(call, asked.Request, agent),
                Metadata = asked.Metadata,
                Stored = asked.Stored,
                Background = !asked.Stream,
                OnDisconnect = Disconnect.PolicyOf(call.Context, agent, DisconnectPolicy.Continue),
                LeavesPathWhenCancelled = true,
            },
            call.Aborted);
    }

    // Whether an agent would be told anything: what was cleared stays listed, but is not remembered.
    private static async Task<bool> RemembersAsync(CozeCall call, Id named)
    {
        if (named.IsNone) return false;
        var conversation = await call.ConversationAsync(named);
        return !conversation.Head.IsNone
            && (await call.Store.FindMessageAsync(call.Owner, named, conversation.Head, call.Aborted) is not { } head || head.Section == conversation.Section);
    }

    // A later chat has told the agent that its calls are not answered, a new section or a deletion has taken them out of its sight: to answer
    // them after all would fork the conversation or hand the agent outputs of calls that it does not know.
    private static async Task RefuseIfGivenUpAsync(CozeCall call, Run waiting)
    {
        var conversation = await call.ConversationAsync(waiting.Conversation);
        if (conversation.Section != waiting.Section) throw CozeCall.Refused("chat_id", "names a chat from before the conversation was cleared");
        if (await call.Store.FindMessageAsync(call.Owner, waiting.Conversation, waiting.Tip, call.Aborted) is null)
            throw CozeCall.Refused("chat_id", "names a chat whose messages were deleted");
        if (conversation.Head == waiting.Tip) return;
        var since = await call.Store.ListMessagesAsync(
            new MessageQuery { Owner = call.Owner, Conversation = waiting.Conversation, Ascending = true, After = waiting.Tip, Take = 100 }, call.Aborted);
        if (since.Items.Any(message => !message.Run.IsNone)) throw CozeCall.Refused("chat_id", "names a chat whose tool calls were given up by a later message");
    }

    private static Task AnswerAsync(CozeCall call, LiveRun live, bool stream, IReadOnlyList<Run>? before = null)
    {
        RunHeaders.Write(call.Context, live.Header, stream);
        if (stream) return EventStream.SendAsync(call.Context, live, new CozeStreamWriter(live.Header), error => throw new RunException(error));

        // "in_progress" even if it has ended already: Python polls for as long as it reads exactly this.
        var accepted = live.Header with { Status = RunStatus.Running, End = null, EndedAt = null };
        return AnswerAsync(call, [.. before ?? [], accepted]);
    }

    // Cheap while it runs: clients poll ten times a second. Only what a suspended run waits for takes its events.
    private static async Task AnswerAsync(CozeCall call, IReadOnlyList<Run> runs)
    {
        var state = runs[^1].Status == RunStatus.Suspended ? await call.Runner.FoldAsync(runs[^1], call.Aborted) : null;
        await call.AnswerAsync(line => CozeWriter.WriteChat(CozeView.ChatOf(runs, state), line.Name("data"u8)));
    }

    private static async Task AddOutputsAsync(CozeCall call, Run run, List<CozeMessage> messages)
    {
        for (var i = 0; i < run.Input.Count; i++)
        {
            if (await call.Store.FindMessageAsync(call.Owner, run.Conversation, run.Input[i], call.Aborted) is { } input && CozeView.StoredMessage(input, run) is { } shown)
                messages.Add(shown);
        }
    }

    // A refusal is told as the client will read it, which a body that cannot be read whole may still say.
    private static async Task<T> ReadAsync<T>(CozeCall call, Func<ReadOnlyMemory<byte>, T> read)
    {
        var body = await call.BodyAsync();
        try
        {
            return read(body);
        }
        catch (RunException)
        {
            if (CozeReader.AsksForStream(body)) call.Context.Features.Set(new CozeStreamed());
            throw;
        }
    }

    // Where the chat can be looked at: on this server, and only with the caller's own key.
    private static string? DebugUrlOf(HttpRequest request)
        => !request.Host.HasValue ? null : $"{request.Scheme}://{request.Host}/v3/chat/retrieve?conversation_id={{conversation}}&chat_id={{chat}}";
}
