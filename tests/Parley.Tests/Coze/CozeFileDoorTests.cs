using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Parley.AspNetCore.Configuration;
using Parley.Storage;

namespace Parley.Tests.Coze;

public sealed class CozeFileDoorTests : IAsyncLifetime
{
    private static readonly Sql CountRows = new("select (select count(*) from files) + (select count(*) from file_chunks)");
    private static readonly Sql CountChunks = new("select count(*) from file_chunks");

    private CozeDoor _door = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _door = await CozeDoor.OpenWithFilesAsync(new LimitOptions { Upload = 2_000_000 });

    public ValueTask DisposeAsync() => _door.DisposeAsync();

    [Fact]
    public async Task An_uploaded_file_is_described_and_found_again()
    {
        var made = (await _door.UploadAsync("年度报告 2026.pdf", new byte[1_500_000])).GetProperty("data");
        Assert.Equal("年度报告 2026.pdf", made.GetProperty("file_name").GetString());
        Assert.Equal(1_500_000, made.GetProperty("bytes").GetInt64());
        Assert.InRange(made.GetProperty("created_at").GetInt64(), 1_700_000_000, 5_000_000_000);
        var found = await _door.DataAsync("GET", $"/v1/files/retrieve?file_id={made.GetProperty("id").GetString()}");
        Assert.Equal(made.GetRawText(), found.GetRawText());
    }

    [Theory]
    [InlineData("form-data; name=\"file\"; filename=\"C:\\\\docs\\\\plan.txt\"", "plan.txt")]
    [InlineData("form-data; name=\"file\"; filename=\"../../etc/plan.txt\"", "plan.txt")]
    [InlineData("form-data; name=file; filename=plan.txt", "plan.txt")]
    [InlineData("form-data; name=\"file\"; filename=\"x.txt\"; filename*=UTF-8''%E8%AE%A1%E5%88%92.txt", "计划.txt")]
    [InlineData("form-data; name=\"file\"; filename=\"计划.TXT\"", "计划.TXT")]
    [InlineData("form-data; name=\"file\"; filename=\"a\\\"b.txt\"", "a\"b.txt")]
    public async Task A_name_is_kept_without_its_path(string disposition, string name)
        => Assert.Equal(name, (await PostAsync(Part(disposition, "hi"))).GetProperty("data").GetProperty("file_name").GetString());

