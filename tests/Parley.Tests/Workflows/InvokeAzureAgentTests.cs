using System.Runtime.CompilerServices;
using Parley.Agents;
using Parley.Runs;

namespace Parley.Tests.Workflows;

/// <summary>A workflow asks another agent: which one, what becomes of what it says, and how it goes on where it waited.</summary>
public sealed class InvokeAzureAgentTests
{
    private const string Clerk = """
        kind: Workflow
        trigger:
          kind: OnConversationStart
          id: t
          actions:
            - {kind: SendActivity, id: look, activity: Looking}
            - {kind: Question, id: ask, variable: Local.A, prompt: Which?}
            - {kind: SendActivity, id: find, activity: 'Found {Local.A}'}
        """;

    [Fact]
    public async Task The_version_that_is_named_is_asked_and_is_the_same_as_long_as_the_call_goes_on()
    {
        await using var talk = new WorkflowTalk(Flow("""
            - kind: InvokeAzureAgent
              id: call
              agent: {name: '=If(IsBlank(Local.Said), "clerk", "nobody")', version: '{If(IsBlank(Local.Said), 1, 2)}'}
              conversationId: =If(IsBlank(Local.Said), "", "nowhere")
              input: {messages: =System.LastMessageText, externalLoop: {when: '=System.LastMessageText <> "bye"'}}
              output: {messages: Local.Said}
            - {kind: InvokeAzureAgent, id: newer, agent: {name: clerk, version: 2}}
            - {kind: InvokeAzureAgent, id: newest, agent: {name: clerk, version: 3}}
            """));
        talk.Add("clerk:1", new EchoAgent(new EchoOptions { Text = "one" }, TimeProvider.System));
        talk.Add("clerk:2", new EchoAgent(new EchoOptions { Text = "two" }, TimeProvider.System));
        Assert.Equal("one\n(ProvideInput)", await talk.SayAsync("Hi"));
        Assert.Equal("one\ntwo\n(Action newest (InvokeAzureAgent, line 13): there is no version 3 of agent clerk)", await talk.SayAsync("bye"));
    }

    [Fact]
    public async Task An_approval_reaches_the_agent_as_one_of_its_own_item()
    {
        await using var talk = new WorkflowTalk(Flow("""
            - {kind: SendActivity, id: first, activity: One moment.}
            - kind: InvokeAzureAgent
              id: call
              agent: {name: careful}
              input: {messages: =System.LastMessageText}
            """));
        var careful = new CarefulAgent();
        talk.Add("careful", careful);
        Assert.Equal("One moment.\n(Approve)", await talk.SayAsync("Hi"));
        var request = talk.State.Items.Single(item => item.Head is ApprovalRequestItem).Id;
        Assert.Equal("(done)", await talk.SendAsync(new InputItem(new ApprovalReplyItem(request, true), default)));
        Assert.Equal("mcpr_peer", careful.Approved);
    }

    [Fact]
    public async Task What_an_agent_said_before_it_waited_is_part_of_its_answer_and_of_its_conversation()
    {
        await using var talk = new WorkflowTalk(Flow("""
            - {kind: CreateConversation, id: create, conversationId: Local.C}
            - kind: InvokeAzureAgent
              id: call
              agent: {name: clerk}
              conversationId: =Local.C
              input: {messages: =System.LastMessageText}
              output: {messages: Local.Said}
            - {kind: RetrieveConversationMessages, id: all, conversationId: =Local.C, messages: Local.All, sortOrder: OldestFirst}
            - {kind: SendActivity, id: show, activity: '{Concat(Local.Said, Text, ",")}; {Concat(Local.All, Text, ",")}'}
            """));
        talk.AddFlow("clerk", Clerk);
        Assert.Equal("Looking\nWhich?\n(AnswerQuestion)", await talk.SayAsync("Hi"));
        Assert.Equal("Found red\nLooking,Which?,Found red; Hi,Looking,Which?,red,Found red\n(done)", await talk.SayAsync("red"));
    }

    [Fact]
    public async Task What_was_hidden_and_is_shown_as_the_agent_waits_is_the_agents()
    {
        await using var talk = new WorkflowTalk(Flow("""
            - kind: InvokeAzureAgent
              id: call
              agent: {name: caller}
              input: {messages: =System.LastMessageText}
              output: {autoSend: false}
            """));
        talk.Add("caller", new EchoAgent(new EchoOptions { Tool = "get_weather" }, TimeProvider.System));
        Assert.Equal("(CallFunction)", await talk.SayAsync("Rain?"));
        Assert.Equal("caller", talk.State.Items.Single(item => item.Head is ToolCallItem).By?.Name);
    }

