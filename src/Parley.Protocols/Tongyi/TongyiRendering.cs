using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.Tongyi;

/// <summary>What a stream depends on besides the run's header and events; kept in <see cref="Run.Rendering"/>.</summary>
public sealed record TongyiRendering
{
    /// <summary>Every frame has the whole text so far, without the flags of newer clients; else the frames have pieces.</summary>
    public bool IsCumulative { get; init; }

    /// <summary>The request asked for research.</summary>
    public bool DeepResearch { get; init; }

    /// <summary>The request had an image.</summary>
    public bool IsAboutImage { get; init; }

    /// <summary>The session as the client named it; null for its id.</summary>
    public string? Session { get; init; }

    /// <summary>The node under which the answer hangs; null for the last message of the input.</summary>
    public string? Parent { get; init; }

    /// <summary>As it is stored.</summary>
    public RawJson ToJson() => JsonLine.ToRawJson(json =>
    {
        json.Object().Name("cumulative"u8).Bool(IsCumulative).Name("deepResearch"u8).Bool(DeepResearch).Name("image"u8).Bool(IsAboutImage);
        if (Session is not null) json.String("session"u8, Session);
        if (Parent is not null) json.String("parent"u8, Parent);
        json.EndObject();
    });

    /// <summary>The rendering of a run. One that was asked in another protocol is shown in pieces.</summary>
    public static TongyiRendering Of(Run run)
    {
        if (run.Dialect != Protocol.Tongyi || run.Rendering is not { } stored) return new TongyiRendering();
        var root = JsonElement.Parse(stored.Text);
        return new TongyiRendering
        {
            IsCumulative = Is("cumulative"),
            DeepResearch = Is("deepResearch"),
            IsAboutImage = Is("image"),
            Session = TongyiInner.TextOf(root, "session"),
            Parent = TongyiInner.TextOf(root, "parent"),
        };

        bool Is(string name) => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;
    }
}
