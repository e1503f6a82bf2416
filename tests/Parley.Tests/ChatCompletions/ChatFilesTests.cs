using System.Text;
using System.Text.Json;
using Parley.Agents;
using Parley.Conversations;
using Parley.Protocols.ChatCompletions;
using Parley.Protocols.OpenAi;
using Parley.Runs;

namespace Parley.Tests.ChatCompletions;

public sealed class ChatFilesTests
{
    private static readonly ChatCompletionsOptions Options = new() { Url = new("http://127.0.0.1:1/v1"), Model = "m" };

    private readonly Dictionary<Id, (StoredFile File, byte[] Bytes)> _stored = [];
    private int _opened;

    [Theory]
    [InlineData("image/png")]
    [InlineData("image/jpeg")]
    [InlineData("image/gif")]
    [InlineData("image/webp")]
    public async Task An_image_is_sent_as_a_data_URL(string type)
    {
        var file = Store("a.img", type, [0xFF, 0xD8, 0x00, 0x01]);
        Assert.Equal(
            """[{"role":"user","content":[{"type":"text","text":"see"},{"type":"image_url","image_url":{"url":"data:TYPE;base64,/9gAAQ=="}}]}]""".Replace("TYPE", type, StringComparison.Ordinal),
            await MessagesAsync(Said("see", file)));
    }

    [Theory]
    [InlineData("text/csv")]
    [InlineData("text/x-python")]
    [InlineData("application/json")]
    [InlineData("application/xml")]
    [InlineData("application/yaml")]
    public async Task A_text_file_is_sent_as_text_that_names_it(string type)
    {
        var file = Store("数据.csv", type, Encoding.UTF8.GetBytes("\uFEFFa,\"b\"\n1,计"));
        Assert.Equal(
            """[{"role":"user","content":[{"type":"text","text":"File '数据.csv':\na,\"b\"\n1,计"}]}]""",
            await MessagesAsync(Said("", file)));
    }

    [Theory]
    [InlineData("application/pdf", 3, "application/pdf")]
    [InlineData("audio/mpeg", 3, "audio/mpeg")]
    [InlineData("image/heic", 3, "image/heic")]
    [InlineData("image/png", 20 * 1024 * 1024 + 1, "20971520")]
    [InlineData("text/plain", 1024 * 1024 + 1, "1048576")]
    public async Task What_cannot_be_read_is_refused_by_name_and_without_its_content(string type, int length, string why)
    {
        var error = await RefusalAsync(Said("see", Store("plan.x", type, new byte[length])));
        Assert.Equal((ErrorSide.Client, "messages", "unsupported_media", true), (error.Side, error.Param, error.Code, error.Public));
        Assert.Contains("'plan.x'", error.Message, StringComparison.Ordinal);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_that_is_not_UTF_8_is_refused()
        => Assert.Contains("UTF-8", (await RefusalAsync(Said("", Store("a.txt", "text/plain", [0xC3, 0x28])))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_file_that_has_expired_is_refused_in_what_is_new_and_only_named_in_what_was_said_before()
    {
        var gone = new Content(PartKind.Media, Media: new Media(File: new Id(800), MediaType: "image/png", Name: "old.png"));
        Assert.Contains("does not exist any more", (await RefusalAsync(Said("see", gone))).Message, StringComparison.Ordinal);
        Assert.Equal(
            """[{"role":"user","content":[{"type":"text","text":"see"},{"type":"text","text":"[the file 'old.png']"}]},{"role":"user","content":"and?"}]""",
            await MessagesAsync(Said("see", gone), InputItem.Said(Role.User, "and?")));
    }

    [Fact]
    public async Task Older_files_that_cannot_be_read_are_only_named_and_those_that_can_are_sent_again()
    {
        var messages = await MessagesAsync(
            Said("", Store("a.pdf", "application/pdf", [1])), Said("", Store("b.txt", "text/plain", "b"u8.ToArray())), InputItem.Said(Role.User, "and?"));
        Assert.Equal(
            """[{"role":"user","content":[{"type":"text","text":"[the file 'a.pdf']"}]},{"role":"user","content":[{"type":"text","text":"File 'b.txt':\nb"}]},{"role":"user","content":"and?"}]""",
            messages);
    }

    [Fact]
    public async Task Of_too_many_the_latest_are_sent()
    {
        var image = new byte[19 * 1024 * 1024];
        var body = await MessagesAsync(
            Said("", Store("first.png", "image/png", image)), Said("", Store("second.png", "image/png", image)), Said("", Store("third.png", "image/png", image)));
        using var json = JsonDocument.Parse(body);
        Assert.Equal(["text", "image_url", "image_url"], json.RootElement.EnumerateArray().Select(message => message.GetProperty("content")[0].GetProperty("type").GetString()));
        Assert.StartsWith("""[{"role":"user","content":[{"type":"text","text":"[the file 'first.png']"}]}""", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_named_twice_is_read_once()
    {
        var file = Store("a.txt", "text/plain", "x"u8.ToArray());
        await MessagesAsync(Said("one", file), Said("two", file));
        Assert.Equal(1, _opened);
    }

    private static InputItem Said(string text, Content file)
        => new(new MessageItem(Role.User), text.Length > 0 ? [new(PartKind.Text, text), file] : [file]);

    private Content Store(string name, string type, byte[] bytes)
    {
        var file = new StoredFile(new Id(8 * (100 + _stored.Count)), "local", name, type, bytes.Length, ChatWire.At);
        _stored[file.Id] = (file, bytes);
        return new Content(PartKind.Media, Media: new Media(File: file.Id, MediaType: type, Name: name));
    }

    private AgentRequest Asked(InputItem[] items) => new()
    {
        Run = ChatWire.Header(),
        Context = [.. items.Select((item, index) => item.ToMessage(new Id(8 * (index + 1)), new Id(8), default, ChatWire.At))],
        InputCount = 1,
        Files = (_, id, _) =>
        {
            _opened++;
            return new(_stored.TryGetValue(id, out var found) ? new OpenedFile(found.File, new MemoryStream(found.Bytes)) : null);
        },
    };

    // The last item alone is the input.
    private async Task<string> MessagesAsync(params InputItem[] items)
    {
        var asked = Asked(items);
        var files = await OpenAiFiles.LoadAsync(asked, takesAll: false, "messages", TestContext.Current.CancellationToken);
        using var json = JsonDocument.Parse(ChatRequestWriter.Write(asked, Options, files));
        return json.RootElement.GetProperty("messages").GetRawText();
    }

    private async Task<RunError> RefusalAsync(InputItem item)
        => (await Assert.ThrowsAsync<RunException>(() => OpenAiFiles.LoadAsync(Asked([item]), takesAll: false, "messages", TestContext.Current.CancellationToken))).Error;
}