    [Fact]
    public async Task What_is_empty_is_not_said_and_no_agent_hears_it()
    {
        await using var talk = new WorkflowTalk(Flow("""
            - {kind: SendActivity, id: nothing, activity: '{Local.None}'}
            - {kind: InvokeAzureAgent, id: call, agent: {name: parrot}, conversationId: =System.ConversationId}
            """));
        talk.Add("parrot", new EchoAgent(new EchoOptions { Reply = EchoReply.History }, TimeProvider.System));
        Assert.Equal("user: Hi\n(done)", await talk.SayAsync("Hi"));
    }

    [Fact]
    public async Task Workflows_nine_deep_in_one_another_wait_and_go_on()
    {
        await using var talk = new WorkflowTalk(Asking(1));
        for (var depth = 1; depth < 9; depth++) talk.AddFlow($"flow{depth}", Asking(depth + 1));
        talk.AddFlow("flow9", Flow($$"""
            - {kind: SetVariable, id: deep, variable: Local.Deep, value: '=ParseJSON("{{new string('[', 30)}}1{{new string(']', 30)}}")'}
            - {kind: Question, id: ask, variable: Local.Name, prompt: What is your name?}
            - {kind: SendActivity, id: say, activity: 'Hello {Local.Name}! {Len(JSON(Local.Deep, JSONFormat.FlattenValueTables))}'}
            """));
        Assert.Equal("What is your name?\n(AnswerQuestion)", await talk.SayAsync("Hi"));
        Assert.Equal("Hello Ada! 61\n(done)", await talk.SayAsync("Ada"));
    }

    [Fact]
    public async Task An_answer_with_a_number_of_too_many_digits_is_no_object()
    {
        await using var talk = new WorkflowTalk(Flow("""
            - kind: InvokeAzureAgent
              id: call
              agent: {name: parrot}
              input: {messages: '{"n":1e99}'}
              output: {responseObject: Local.Object}
            - {kind: SendActivity, id: say, activity: '{IsBlank(Local.Object)}'}
            """));
        talk.Add("parrot", new EchoAgent(new EchoOptions(), TimeProvider.System));
        Assert.Equal("{\"n\":1e99}\nTrue\n(done)", await talk.SayAsync("Hi"));
    }

    [Fact(Timeout = 30_000)]
    public async Task An_agent_that_never_answers_is_ended_with_the_time_of_the_run()
    {
        var time = new FakeTime();
        await using var talk = new WorkflowTalk(Flow("- {kind: InvokeAzureAgent, id: call, agent: {name: silent}}"), time: time);
        talk.Add("silent", new SilentAgent(time));
        Assert.Equal("(Action call (InvokeAzureAgent, line 6): the workflow has run for more than 600 seconds without an end or a question (workflows.time))", await talk.SayAsync("Hi"));
    }

    private static string Asking(int depth) => Flow($"- {{kind: InvokeAzureAgent, id: call, agent: {{name: flow{depth}}}, input: {{messages: =System.LastMessageText}}}}");

    private static string Flow(string actions) => "kind: Workflow\ntrigger:\n  kind: OnConversationStart\n  id: t\n  actions:\n" + string.Join('\n', actions.Split('\n').Select(line => "    " + line)) + "\n";

    /// <summary>Accepts, and then says nothing for ten minutes and more.</summary>
    private sealed class SilentAgent(FakeTime time) : IAgent
    {
        public async IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return new RunStarted();
            time.Advance(TimeSpan.FromMinutes(10));
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
    }

    /// <summary>Asks for leave as a peer does, and notes which of its requests was answered.</summary>
    private sealed class CarefulAgent : IAgent
    {
        public string? Approved { get; private set; }

        public IAsyncEnumerable<RunEvent> RunAsync(AgentRequest request, CancellationToken cancellationToken)
        {
            var reply = request.Context.Select(message => message.Head).OfType<ApprovalReplyItem>().LastOrDefault();
            if (reply is not null) Approved = request.Context.FirstOrDefault(message => message.Id == reply.Request)?.SourceId;
            RunEvent[] events = reply is not null
                ? [new RunStarted(), new RunCompleted(FinishReason.Stop, null)]
                : [new RunStarted(), new ItemStarted(0, new ApprovalRequestItem("search", "docs")) { SourceId = "mcpr_peer" }, new ItemCompleted(0), new RunSuspended([new Approve(0)], null)];
            return events.ToAsyncEnumerable();
        }
    }
}
