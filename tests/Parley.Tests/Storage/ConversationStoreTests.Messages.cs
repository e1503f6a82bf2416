using Parley.Conversations;
using Parley.Runs;

namespace Parley.Tests.Storage;

public abstract partial class ConversationStoreTests
{
    public static TheoryData<Item> EveryKindOfItem =>
    [
        new MessageItem(new Role("narrator")),
        new ReasoningItem("secret"),
        new ToolCallItem("call_1", "weather", RunBy.Client, "server", true),
        new ToolResultItem("call_1", true),
        new ApprovalRequestItem("delete", "server"),
        new ApprovalReplyItem(new Id(8), false, "no"),
        new WorkflowActionItem("Question", "q1", "p", "b", "Ask"),
        new SuggestionItem(),
        new RecallItem([new Source("t", "u", "x", 0.5, "d")], "q"),
        new OpaqueItem(Protocol.Tongyi, "plugin", new RawJson("{}")),
    ];

    [Theory]
    [MemberData(nameof(EveryKindOfItem))]
    public async Task A_message_of_every_kind_comes_back_as_it_was_given(Item head)
    {
        var made = await CreateAsync();
        var given = Message(head, "text") with
        {
            Ordinal = 3,
            IsInput = false,
            Run = Next(),
            Status = null,
            Content =
            [
                new Content(PartKind.Text, "a\0\"\\\u2028 🙂 é", Notes: [new Annotation("url_citation", 0, 1, new Source("t", "u"))]),
                new Content(PartKind.Media, Media: new Media("https://x/y.png", new Id(16), "image/png", "y.png")),
                new Content(PartKind.Data, Data: new RawJson("""{"a": 1}""")),
            ],
            Metadata = [new("a", "1"), new("a", "2")],
            Leftover = new Leftover(Protocol.Coze, new RawJson("""{"z":0}""")),
            ExternalId = "ext",
            SourceId = "src",
        };
        var stored = Assert.Single(await Store.AppendMessagesAsync(Owner, made.Id, [given], Token));

        Assert.Equal(given with { Conversation = made.Id, Section = made.Section }, stored);
        Assert.Equal(stored, await Store.FindMessageAsync(Owner, made.Id, given.Id, Token));
        Assert.Equal(stored, Assert.Single((await Store.ListMessagesAsync(Path(made) with { Kinds = stored.Kind }, Token)).Items));
        Assert.Empty((await Store.ListMessagesAsync(Path(made) with { Kinds = MessageKinds.All & ~stored.Kind }, Token)).Items);
    }

    [Fact]
    public async Task The_whole_tree_has_every_message_once_and_tombstones_too()
    {
        var made = await CreateAsync("a", "b");
        var elsewhere = await CreateAsync("elsewhere");
        var first = (await Store.ListMessagesAsync(Path(made), Token)).Items[0];
        var one = await StartAsync(made, "q1", first.Id);
        await EndAsync(one.Run!, ["r1"]);
        await EndAsync((await StartAsync(made, "q2")).Run!, ["r2"]);
        await Store.DeleteMessageAsync(Owner, made.Id, one.Input![0].Id, Now, withRun: false, Token);
        var tree = Path(made) with { WholeTree = true };

        var all = await Store.ListMessagesAsync(tree, Token);
        Assert.Equal(["a", "b", "", "r1", "q2", "r2"], all.Items.Select(message => message.Text));
        Assert.Equal([false, false, true, false, false, false], all.Items.Select(message => message.Deleted));
        Assert.Equal([Id.None, first.Id, first.Id, all.Items[2].Id, all.Items[3].Id, all.Items[4].Id], all.Items.Select(message => message.Parent));
        Assert.False(all.HasMore);
        Assert.Equal("r2 q2 …", await TextsAsync(tree with { Ascending = false, Take = 2 }));

        // An answer has the id of the reasoning before it, but for the facet.
        var three = (await StartAsync(made, "q3")).Run!;
        var said = Said("said", Role.Assistant) with { Run = three.Id, IsInput = false, Ordinal = 1 };
        var thought = Message(new ReasoningItem(), "thought") with { Id = said.Id.WithFacet(1), Run = three.Id, IsInput = false, Ordinal = 0 };
        await Store.CommitAsync([new RunWrite(null, new RunEnding(three with { Status = RunStatus.Completed, EndedAt = Now }, [thought, said], true, []))], Token);
        Assert.EndsWith("q3 thought said", await TextsAsync(tree), StringComparison.Ordinal);
        Assert.Equal("said thought q3 …", await TextsAsync(tree with { Ascending = false, Take = 3 }));
        Assert.Equal("elsewhere", await TextsAsync(Path(elsewhere) with { WholeTree = true }));
        Assert.Equal(ErrorCause.NotFound, (await ErrorOf(() => Store.ListMessagesAsync(tree with { Owner = "other" }, Token).AsTask())).Cause);
    }

