using Microsoft.Extensions.AI;
using Parley.Extensions.AI;
using Parley.Protocols.Coze;
using Parley.Runs;

namespace Embedding;

/// <summary>The same agent asked twice: as run events, and as a chat client.</summary>
internal static class Talk
{
    public static async Task AboutItAsync(string url, string? key, TextWriter output, CancellationToken cancellationToken)
    {
        using var coze = new CozeClient(new Uri(url), key);
        await foreach (RunEvent e in coze.ChatAsync(new("mine", "Hi"), cancellationToken))
            if (e is PartDelta delta) await output.WriteAsync(delta.Text);
        await output.WriteLineAsync();

        IChatClient chat = coze.AsChatClient("mine");
        var first = await chat.GetResponseAsync("Hello again", cancellationToken: cancellationToken);
        await output.WriteLineAsync(first.Text);
        var second = await chat.GetResponseAsync("And again", new ChatOptions { ConversationId = first.ConversationId }, cancellationToken);
        await output.WriteLineAsync(second.Text);
    }
}
