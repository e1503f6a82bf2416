using Parley.Runs;

namespace Parley.Tests.Workflows;

public sealed class ConversationActionsTests
{
    private const string Notes = """
        - kind: CreateConversation
          id: create
          conversationId: Local.Notes
        - kind: AddConversationMessage
          id: first
          conversationId: =Local.Notes
          message: Local.First
          content:
            - type: Text
              value: "first of {System.LastMessage.Text}"
          metadata: ={topic: "notes"}
        - kind: AddConversationMessage
          id: second
          conversationId: =Local.Notes
          message: Local.Second
          role: Agent
          content:
            - type: Text
              value: second
            - type: ImageUrl
              value: https://img.example/cat.png
              mediaType: image/png

        """;

    [Theory]
    [InlineData("NewestFirst", "second,first of hello")]
    [InlineData("OldestFirst", "first of hello,second")]
    public async Task Messages_are_kept_in_a_conversation_of_their_own_and_come_back_in_either_order(string order, string expected)
    {
        await using var bench = new ActionBench().With(Notes + $$"""
            - kind: RetrieveConversationMessages
              id: list
              conversationId: =Local.Notes
              messages: Local.All
              sortOrder: {{order}}
            - kind: SendActivity
              id: show
              activity: =Concat(Local.All, Text, ",")
            """);
        Assert.Equal(expected, ActionBench.SaidIn(await bench.SayAsync("hello")));
    }

    [Fact]
    public async Task A_kept_message_is_told_with_its_id_and_found_by_it()
    {
        await using var bench = new ActionBench().With(Notes + """
            - kind: RetrieveConversationMessage
              id: find
              conversationId: =Local.Notes
              messageId: =Local.Second.Id
              message: Local.Found
            - kind: SendActivity
              id: show
              activity: "{Local.Found.Role} {Local.Found.Text} {Last(Local.Found.Content).Value} {Local.First.Role} {Local.First.Metadata.topic}"
            """);
        Assert.Equal("assistant second https://img.example/cat.png user notes", ActionBench.SaidIn(await bench.SayAsync("hello")));
    }

    [Fact]
    public async Task A_page_is_limited_and_begins_after_a_message()
    {
        await using var bench = new ActionBench().With(Notes + """
            - kind: RetrieveConversationMessages
              id: list
              conversationId: =Local.Notes
              messages: Local.One
              limit: 1
            - kind: RetrieveConversationMessages
              id: rest
              conversationId: =Local.Notes
              messages: Local.Rest
              messageAfter: =First(Local.One).Id
            - kind: SendActivity
              id: show
              activity: =Concat(Local.One, Text, ",") & ";" & Concat(Local.Rest, Text, ",")
            """);
        Assert.Equal("second;first of hello", ActionBench.SaidIn(await bench.SayAsync("hello")));
    }

    [Fact]
    public async Task What_is_added_to_the_conversation_of_the_workflow_is_said_by_the_run_and_is_there_at_once_and_when_it_has_ended()
    {
        await using var bench = new ActionBench().With("""
            - kind: AddConversationMessage
              id: add
              conversationId: =System.ConversationId
              message: Local.Added
              role: Agent
              content:
                - type: Text
                  value: welcome
            - kind: CopyConversationMessages
              id: copy
              conversationId: =System.ConversationId
              messages: =[UserMessage("one"), AgentMessage("two")]
            - kind: RetrieveConversationMessages
              id: list
              conversationId: =System.ConversationId
              messages: Local.All
            - kind: SendActivity
              id: show
              activity: "{Local.Added.Text}; {Concat(Local.All, Text, \",\")}"
            """);
        var state = await bench.SayAsync("hello");
        Assert.Equal("welcome\none\ntwo\nwelcome; two,one,welcome,hello", ActionBench.SaidIn(state));
        Assert.Equal([Role.Assistant, Role.User, Role.Assistant, Role.Assistant], state.Items.Select(item => item.Head).OfType<MessageItem>().Select(message => message.Role));
        Assert.EndsWith("; two,one,welcome,again,welcome; two,one,welcome,hello,two,one,welcome,hello", ActionBench.SaidIn(await bench.SayAsync("again")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("conversationId: nowhere\n  messages: =[UserMessage(\"x\")]", "conversation_not_found")]
    [InlineData("conversationId: =Blank()\n  messages: =[UserMessage(\"x\")]", "conversation_not_found")]
    [InlineData("conversationId: \"4711\"\n  messages: =[UserMessage(\"x\")]", "conversation_not_found")]
    public async Task A_conversation_that_does_not_exist_fails_the_action(string properties, string code)
    {
        await using var bench = new ActionBench().With("- kind: CopyConversationMessages\n  id: copy\n  " + properties);
        Assert.Equal(code, ActionBench.FailureOf(await bench.SayAsync("hello")).Code);
    }

    [Theory]
    [InlineData("limit: 101", "limit must be a number from 1 to 100")]
    [InlineData("messageAfter: nothing", "there is no message nothing")]
    [InlineData("messageBefore: \"4711\"", "no such message")]
    public async Task A_page_that_cannot_be_had_fails_the_action(string property, string reason)
    {
        await using var bench = new ActionBench().With(Notes + $"- kind: RetrieveConversationMessages\n  id: list\n  conversationId: =Local.Notes\n  messages: Local.All\n  {property}");
        Assert.Contains(reason, ActionBench.FailureOf(await bench.SayAsync("hello")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_that_is_not_there_fails_the_action()
    {
        await using var bench = new ActionBench().With(Notes + "- kind: RetrieveConversationMessage\n  id: find\n  conversationId: =Local.Notes\n  messageId: \"4711\"\n  message: Local.Found");
        Assert.Equal("message_not_found", ActionBench.FailureOf(await bench.SayAsync("hello")).Code);
    }
}