    [Fact]
    public async Task A_message_of_a_megabyte_is_nothing_special()
    {
        var text = string.Concat(Enumerable.Repeat("字🙂x", 250_000));
        var made = await CreateAsync(text);

        Assert.Equal(text, (await Store.ListMessagesAsync(Path(made), Token)).Items[0].Text);
    }

    [Fact]
    public async Task Appended_messages_follow_the_head_in_their_order()
    {
        var made = await CreateAsync("a");
        var stored = await Store.AppendMessagesAsync(Owner, made.Id, [Said("b"), Said("c")], Token);

        Assert.Equal("a b c", await TextsAsync(Path(made)));
        Assert.Equal(stored[1].Id, (await FindAsync(made)).Head);
        Assert.Equal(stored[0].Id, stored[1].Parent);
        Assert.Empty(await Store.AppendMessagesAsync(Owner, made.Id, [], Token));
        Assert.Equal("a b c", await TextsAsync(Path(made)));
    }

    [Fact]
    public async Task Appending_to_an_absent_conversation_fails()
    {
        var error = await ErrorOf(() => Store.AppendMessagesAsync(Owner, Next(), [Said("x")], Token).AsTask());
        Assert.Equal((ErrorSide.Client, ErrorCause.NotFound), (error.Side, error.Cause));
    }

    [Fact]
    public async Task Appending_while_a_run_is_active_fails_as_busy()
    {
        var made = await CreateAsync("a");
        var started = await StartAsync(made, "question");

        var error = await ErrorOf(() => Store.AppendMessagesAsync(Owner, made.Id, [Said("x")], Token).AsTask());
        Assert.Equal((ErrorSide.Client, ErrorCause.Busy), (error.Side, error.Cause));

        await EndAsync(started.Run!, ["answer"]);
        await Store.AppendMessagesAsync(Owner, made.Id, [Said("x")], Token);
        Assert.Equal("a question answer x", await TextsAsync(Path(made)));
    }

    [Fact]
    public async Task Pages_go_from_either_end_and_from_either_side_of_a_cursor()
    {
        var messages = "a b c d e f g".Split(' ').Select(text => Said(text)).ToArray();
        var made = await CreateAsync(messages);
        Id At(char c) => messages[c - 'a'].Id;
        var (up, down) = (Path(made) with { Take = 2 }, Path(made, up: false) with { Take = 2 });

        Assert.Equal("a b …", await TextsAsync(up));
        Assert.Equal("g f …", await TextsAsync(down));
        Assert.Equal("d e …", await TextsAsync(up with { After = At('c') }));
        Assert.Equal("f g", await TextsAsync(up with { After = At('e') }));
        Assert.Equal("b a", await TextsAsync(down with { After = At('c') }));
        Assert.Equal("", await TextsAsync(down with { After = At('a') }));
        Assert.Equal("c d …", await TextsAsync(up with { Before = At('e') }));
        Assert.Equal("a b", await TextsAsync(up with { Before = At('c') }));
        Assert.Equal("", await TextsAsync(up with { Before = At('a') }));
        Assert.Equal("f e …", await TextsAsync(down with { Before = At('d') }));
        Assert.Equal("g f", await TextsAsync(down with { Before = At('e') }));
        Assert.Equal("c d …", await TextsAsync(up with { After = At('b'), Before = At('f') }));
        Assert.Equal("e d …", await TextsAsync(down with { After = At('f'), Before = At('b') }));
        Assert.Equal("", await TextsAsync(up with { After = At('f'), Before = At('b') }));
        Assert.Equal(" …", await TextsAsync(up with { Take = 0 }));
        Assert.Equal("a b c d e f g", await TextsAsync(up with { Take = int.MaxValue }));
    }

