using Parley.Conversations;
using Parley.Runs;

namespace Parley.Tests.Storage;

public abstract partial class ConversationStoreTests
{
    [Fact]
    public async Task A_conversation_comes_back_as_it_was_made()
    {
        var made = NewConversation() with
        {
            Name = "Reise nach 北京 🙂",
            Agent = "echo",
            Metadata = [new("k", "v\0"), new("", "\u2028")],
            Leftover = new Leftover(Protocol.Coze, new RawJson("""{"x":[1,2]}""")),
            ExternalId = "mine",
        };
        await Store.CreateConversationAsync(made, [], Token);

        Assert.Equal(made, await FindAsync(made));
    }

    [Fact]
    public async Task A_conversation_is_found_by_the_id_that_its_owners_client_made()
    {
        var mine = NewConversation() with { ExternalId = "e-1" };
        var others = NewConversation("other") with { ExternalId = "e-1" };
        foreach (var each in new[] { mine, others, NewConversation(), NewConversation() with { ExternalId = "e-2" } }) await Store.CreateConversationAsync(each, [], Token);

        Assert.Equal([mine], (await Store.ListConversationsAsync(new ConversationQuery(Owner, ExternalId: "e-1"), Token)).Items);
        Assert.Equal([others], (await Store.ListConversationsAsync(new ConversationQuery("other", ExternalId: "e-1"), Token)).Items);
        Assert.Empty((await Store.ListConversationsAsync(new ConversationQuery("other", ExternalId: "e-2"), Token)).Items);
        Assert.Empty((await Store.ListConversationsAsync(new ConversationQuery(Owner, ExternalId: "E-1"), Token)).Items);
        await Store.DeleteConversationAsync(Owner, mine.Id, Token);
        Assert.Empty((await Store.ListConversationsAsync(new ConversationQuery(Owner, ExternalId: "e-1"), Token)).Items);
    }

    [Fact]
    public async Task No_two_conversations_of_an_owner_have_one_external_id()
    {
        var first = NewConversation() with { ExternalId = "e-1" };
        await Store.CreateConversationAsync(first, [], Token);
        var refused = await ErrorOf(() => Store.CreateConversationAsync(NewConversation() with { ExternalId = "e-1" }, [], Token).AsTask());
        Assert.Equal((ErrorSide.Client, ErrorCause.Rejected, "external_id"), (refused.Side, refused.Cause, refused.Param));

        var second = NewConversation() with { ExternalId = "e-1" };
        var run = NewRun(second);
        Assert.Equal(RunStartStatus.Busy, (await Store.StartRunAsync(new RunStart(run, second, [Said("q")]), Token)).Status);
        Assert.Null(await Store.FindRunAsync(Owner, run.Id, Token));
        Assert.Null(await Store.FindConversationAsync(Owner, second.Id, Token));
        Assert.Equal(first, await FindAsync(first));
    }

    [Fact]
    public async Task The_last_of_the_first_messages_is_the_head()
    {
        var messages = new[] { Said("a"), Said("b", Role.Assistant) };
        var made = await CreateAsync(messages);

        Assert.Equal(messages[1].Id, (await FindAsync(made)).Head);
        var stored = await Store.FindMessageAsync(Owner, made.Id, messages[1].Id, Token);
        Assert.Equal(messages[1] with { Conversation = made.Id, Section = made.Section, Parent = messages[0].Id }, stored);
    }

    [Fact]
    public async Task Another_owners_conversation_is_absent_everywhere()
    {
        var made = await CreateAsync("secret");
        var message = (await Store.ListMessagesAsync(Path(made), Token)).Items[0];
        const string other = "other";

        Assert.Null(await Store.FindConversationAsync(other, made.Id, Token));
        Assert.Null(await Store.UpdateConversationAsync(other, made.Id, new ConversationPatch("x"), Now, Token));
        Assert.False(await Store.DeleteConversationAsync(other, made.Id, Token));
        Assert.Empty((await Store.ListConversationsAsync(new ConversationQuery(other), Token)).Items);
        Assert.Null(await Store.FindMessageAsync(other, made.Id, message.Id, Token));
        Assert.Null(await Store.UpdateMessageAsync(other, made.Id, message.Id, new MessagePatch([]), Now, Token));
        Assert.Null(await Store.DeleteMessageAsync(other, made.Id, message.Id, Now, withRun: true, Token));
        Assert.Equal(ErrorCause.NotFound, (await ErrorOf(() => Store.ListMessagesAsync(Path(made) with { Owner = other }, Token).AsTask())).Cause);
        Assert.Equal(ErrorCause.NotFound, (await ErrorOf(() => Store.AppendMessagesAsync(other, made.Id, [Said("x")], Token).AsTask())).Cause);
        Assert.Equal("secret", await TextsAsync(Path(made)));
    }

    [Fact]
    public async Task A_message_is_found_only_in_its_own_conversation()
    {
        var (one, two) = (await CreateAsync("one"), await CreateAsync("two"));
        var message = (await Store.ListMessagesAsync(Path(one), Token)).Items[0];

        Assert.Null(await Store.FindMessageAsync(Owner, two.Id, message.Id, Token));
        Assert.Null(await Store.DeleteMessageAsync(Owner, two.Id, message.Id, Now, withRun: true, Token));
        Assert.Equal(ErrorCause.NotFound, (await ErrorOf(() => Store.ListMessagesAsync(Path(two) with { Tip = message.Id }, Token).AsTask())).Cause);
    }

