using Parley.Agents;
using Parley.Runs;

namespace Parley.Tests.Workflows;

/// <summary>What workflows do, seen from whoever talks with them.</summary>
public sealed class WorkflowEngineTests
{
    private const string Asks = """
        kind: Workflow
        trigger:
          kind: OnConversationStart
          id: trigger_wf
          actions:
            - kind: Question
              id: ask_name
              variable: Local.Name
              prompt: What is your name?
              entity: StringPrebuiltEntity
            - kind: SendActivity
              id: greet
              activity: Hello {Local.Name}!
        name: Greeter
        """;

    [Fact]
    public async Task A_question_waits_and_its_answer_goes_on()
    {
        await using var talk = new WorkflowTalk(Asks);
        Assert.Equal("What is your name?\n(AnswerQuestion)", await talk.SayAsync("Hi"));
        Assert.Equal("Hello Ada!\n(done)", await talk.SayAsync("Ada"));
        Assert.Equal("What is your name?\n(AnswerQuestion)", await talk.SayAsync("Hi again"));
    }

    [Fact]
    public async Task Actions_are_items_with_their_place_and_a_pending_question_stays_open()
    {
        await using var talk = new WorkflowTalk(Asks);
        await talk.SayAsync("Hi");
        Assert.Equal(new WorkflowActionItem("Question", "ask_name", "trigger_wf", "trigger_wf"), talk.State.Items[0].Head);
        Assert.Null(talk.State.Items[0].Status);
        Assert.Equal(0, talk.State.Items[1].Within);
        Assert.Equal([new AnswerQuestion(0, 1)], ((RunSuspended)talk.State.End!).Required);

        await talk.SayAsync("Ada");
        Assert.Equal(
            [(new WorkflowActionItem("Question", "ask_name", "trigger_wf", "trigger_wf"), ItemStatus.Completed), (new WorkflowActionItem("SendActivity", "greet", "trigger_wf", "ask_name"), (ItemStatus?)ItemStatus.Completed)],
            talk.State.Items.Where(item => item.Head is WorkflowActionItem).Select(item => ((WorkflowActionItem)item.Head, item.Status)));
    }

    [Fact]
    public async Task An_answer_goes_on_in_the_text_that_the_question_was_asked_in()
    {
        await using var talk = new WorkflowTalk(Asks);
        await talk.SayAsync("Hi");
        talk.Edit(Asks.Replace("Hello", "Goodbye", StringComparison.Ordinal));
        Assert.Equal("Hello Ada!\n(done)", await talk.SayAsync("Ada"));
        await talk.SayAsync("Hi");
        Assert.Equal("Goodbye Ada!\n(done)", await talk.SayAsync("Ada"));
    }

    [Fact]
    public async Task An_answer_that_cannot_be_read_is_asked_for_again_and_then_the_default_is_taken()
    {
        await using var talk = new WorkflowTalk(Flow("""
            - kind: Question
              id: ask
              variable: Local.Age
              prompt: How old are you?
              entity: {kind: NumberPrebuiltEntity}
              repeatCount: 2
              invalidPrompt: A number, please.
              unrecognizedPrompt: Say something.
              defaultValue: 18
              defaultValueResponse: I take it that you are {Local.Age}.
            - kind: SendActivity
              activity: =Local.Age + 1
            """));
        Assert.Equal("How old are you?\n(AnswerQuestion)", await talk.SayAsync("Hi"));
        Assert.Equal("A number, please.\nHow old are you?\n(AnswerQuestion)", await talk.SayAsync("old"));
        Assert.Equal("I take it that you are 18.\n19\n(done)", await talk.SayAsync("very"));
        await talk.SayAsync("Hi");
        Assert.Equal("Say something.\nHow old are you?\n(AnswerQuestion)", await talk.SayAsync(" "));
        Assert.Equal("42\n(done)", await talk.SayAsync("41"));
    }