    [Fact]
    public async Task An_empty_conversation_has_an_empty_page()
    {
        var made = await CreateAsync();
        Assert.Equal("", await TextsAsync(Path(made)));
        Assert.Equal("", await TextsAsync(Path(made) with { SectionOnly = true }));
    }

    [Fact]
    public async Task A_tip_or_cursor_that_is_not_there_is_not_found()
    {
        var made = await CreateAsync("a", "b");
        var branch = await StartAsync(made, "side", parent: (await Store.ListMessagesAsync(Path(made), Token)).Items[0].Id);
        var beside = branch.Input![0].Id;

        foreach (var query in new[]
        {
            Path(made) with { Conversation = Next() },
            Path(made) with { Tip = Next() },
            Path(made) with { After = Next() },
            Path(made) with { Before = Next() },
            Path(made) with { After = beside },
            Path(made) with { Tip = beside, Before = (await FindAsync(made)).Head },
        })
        {
            var error = await ErrorOf(() => Store.ListMessagesAsync(query, Token).AsTask());
            Assert.Equal((ErrorSide.Client, ErrorCause.NotFound), (error.Side, error.Cause));
        }
    }

    [Fact]
    public async Task A_deleted_message_is_skipped_and_still_serves_as_a_cursor()
    {
        var messages = "a b c d".Split(' ').Select(text => Said(text)).ToArray();
        var made = await CreateAsync(messages);

        Assert.Equal("b", (await Store.DeleteMessageAsync(Owner, made.Id, messages[1].Id, Now, withRun: true, Token))!.Text);
        await Store.DeleteMessageAsync(Owner, made.Id, messages[3].Id, Now, withRun: true, Token);

        Assert.Equal("a c", await TextsAsync(Path(made)));
        Assert.Equal("c a", await TextsAsync(Path(made, up: false)));
        Assert.Equal("c", await TextsAsync(Path(made) with { After = messages[1].Id }));
        Assert.Equal("a c", await TextsAsync(Path(made) with { Tip = messages[3].Id }));
        Assert.Null(await Store.FindMessageAsync(Owner, made.Id, messages[1].Id, Token));
        Assert.Null(await Store.UpdateMessageAsync(Owner, made.Id, messages[1].Id, new MessagePatch([]), Now, Token));
        Assert.Null(await Store.DeleteMessageAsync(Owner, made.Id, messages[1].Id, Now, withRun: true, Token));

        await Store.AppendMessagesAsync(Owner, made.Id, [Said("e")], Token);
        Assert.Equal("a c e", await TextsAsync(Path(made)));
    }

    [Fact]
    public async Task Deleting_an_answer_deletes_all_items_of_its_run_but_not_the_question()
    {
        var made = await CreateAsync("before");
        var started = await StartAsync(made, "question");
        await EndAsync(started.Run!, ["thought", "answer"]);
        await Store.AppendMessagesAsync(Owner, made.Id, [Said("after")], Token);

        var answer = (await Store.ListMessagesAsync(Path(made), Token)).Items[3];
        await Store.DeleteMessageAsync(Owner, made.Id, answer.Id, Now, withRun: true, Token);
        Assert.Equal("before question after", await TextsAsync(Path(made)));

        await Store.DeleteMessageAsync(Owner, made.Id, started.Input![0].Id, Now, withRun: true, Token);
        Assert.Equal("before after", await TextsAsync(Path(made)));
    }

