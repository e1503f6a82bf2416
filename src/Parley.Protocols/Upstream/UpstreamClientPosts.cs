using System.Net.Http.Headers;
using System.Text;
using Parley.Runs;

namespace Parley.Protocols.Upstream;

// Small calls, whose answer is one JSON text.
public sealed partial class UpstreamClient
{
    private const int LongestAnswer = 1 << 20;

    /// <summary>Makes a small call and returns the body of its answer, cut at 1 MB. It is not repeated.</summary>
    /// <exception cref="RunException">The peer refused it, or could not be reached, or took too long: the same errors that a stream ends with.</exception>
    public async Task<byte[]> PostAsync(UpstreamPost post, CancellationToken cancellationToken = default)
    {
        using var deadline = new Deadline(time, post.Timeouts.FirstEvent, cancellationToken);
        RunError error;
        string? said = null;
        Exception? cause = null;
        try
        {
            using var content = ContentOf(post, deadline);
            using var request = UpstreamConnection.NewRequest(post.Url, content, post.Key, post.Headers, post.Timeouts.Connect, "application/json");
            using var response = await _http.SendAsync(request, deadline.Token).ConfigureAwait(false);
            var body = await ReadAsync(response, deadline.Token).ConfigureAwait(false);
            if (response.IsSuccessStatusCode) return body;
            error = (int)response.StatusCode < 400 ? UpstreamErrors.Redirected : post.ReadError((int)response.StatusCode, body);
            said = Encoding.UTF8.GetString(body, 0, Math.Min(body.Length, 2000));
        }
        catch (OperationCanceledException) when (deadline.Expired)
        {
            error = UpstreamErrors.NoAnswer;
        }
        catch (Exception exception) when (UpstreamErrors.IsOfTheNetwork(exception))
        {
            cancellationToken.ThrowIfCancellationRequested();
            (cause, error) = (exception, deadline.Expired ? UpstreamErrors.NoAnswer : UpstreamErrors.OfSending(exception));
        }

        Log(post.Url, post.Key, post.Headers, error, said, cause);
        throw new RunException(error, cause);
    }

    private static HttpContent ContentOf(UpstreamPost post, Deadline deadline)
    {
        if (post.File is null) return new ReadOnlyMemoryContent(post.Body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

        // A large file may take long, as long as it moves.
        return new UpstreamFileContent(post.File, () => deadline.Extend(post.Timeouts.FirstEvent));
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        using var body = new MemoryStream();
        var piece = new byte[8 << 10];
        while (body.Length < LongestAnswer && await stream.ReadAsync(piece, cancellationToken).ConfigureAwait(false) is > 0 and var count) body.Write(piece, 0, count);
        return body.ToArray();
    }
}
