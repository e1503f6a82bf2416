using System.Net.Http.Json;
using System.Text.Json;
using Parley.Agents;
using Parley.Tests.Storage;

namespace Parley.Tests.Http;

public sealed class SharedFileTests
{
    [Fact]
    public async Task A_Chat_Completions_client_goes_on_with_a_conversation_that_has_a_file()
    {
        using var folder = new TempFolder();
        await using var server = await RunningServer.StartAsync(options =>
        {
            options.Data = folder.Path;
            options.Agents.Clear();
            options.Agents.Add(new Agent("history", new EchoAgent(new EchoOptions { Reply = EchoReply.History }, TimeProvider.System)));
        });
        using var form = new MultipartFormDataContent { { new ByteArrayContent([1, 2, 3]), "file", "plan.png" } };
        var file = await JsonOf(server.Client.PostAsync("/v1/files/upload", form, TestContext.Current.CancellationToken));
        var items = $$"""[{"type":"image","file_id":"{{file.GetProperty("data").GetProperty("id").GetString()}}"}]""";
        var made = await JsonOf(server.Client.PostAsJsonAsync(
            "/v1/conversation/create", new { messages = new[] { new { role = "user", content = items, content_type = "object_string" } } }, TestContext.Current.CancellationToken));

        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions");
        request.Content = JsonContent.Create(new { model = "history", messages = new[] { new { role = "user", content = "and?" } } });
        request.Headers.Add("parley-conversation", made.GetProperty("data").GetProperty("id").GetString());
        var answer = await JsonOf(server.Client.SendAsync(request, TestContext.Current.CancellationToken));
        Assert.Equal("user: [plan.png]\nuser: and?", answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
    }

    private static async Task<JsonElement> JsonOf(Task<HttpResponseMessage> call)
    {
        using var response = await call;
        return await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }
}