    [Theory]
    [InlineData("form-data; name=\"file\"; filename=\"a.txt\"", "", 4300, "empty")]
    [InlineData("form-data; name=\"file\"; filename=\"a.exe\"", "x", 4303, ".exe")]
    [InlineData("form-data; name=\"file\"; filename=\"readme\"", "x", 4303, "extension")]
    [InlineData("form-data; name=\"file\"", "x", 4304, "file name")]
    [InlineData("form-data; name=\"file\"; filename=\"/\"", "x", 4304, "file name")]
    [InlineData("form-data; name=\"document\"; filename=\"a.txt\"", "x", 4304, "no field named file")]
    public async Task An_upload_that_does_not_fit_is_refused_with_what_to_do(string disposition, string content, int code, string said)
    {
        var refused = await PostAsync(Part(disposition, content));
        Assert.Equal(code, refused.GetProperty("code").GetInt32());
        Assert.Contains(said, refused.GetProperty("msg").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public async Task Two_files_are_refused_and_neither_is_kept()
    {
        var refused = await PostAsync(Part("form-data; name=\"file\"; filename=\"a.txt\"", "one"), Part("form-data; name=\"file\"; filename=\"b.txt\"", "two"));
        Assert.Equal(4301, refused.GetProperty("code").GetInt32());
        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public async Task Other_fields_beside_the_file_do_no_harm()
        => Assert.Equal(0, (await PostAsync(Part("form-data; name=\"bot_id\"", "1"), Part("form-data; name=\"file\"; filename=\"a.txt\"", "one"), Part("form-data; name=\"x\"", "2"))).GetProperty("code").GetInt32());

    [Theory]
    [InlineData(2_000_001)]
    [InlineData(6_000_000)]
    public async Task A_file_over_the_limit_is_refused_and_the_client_can_read_why(int length)
    {
        var refused = await _door.UploadAsync("big.zip", new byte[length]);
        Assert.Equal(4302, refused.GetProperty("code").GetInt32());
        Assert.Contains("limits.upload", refused.GetProperty("msg").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public async Task A_name_of_more_than_255_bytes_is_refused()
    {
        Assert.Equal(0, (await _door.UploadAsync(new string('a', 251) + ".txt", [1])).GetProperty("code").GetInt32());
        Assert.Equal(4304, (await _door.UploadAsync(new string('计', 84) + ".txt", [1])).GetProperty("code").GetInt32());
    }

    [Theory]
    [InlineData("application/json", "{}")]
    [InlineData("multipart/form-data", "x")]
    [InlineData("multipart/form-data; boundary=b", "")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nno end")]
    public async Task What_is_no_whole_form_is_refused(string contentType, string body)
    {
        var refused = await _door.CallAsync("POST", "/v1/files/upload", body, contentType);
        Assert.Equal(4304, refused.GetProperty("code").GetInt32());
        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public async Task Of_a_client_that_vanishes_in_the_middle_nothing_stays()
    {
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(_door.Address.Host, _door.Address.Port, Token);
            var stream = client.GetStream();
            await stream.WriteAsync(Encoding.UTF8.GetBytes(
                "POST /v1/files/upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 1900000\r\n\r\n"
                + "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n"), Token);
            await stream.WriteAsync(new byte[1_200_000], Token);
            while (await _door.Database.ReadAsync(session => session.Number(CountChunks), Token) < 2) await Task.Yield();
            client.LingerState = new LingerOption(true, 0);
        }

        while (await CountAsync() != 0) await Task.Yield();
    }

    [Fact]
    public async Task The_file_of_another_owner_looks_like_an_absent_one()
    {
        var id = (await _door.UploadAsync("a.png", [1, 2, 3])).GetProperty("data").GetProperty("id").GetString();
        foreach (var query in new[] { $"file_id={id}", "file_id=7710237672458944512" })
            Assert.Equal(4200, (await _door.CallAsync("GET", "/v1/files/retrieve?" + query, owner: "eve")).GetProperty("code").GetInt32());
        Assert.Equal(4000, (await _door.CallAsync("GET", "/v1/files/retrieve?file_id=x")).GetProperty("code").GetInt32());

        var refused = await _door.CallAsync("POST", "/v3/chat", Chat($$"""[{"type":"image","file_id":"{{id}}"}]"""), owner: "eve");
        Assert.Equal(4000, refused.GetProperty("code").GetInt32());
        Assert.Contains("file_id", refused.GetProperty("msg").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_names_a_file_by_its_id_and_the_echo_by_its_name()
    {
        var id = (await _door.UploadAsync("plan.png", [1, 2, 3])).GetProperty("data").GetProperty("id").GetString();
        var items = $$"""[{"type":"text","text":"see"},{"type":"image","file_id":"{{id}}"}]""";
        var frames = await _door.StreamAsync("/v3/chat", Chat(items));
        var answer = JsonElement.Parse(frames.First(frame => frame.Event == "conversation.message.completed").Data);
        Assert.Equal("see\n[plan.png]", answer.GetProperty("content").GetString());

        var conversation = answer.GetProperty("conversation_id").GetString();
        var question = (await _door.DataAsync("POST", $"/v1/conversation/message/list?conversation_id={conversation}", """{"order":"asc"}"""))[0];
        Assert.Equal("object_string", question.GetProperty("content_type").GetString());
        Assert.Equal(items, question.GetProperty("content").GetString());
    }

    [Fact]
    public async Task Messages_that_are_inserted_or_changed_may_name_files_too()
    {
        var id = (await _door.UploadAsync("a.mp3", [1])).GetProperty("data").GetProperty("id").GetString();
        var items = $$"""[{"type":"audio","file_id":"{{id}}"}]""";
        var message = JsonSerializer.Serialize(new { role = "user", content = items, content_type = "object_string" });
        var conversation = (await _door.DataAsync("POST", "/v1/conversation/create", $$"""{"messages":[{{message}}]}""")).GetProperty("id").GetString();
        var made = await _door.DataAsync("POST", $"/v1/conversation/message/create?conversation_id={conversation}", message);
        Assert.Equal(items, made.GetProperty("content").GetString());

        var modify = $"/v1/conversation/message/modify?conversation_id={conversation}&message_id={made.GetProperty("id").GetString()}";
        var absent = JsonSerializer.Serialize(new { content = """[{"type":"file","file_id":"7710237672458944512"}]""", content_type = "object_string" });
        var refused = await _door.CallAsync("POST", modify, absent);
        Assert.Equal(4000, refused.GetProperty("code").GetInt32());
        Assert.Contains("file_id", refused.GetProperty("msg").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, (await _door.CallAsync("POST", modify, message)).GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task Without_a_data_directory_an_upload_is_refused_with_what_to_do()
    {
        await using var door = await CozeDoor.OpenAsync();
        var refused = await door.UploadAsync("a.txt", [1]);
        Assert.Equal(4304, refused.GetProperty("code").GetInt32());
        Assert.Contains("data directory", refused.GetProperty("msg").GetString(), StringComparison.Ordinal);
    }

    private static string Chat(string items) => JsonSerializer.Serialize(new
    {
        bot_id = "echo",
        user_id = "u",
        stream = true,
        additional_messages = new[] { new { role = "user", content = items, content_type = "object_string" } },
    });

    private static string Part(string disposition, string content) => $"--b\r\nContent-Disposition: {disposition}\r\n\r\n{content}\r\n";

    private Task<JsonElement> PostAsync(params string[] parts) => _door.CallAsync("POST", "/v1/files/upload", string.Concat(parts) + "--b--\r\n", "multipart/form-data; boundary=b");

    private Task<long?> CountAsync() => _door.Database.ReadAsync(session => session.Number(CountRows), Token);
}
