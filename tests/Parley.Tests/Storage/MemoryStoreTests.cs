using Parley.Conversations;

namespace Parley.Tests.Storage;

public sealed class MemoryStoreTests : ConversationStoreTests
{
    protected override ValueTask<IConversationStore> OpenAsync(TimeProvider time) => new(new MemoryStore());

    protected override ValueTask CloseAsync() => default;
}
