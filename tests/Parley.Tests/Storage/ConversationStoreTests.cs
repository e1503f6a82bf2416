using Parley.Conversations;
using Parley.Runs;

namespace Parley.Tests.Storage;

/// <summary>What every store does; one subclass a store.</summary>
public abstract partial class ConversationStoreTests : IAsyncLifetime
{
    protected const string Owner = "local";

    private readonly FakeTime _time = new();
    private readonly IdSource _ids;

    protected ConversationStoreTests() => _ids = new IdSource(_time);

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected IConversationStore Store { get; private set; } = null!;

    protected DateTimeOffset Now => _time.GetUtcNow();

    public async ValueTask InitializeAsync() => Store = await OpenAsync(_time);

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    protected abstract ValueTask<IConversationStore> OpenAsync(TimeProvider time);

    protected abstract ValueTask CloseAsync();

    protected Id Next() => _ids.Next();

    protected Message Said(string text, Role? role = null) => Message(new MessageItem(role ?? Role.User), text);

    protected Message Message(Item head, string text = "") => new()
    {
        Id = Next(),
        Conversation = default,
        IsInput = true,
        Head = head,
        Content = text.Length == 0 ? [] : [new Content(PartKind.Text, text)],
        Status = ItemStatus.Completed,
        CreatedAt = Now,
        UpdatedAt = Now,
    };

    protected Conversation NewConversation(string owner = Owner)
    {
        var id = Next();
        return new Conversation { Id = id, Owner = owner, Section = id, CreatedAt = Now, UpdatedAt = Now };
    }

    protected async Task<Conversation> CreateAsync(params Message[] messages)
    {
        var conversation = NewConversation();
        await Store.CreateConversationAsync(conversation, messages, Token);
        return conversation;
    }

    protected Task<Conversation> CreateAsync() => CreateAsync(Array.Empty<Message>());

    protected async Task<Conversation> CreateAsync(params string[] texts) => await CreateAsync([.. texts.Select(text => Said(text))]);

    protected async Task<Conversation> FindAsync(Conversation conversation)
        => await Store.FindConversationAsync(conversation.Owner, conversation.Id, Token) ?? throw new InvalidOperationException("absent");

    protected static MessageQuery Path(Conversation conversation, bool up = true) => new() { Owner = Owner, Conversation = conversation.Id, Ascending = up };

    protected async Task<string> TextsAsync(MessageQuery query)
    {
        var page = await Store.ListMessagesAsync(query, Token);
        return string.Join(' ', page.Items.Select(message => message.Text)) + (page.HasMore ? " …" : "");
    }

    protected static async Task<RunError> ErrorOf(Func<Task> action) => (await Assert.ThrowsAsync<RunException>(action)).Error;
}