    [Theory]
    [InlineData("SkipOnFirstExecutionIfVariableHasValue", "x\nAgain?\n(AnswerQuestion)")]
    [InlineData("AlwaysSkipIfVariableHasValue", "x\nx\n(done)")]
    [InlineData("AlwaysAsk", "Again?\n(AnswerQuestion)")]
    public async Task A_question_whose_variable_has_a_value_may_be_skipped(string mode, string said)
    {
        await using var talk = new WorkflowTalk(Flow($$"""
            - {kind: SetVariable, id: a, variable: Local.V, value: x}
            - kind: Question
              id: ask
              variable: Local.V
              prompt: Again?
              skipQuestionMode: {{mode}}
            - kind: SendActivity
              id: say
              activity: {Local.V}
            - kind: ConditionGroup
              id: twice
              conditions:
                - id: first
                  condition: =IsBlank(Local.Been)
                  actions:
                    - {kind: SetVariable, id: been, variable: Local.Been, value: true}
                    - {kind: GotoAction, id: back, actionId: ask}
            """));
        Assert.Equal(said, await talk.SayAsync("Hi"));
    }

    [Fact]
    public async Task A_question_within_loops_and_conditions_keeps_its_place()
    {
        await using var talk = new WorkflowTalk(Flow("""
            - kind: Foreach
              id: loop
              items: =[{n: 1, w: "one"}, {n: 2, w: "two"}, {n: 3, w: "three"}]
              value: Local.Row
              index: Local.At
              actions:
                - kind: ConditionGroup
                  id: odd
                  conditions:
                    - id: is_odd
                      condition: =Mod(Local.Row.n, 2) = 1
                      actions:
                        - kind: Question
                          id: ask
                          variable: Local.Answer
                          alwaysPrompt: true
                          prompt: "{Local.At}: {Local.Row.w}?"
                        - kind: SendActivity
                          id: heard
                          activity: {Local.Row.w} is {Local.Answer}
                  elseActions:
                    - kind: SendActivity
                      id: even
                      activity: {Local.Row.w} is even
            - kind: SendActivity
              id: end
              activity: End {Local.Row}{Local.At}
            """));
        Assert.Equal("0: one?\n(AnswerQuestion)", await talk.SayAsync("Hi"));
        var open = talk.State.Items.Where(item => item.Head is WorkflowActionItem && item.Status is null).Select(item => ((WorkflowActionItem)item.Head).ActionId);
        Assert.Equal(["loop", "odd", "ask"], open);
        Assert.Equal("one is A\ntwo is even\n2: three?\n(AnswerQuestion)", await talk.SayAsync("A"));
        Assert.Equal("three is B\nEnd\n(done)", await talk.SayAsync("B"));
        Assert.All(talk.State.Items, item => Assert.NotNull(item.Status));
    }

    [Fact]
    public async Task Loops_are_left_and_continued()
    {
        await using var talk = new WorkflowTalk(Flow("""
            - kind: Foreach
              id: outer
              items: =[1, 2, 3, 4]
              value: Local.N
              actions:
                - kind: ConditionGroup
                  id: which
                  conditions:
                    - {id: two, condition: =Local.N = 2, actions: [{kind: ContinueLoop, id: next}]}
                    - {id: four, condition: =Local.N = 4, actions: [{kind: BreakLoop, id: out}]}
                - {kind: SendActivity, id: say, activity: "{Local.N}"}
            - {kind: BreakLoop, id: nothing}
            - {kind: SendActivity, id: end, activity: end}
            """));
        Assert.Equal("1\n3\nend\n(done)", await talk.SayAsync("Hi"));
    }

    [Fact]
    public async Task Tables_are_edited_and_loops_keep_the_rows_that_they_began_with()
    {
        await using var talk = new WorkflowTalk(Flow("""
            - {kind: EditTable, id: a, itemsVariable: Local.T, changeType: Add, value: "={name: \"x\", n: 1}"}
            - {kind: EditTable, id: b, itemsVariable: Local.T, changeType: Add, value: "={name: \"y\", n: 2}"}
            - kind: Foreach
              id: all
              items: =Local.T
              value: Local.Row
              actions:
                - {kind: SendActivity, id: say, activity: "{Local.Row.name}{Local.Row.n}"}
                - {kind: EditTable, id: more, itemsVariable: Local.T, changeType: Add, value: "={name: \"z\", n: 3}"}
            - {kind: EditTableV2, id: take, itemsVariable: Local.T, changeType: {kind: TakeFirstItemOperation, resultVariable: Local.First}}
            - {kind: EditTable, id: drop, itemsVariable: Local.T, changeType: Remove, value: "=[{name: \"z\", n: 3}]"}
            - {kind: SendActivity, id: left, activity: "{Local.First.name}, {CountRows(Local.T)} left"}
            """));
        Assert.Equal("x1\ny2\nx, 1 left\n(done)", await talk.SayAsync("Hi"));
    }

