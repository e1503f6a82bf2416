using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using Parley.AspNetCore.Configuration;
using Parley.AspNetCore.Http;
using Parley.Conversations;
using Parley.Protocols.Coze;
using Parley.Runs;
using Parley.Storage;

namespace Parley.AspNetCore.Endpoints;

/// <summary>Files that clients upload, and name in messages.</summary>
internal static class CozeFiles
{
    /// <summary>Clients send a field or two beside the file; a body of nothing but fields must end.</summary>
    private const int MostFields = 16;

    private const int LongestBoundary = 200;
    private const int BufferBytes = 64 * 1024;

    public static async Task UploadAsync(CozeCall call)
    {
        var limit = (call.Context.RequestServices.GetService<LimitOptions>() ?? new LimitOptions()).Upload;
        try
        {
            var file = await ReceiveAsync(call, limit);
            await call.AnswerAsync(line => CozeWriter.WriteFile(file, line.Name("data"u8)));
        }
        catch (RunException)
        {
            await SwallowAsync(call, limit);
            throw;
        }
    }

    public static async Task RetrieveAsync(CozeCall call)
    {
        var id = call.QueryId("file_id");
        var file = await FindAsync(call, id) ?? throw new RunException(RunError.NotFound("The file does not exist (file_id).", "file_id"));
        await call.AnswerAsync(line => CozeWriter.WriteFile(file, line.Name("data"u8)));
    }

    /// <summary>Messages with what is known of the files that they name, all of which must be the caller's.</summary>
    public static async ValueTask<ValueList<InputItem>> NameAsync(CozeCall call, ValueList<InputItem> messages)
    {
        if (!messages.Any(message => message.Content.Any(NamesFile))) return messages;
        var named = new List<InputItem>(messages.Count);
        foreach (var message in messages.ToList()) named.Add(message with { Content = await NameAsync(call, message.Content) });
        return named.ToValueList();
    }

    /// <summary>Content with what is known of the files that it names, all of which must be the caller's.</summary>
    public static async ValueTask<ValueList<Content>> NameAsync(CozeCall call, ValueList<Content> content)
    {
        if (!content.Any(NamesFile)) return content;
        var named = new List<Content>(content.Count);
        foreach (var part in content.ToList())
        {
            if (part.Media is not { File: { } id } media)
            {
                named.Add(part);
                continue;
            }

            var file = await FindAsync(call, id) ?? throw CozeCall.Refused("file_id", $"names a file that does not exist: {DecimalId.Render(id)}");
            named.Add(part with { Media = media with { MediaType = file.MediaType, Name = file.Name } });
        }

        return named.ToValueList();
    }

    private static bool NamesFile(Content part) => part.Media?.File is not null;

    private static FileStore? StoreOf(CozeCall call) => call.Context.RequestServices.GetService<FileStore>();

    private static async Task<StoredFile?> FindAsync(CozeCall call, Id file) => StoreOf(call) is { } files ? await files.FindAsync(call.Owner, file, call.Aborted) : null;

    private static async Task<StoredFile> ReceiveAsync(CozeCall call, long limit)
    {
        var files = StoreOf(call) ?? throw CozeUploads.Bad("This server keeps everything in memory and takes no files. Give it a data directory.");
        var request = call.Context.Request;

        // What stands around the file in the body is less than this.
        if (request.ContentLength > limit + 64 * 1024) throw CozeUploads.TooLarge(limit);
        // More than the file by more than is read at once: that the file itself is too large is told by whoever stores it.
        var reader = new MultipartReader(BoundaryOf(request), request.Body, BufferBytes) { BodyLengthLimit = limit + (1 << 20) };
        FileUpload? upload = null;
        try
        {
            for (var fields = 0; await reader.ReadNextSectionAsync(call.Aborted) is { } section; fields++)
            {
                if (fields == MostFields) throw CozeUploads.Bad($"There are more than {MostFields} fields. Send one field named file.");
                if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition) || HeaderUtilities.RemoveQuotes(disposition.Name) != "file") continue;
                if (upload is not null) throw CozeUploads.TooMany();
                var name = CozeUploads.ReadName(NameOf(disposition));
                upload = files.Begin(call.Owner, name, CozeUploads.MediaTypeOf(name));
                if (!await upload.WriteAsync(section.Body, limit, call.Aborted)) throw CozeUploads.TooLarge(limit);
                if (upload.Bytes == 0) throw CozeUploads.Empty();
            }

            return upload is null ? throw CozeUploads.Bad("There is no field named file. Send the file in one.") : await upload.CompleteAsync(call.Aborted);
        }
        catch (InvalidDataException)
        {
            throw CozeUploads.Bad("The body is not well-formed multipart/form-data. Send one field named file, with a file name.");
        }
        catch (Exception e) when (e is BadHttpRequestException or IOException)
        {
            throw CozeUploads.Bad("The body of the request broke off. Upload the file again.");
        }
        finally
        {
            if (upload is not null) await upload.DisposeAsync();
        }
    }

    private static string BoundaryOf(HttpRequest request)
    {
        if (MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            && HeaderUtilities.RemoveQuotes(type.Boundary) is { Length: > 0 and <= LongestBoundary } boundary)
            return boundary.ToString();
        throw CozeUploads.Bad("The body must be multipart/form-data with a boundary, and have one field named file.");
    }

    // The encoded form is the exact one where a client sends both. A quote within quotes is escaped with a backslash.
    private static string? NameOf(ContentDispositionHeaderValue disposition)
        => disposition.FileNameStar.Length > 0
            ? disposition.FileNameStar.ToString()
            : HeaderUtilities.RemoveQuotes(disposition.FileName).ToString().Replace("\\\"", "\"", StringComparison.Ordinal);

    private static async Task SwallowAsync(CozeCall call, long limit)
    {
        try
        {
            await RequestBody.SwallowAsync(call.Context.Request.BodyReader, limit, call.Aborted);
        }
        catch (Exception e) when (e is BadHttpRequestException or IOException or OperationCanceledException)
        {
            // There is nothing left to read.
        }
    }
}