    [Fact]
    public async Task A_patch_changes_what_it_names_and_nothing_else()
    {
        var made = NewConversation() with { Name = "old", Metadata = [new("a", "1")] };
        await Store.CreateConversationAsync(made, [], Token);
        _time.Advance(TimeSpan.FromSeconds(5));
        var section = Next();

        var renamed = await Store.UpdateConversationAsync(Owner, made.Id, new ConversationPatch("new"), Now, Token);
        Assert.Equal(made with { Name = "new", UpdatedAt = Now }, renamed);
        var cleared = await Store.UpdateConversationAsync(Owner, made.Id, new ConversationPatch(Metadata: [], Section: section), Now, Token);
        Assert.Equal(made with { Name = "new", Metadata = [], Section = section, UpdatedAt = Now }, cleared);
        Assert.Equal(cleared, await FindAsync(made));
    }

    [Fact]
    public async Task Conversations_are_listed_by_time_of_making()
    {
        var made = new List<Conversation>();
        for (var i = 0; i < 5; i++)
        {
            made.Add(NewConversation() with { Name = $"{i}", Agent = i % 2 == 0 ? "even" : "odd" });
            await Store.CreateConversationAsync(made[i], [], Token);
            if (i % 2 == 1) _time.Advance(TimeSpan.FromSeconds(1));
        }

        await Store.CreateConversationAsync(NewConversation("other"), [], Token);

        Assert.Equal("4 3 …", await Names(new ConversationQuery(Owner, Take: 2)));
        Assert.Equal("2 1 …", await Names(new ConversationQuery(Owner, Skip: 2, Take: 2)));
        Assert.Equal("0", await Names(new ConversationQuery(Owner, Skip: 4, Take: 2)));
        Assert.Equal("0 1 2 3 4", await Names(new ConversationQuery(Owner, Ascending: true)));
        Assert.Equal("0 2 …", await Names(new ConversationQuery(Owner, "even", Ascending: true, Take: 2)));
        Assert.Equal("", await Names(new ConversationQuery(Owner, "none")));
        Assert.Equal(" …", await Names(new ConversationQuery(Owner, Take: 0)));
        Assert.Equal("2 1 …", await Names(new ConversationQuery(Owner, Take: 2, After: made[3].Id)));
        Assert.Equal("3 2 …", await Names(new ConversationQuery(Owner, Take: 2, Before: made[1].Id)));
        Assert.Equal("4", await Names(new ConversationQuery(Owner, Ascending: true, After: made[3].Id)));
        Assert.Equal("2", await Names(new ConversationQuery(Owner, "even", Ascending: true, After: made[0].Id, Before: made[4].Id)));
        Assert.Equal("2 4", await Names(new ConversationQuery(Owner, "even", Ascending: true, After: made[1].Id)));
        Assert.Equal("after", (await ErrorOf(() => Names(new ConversationQuery(Owner, After: Next())))).Param);

        async Task<string> Names(ConversationQuery query)
        {
            var page = await Store.ListConversationsAsync(query, Token);
            return string.Join(' ', page.Items.Select(each => each.Name)) + (page.HasMore ? " …" : "");
        }
    }

    [Fact]
    public async Task Deleting_a_conversation_removes_all_of_it()
    {
        var made = await CreateAsync("a", "b");
        var started = await StartAsync(made, "question");
        await EndAsync(started.Run!, ["answer"], openCalls: ["call_1"], status: RunStatus.Suspended);
        var kept = await CreateAsync("kept");

        Assert.True(await Store.DeleteConversationAsync(Owner, made.Id, Token));

        Assert.Null(await Store.FindConversationAsync(Owner, made.Id, Token));
        Assert.Null(await Store.FindRunAsync(Owner, started.Run!.Id, Token));
        Assert.Null(await Store.FindByOpenCallAsync(Owner, "call_1", Token));
        Assert.Empty(await Store.ListChatAsync(Owner, started.Run.Chat, Token));
        Assert.Empty(await Store.ReadSegmentsAsync(started.Run.Id, 0, int.MaxValue, Token));
        Assert.Equal(ErrorCause.NotFound, (await ErrorOf(() => Store.ListMessagesAsync(Path(made), Token).AsTask())).Cause);
        Assert.False(await Store.DeleteConversationAsync(Owner, made.Id, Token));
        Assert.Equal("kept", await TextsAsync(Path(kept)));
    }

    [Fact]
    public async Task What_happens_in_a_conversation_is_a_change_of_it()
    {
        var made = await CreateAsync("a");
        foreach (var change in new Func<Task>[]
        {
            async () => await Store.AppendMessagesAsync(Owner, made.Id, [Said("b")], Token),
            async () => await Store.UpdateMessageAsync(Owner, made.Id, (await FindAsync(made)).Head, new MessagePatch([]), Now, Token),
            async () => await EndAsync((await StartAsync(made, "question")).Run!, ["answer"]),
            async () => await Store.DeleteMessageAsync(Owner, made.Id, (await FindAsync(made)).Head, Now, withRun: true, Token),
        })
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await change();
            Assert.Equal(Now, (await FindAsync(made)).UpdatedAt);
        }
    }
}