    [Fact]
    public async Task Structured_input_is_there_as_variables_and_the_message_as_a_system_variable()
    {
        await using var talk = new WorkflowTalk(Flow("- {kind: SendActivity, id: say, activity: '{Local.city}: {System.LastMessage.Text} ({System.LastMessageText})'}")) { Parameters = new RawJson("""{"city":"Ulm"}""") };
        Assert.Equal("Ulm: Hi (Hi)\n(done)", await talk.SayAsync("Hi"));
    }

    [Fact]
    public async Task An_endless_loop_ends_with_a_clear_failure()
    {
        await using var talk = new WorkflowTalk(Flow("""
            - {kind: SetVariable, id: again, variable: Local.N, value: =Local.N + 1}
            - {kind: GotoAction, id: back, actionId: again}
            """), steps: 500);
        Assert.Equal("(Action again (SetVariable, line 6): the workflow has executed 500 actions without an end or a question (workflows.steps))", await talk.SayAsync("Hi"));
        Assert.All(talk.State.Items, item => Assert.NotNull(item.Status));
    }

    [Theory]
    [InlineData("=1/0", "Action bad (SetVariable, line 6): ")]
    [InlineData("=Foo(", "Action bad (SetVariable, line 6): ")]
    [InlineData("=Unknown.X", "Action bad (SetVariable, line 6): ")]
    public async Task A_formula_that_fails_fails_the_run_and_names_the_action(string formula, string message)
    {
        await using var talk = new WorkflowTalk(Flow($"- {{kind: SetVariable, id: bad, variable: Local.X, value: \"{formula}\"}}"));
        Assert.StartsWith("(" + message, await talk.SayAsync("Hi"), StringComparison.Ordinal);
        Assert.Equal(ItemStatus.Failed, talk.State.Items[^1].Status);
    }