    [Fact]
    public async Task What_a_client_thinks_of_a_message_is_kept_replaced_and_taken_back()
    {
        var said = Said("answer");
        var made = await CreateAsync(said);
        foreach (var feedback in new[] { new Feedback(Verdict.Unlike, ["too long", "太长"], "Say less."), new Feedback(Verdict.Like) })
        {
            await Store.UpdateMessageAsync(Owner, made.Id, said.Id, new MessagePatch(Feedback: feedback), Now, Token);
            var rated = (await Store.FindMessageAsync(Owner, made.Id, said.Id, Token))!;
            Assert.Equal((feedback, "answer"), (rated.Feedback, rated.Text));
        }

        await Store.UpdateMessageAsync(Owner, made.Id, said.Id, new MessagePatch([new(PartKind.Text, "changed")]), Now, Token);
        Assert.Equal(Verdict.Like, (await Store.FindMessageAsync(Owner, made.Id, said.Id, Token))!.Feedback!.Verdict);
        await Store.UpdateMessageAsync(Owner, made.Id, said.Id, new MessagePatch(Feedback: new Feedback(Verdict.None)), Now, Token);
        Assert.Null((await Store.FindMessageAsync(Owner, made.Id, said.Id, Token))!.Feedback);
    }

    [Fact]
    public async Task A_message_can_be_changed()
    {
        var given = Said("old") with { Metadata = [new("a", "1")] };
        var made = await CreateAsync(given, Said("next"));
        _time.Advance(TimeSpan.FromSeconds(1));

        var changed = await Store.UpdateMessageAsync(Owner, made.Id, given.Id, new MessagePatch([new Content(PartKind.Text, "new")]), Now, Token);

        Assert.Equal(given with { Conversation = made.Id, Section = made.Section, Content = [new Content(PartKind.Text, "new")], UpdatedAt = Now }, changed);
        Assert.Equal("new next", await TextsAsync(Path(made)));
        Assert.Null(await Store.UpdateMessageAsync(Owner, made.Id, Next(), new MessagePatch([]), Now, Token));
    }

    [Fact]
    public async Task Clearing_begins_a_section_and_leaves_the_path()
    {
        var made = await CreateAsync("a", "b");
        var section = Next();
        await Store.UpdateConversationAsync(Owner, made.Id, new ConversationPatch(Section: section), Now, Token);

        Assert.Equal("", await TextsAsync(Path(made) with { SectionOnly = true }));
        var stored = await Store.AppendMessagesAsync(Owner, made.Id, [Said("c"), Said("d")], Token);
        Assert.All(stored, message => Assert.Equal(section, message.Section));
        Assert.Equal("a b c d", await TextsAsync(Path(made)));
        Assert.Equal("c d", await TextsAsync(Path(made) with { SectionOnly = true }));
        Assert.Equal("d …", await TextsAsync(Path(made, up: false) with { SectionOnly = true, Take = 1 }));
        Assert.Equal("a b", await TextsAsync(Path(made) with { SectionOnly = true, Tip = stored[0].Parent }));
        Assert.Equal("c d", await TextsAsync(Path(made) with { SectionOnly = true, After = stored[0].Parent }));
    }

    [Fact]
    public async Task Only_messages_of_some_runs_are_listed_on_request()
    {
        var made = await CreateAsync("a");
        var runs = new List<Id>();
        foreach (var n in "123")
        {
            var started = await StartAsync(made, $"q{n}");
            await EndAsync(started.Run!, [$"r{n}", $"s{n}"]);
            runs.Add(started.Run!.Id);
        }

        Assert.Equal("q1 r1 s1 q3 r3 s3", await TextsAsync(Path(made) with { Runs = [runs[2], runs[0]] }));
        Assert.Equal("s3 r3 …", await TextsAsync(Path(made, up: false) with { Runs = [runs[2], runs[0]], Take = 2 }));
        Assert.Equal("", await TextsAsync(Path(made) with { Runs = [] }));
        Assert.Equal("", await TextsAsync(Path(made) with { Runs = [Next()] }));
    }
}