    [Fact]
    public async Task A_loop_whose_variable_cannot_take_the_next_row_fails_the_run_and_is_named()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 61)) + "1" + new string('}', 61);
        await using var talk = new WorkflowTalk(Flow("""
            - kind: Foreach
              id: loop
              items: '=[{v: 1}, {v: Local.deep}]'
              value: Local.A.B.C
              actions:
                - {kind: SendActivity, id: say, activity: '{Local.A.B.C.v}'}
            """)) { Parameters = new RawJson($$"""{"deep":{{deep}}}""") };
        Assert.Equal("1\n(Action loop (Foreach, line 6): records and tables may be 64 deep inside one another)", await talk.SayAsync("Hi"));
        Assert.All(talk.State.Items, item => Assert.NotNull(item.Status));
    }

    [Fact]
    public async Task An_agent_is_asked_and_what_it_says_is_shown_and_kept()
    {
        await using var talk = new WorkflowTalk(Flow("""
            - kind: InvokeAzureAgent
              id: call
              agent: {name: parrot}
              input: {messages: '=UserMessage("Say " & System.LastMessageText)'}
              output: {messages: Local.Said, responseObject: Local.Object}
            - {kind: SendActivity, id: say, activity: 'It said: {MessageText(Local.Said)}'}
            """));
        talk.Add("parrot", new EchoAgent(new EchoOptions(), TimeProvider.System));
        Assert.Equal("Say Hi\nIt said: Say Hi\n(done)", await talk.SayAsync("Hi"));
        Assert.Equal("parrot", talk.State.Items[1].By!.Name);
        Assert.Equal(0, talk.State.Items[1].Within);
    }

    [Fact]
    public async Task An_agent_whose_answer_is_not_sent_is_not_heard_by_the_user()
    {
        await using var talk = new WorkflowTalk(Flow("""
            - kind: InvokeAzureAgent
              id: call
              agent: {name: parrot}
              input: {messages: =System.LastMessageText}
              output: {messages: Local.Said, autoSend: false}
            - {kind: SendActivity, id: say, activity: 'Length {Len(MessageText(Local.Said))}'}
            """));
        talk.Add("parrot", new EchoAgent(new EchoOptions(), TimeProvider.System));
        Assert.Equal("Length 5\n(done)", await talk.SayAsync("Hello"));
    }

    [Fact]
    public async Task What_an_agent_waits_for_the_workflow_waits_for()
    {
        await using var talk = new WorkflowTalk(Flow("""
            - kind: InvokeAzureAgent
              id: call
              agent: {name: caller}
              input: {messages: =System.LastMessageText}
            - {kind: SendActivity, id: say, activity: after}
            """));
        talk.Add("caller", new EchoAgent(new EchoOptions { Tool = "get_weather" }, TimeProvider.System));
        Assert.Equal("(CallFunction)", await talk.SayAsync("Rain?"));
        var call = (ToolCallItem)talk.State.Items.Single(item => item.Head is ToolCallItem).Head;
        Assert.EndsWith("after\n(done)", await talk.SendAsync(InputItem.Output(call.CallId, "sunny")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_user_goes_on_talking_to_an_agent_as_long_as_the_condition_holds()
    {
        await using var talk = new WorkflowTalk(Flow("""
            - kind: InvokeAzureAgent
              id: call
              agent: {name: parrot}
              input: {messages: =System.LastMessageText, externalLoop: {when: '=Not(MessageText(Local.Said) = "bye")'}}
              output: {messages: Local.Said}
            - {kind: SendActivity, id: say, activity: over}
            """));
        talk.Add("parrot", new EchoAgent(new EchoOptions(), TimeProvider.System));
        Assert.Equal("one\n(ProvideInput)", await talk.SayAsync("one"));
        Assert.Equal("two\n(ProvideInput)", await talk.SayAsync("two"));
        Assert.Equal("bye\nover\n(done)", await talk.SayAsync("bye"));
    }

    [Fact]
    public async Task An_agent_that_is_not_there_fails_the_action()
    {
        await using var talk = new WorkflowTalk(Flow("- {kind: InvokeAzureAgent, id: call, agent: {name: nobody}}"));
        Assert.Equal("(Action call (InvokeAzureAgent, line 6): there is no agent nobody)", await talk.SayAsync("Hi"));
    }

    [Theory]
    [InlineData(10, 55)]
    [InlineData(500, 125250)]
    [InlineData(3000, 4501500)]
    public async Task A_loop_takes_as_many_steps_as_it_has_actions_and_rows(int rows, int sum)
    {
        var text = Flow($$"""
            - kind: Foreach
              id: loop
              items: =Sequence({{rows}})
              value: Local.N
              actions:
                - {kind: SetVariable, id: sum, variable: Local.Sum, value: =Local.Sum + Local.N}
                - {kind: SetVariable, id: last, variable: Local.Last, value: =Local.N}
            - {kind: SendActivity, id: say, activity: '{Local.Sum}'}
            """);
        await using var talk = new WorkflowTalk(text, steps: (2 * rows) + 2);
        Assert.Equal($"{sum}\n(done)", await talk.SayAsync("Hi"));
        await using var shorter = new WorkflowTalk(text, steps: (2 * rows) + 1);
        Assert.StartsWith("(Action say ", await shorter.SayAsync("Hi"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("URLPrebuiltEntity", "/hello", null)]
    [InlineData("URLPrebuiltEntity", "ftp://files.example", null)]
    [InlineData("URLPrebuiltEntity", "https://a.example/x", "https://a.example/x")]
    [InlineData("DatePrebuiltEntity", "2026-11-20", "11/20/2026")]
    [InlineData("DatePrebuiltEntity", "6:30", null)]
    [InlineData("DateTimePrebuiltEntity", "6:30 PM", null)]
    public async Task An_answer_is_what_its_entity_says(string entity, string answer, string? value)
    {
        await using var talk = new WorkflowTalk(Flow($$"""
            - {kind: Question, id: ask, variable: Local.X, prompt: What?, entity: {{entity}}}
            - {kind: SendActivity, id: say, activity: =Text(Local.X)}
            """));
        await talk.SayAsync("Hi");
        Assert.Equal(value is null ? "Invalid response\nWhat?\n(AnswerQuestion)" : value + "\n(done)", await talk.SayAsync(answer));
    }

    [Fact]
    public async Task Two_answers_to_one_question_are_two_turns()
    {
        await using var talk = new WorkflowTalk(Asks);
        await talk.SayAsync("Hi");
        var waiting = talk.Run;
        Assert.Equal("Hello Ada!\n(done)", await talk.SayAsync("Ada"));
        Assert.NotEqual(waiting.Id, talk.Run.Id);
        Assert.Equal(waiting.Id, talk.Run.Continues);

        // The question is answered: what comes now begins anew.
        Assert.Equal("What is your name?\n(AnswerQuestion)", await talk.SayAsync("Bob"));
        Assert.True(talk.Run.Continues.IsNone);
    }

    [Fact]
    public async Task A_workflow_that_asks_itself_ends_with_a_failure()
    {
        var text = Flow("- {kind: InvokeAzureAgent, id: again, agent: {name: flow}, input: {messages: =System.LastMessageText}}");
        await using var talk = new WorkflowTalk(text);
        talk.AddFlow("flow", text);
        Assert.Contains("agents ask one another more than 10 deep", await talk.SayAsync("Hi"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_said_while_an_action_waits_becomes_the_last_message()
    {
        await using var talk = new WorkflowTalk(Flow("""
            - {kind: RequestExternalInput, id: wait}
            - {kind: SendActivity, id: say, activity: 'Heard {System.LastMessageText}'}
            - kind: InvokeAzureAgent
              id: call
              agent: {name: parrot}
              input: {messages: =System.LastMessageText, externalLoop: {when: '=System.LastMessageText <> "exit"'}}
            """));
        talk.Add("parrot", new EchoAgent(new EchoOptions(), TimeProvider.System));
        await talk.SayAsync("Hi");
        Assert.Equal("Heard one\none\n(ProvideInput)", await talk.SayAsync("one"));
        Assert.Equal("exit\n(done)", await talk.SayAsync("exit"));
    }

    [Fact]
    public async Task Deep_variables_survive_a_question_and_huge_ones_end_the_run()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 50)) + "1" + new string('}', 50);
        await using var talk = new WorkflowTalk(Flow("""
            - {kind: RequestExternalInput, id: wait}
            - {kind: SendActivity, id: say, activity: '{Len(JSON(Local.deep))}'}
            """)) { Parameters = new RawJson($$"""{"deep":{{deep}}}""") };
        await talk.SayAsync("Hi");
        Assert.Equal($"{deep.Length}\n(done)", await talk.SayAsync("on"));

        await using var huge = new WorkflowTalk(Flow("""
            - {kind: SetVariable, id: a, variable: Local.T, value: '=ForAll(Sequence(50000), {x: "a row with a text of some length so that there is much of it: sixty and more letters"})'}
            - {kind: RequestExternalInput, id: wait}
            """));
        Assert.Contains("what the workflow remembers has", await huge.SayAsync("Hi"), StringComparison.Ordinal);
    }

    private static string Flow(string actions) => "kind: Workflow\ntrigger:\n  kind: OnConversationStart\n  id: t\n  actions:\n" + string.Join('\n', actions.Split('\n').Select(line => "    " + line)) + "\n";

    [Fact]
    public async Task A_choice_of_a_closed_list_may_be_named_by_its_path()
    {
        await using var bench = new ActionBench().With("""
            - kind: SendActivity
              id: show
              activity: "{If(System.LastMessageText = 'schema.topic.ask_size'.'option-1', \"small\", \"large\")}"
            """);
        Assert.Equal("small", ActionBench.SaidIn(await bench.SayAsync("option-1")));
        Assert.Equal("large", ActionBench.SaidIn(await bench.SayAsync("option-2")));
    }

    [Fact]
    public async Task A_name_that_System_does_not_have_fails_the_run_and_is_named()
    {
        await using var bench = new ActionBench().With("- kind: SetVariable\n  id: set\n  variable: Local.A\n  value: =System.LastMesage.Text");
        Assert.Contains("there is no System.LastMesage; there are Activity, ", ActionBench.FailureOf(await bench.SayAsync("x")).PublicMessage, StringComparison.Ordinal);
    }
}
