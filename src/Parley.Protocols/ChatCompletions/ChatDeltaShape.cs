using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;

namespace Parley.Protocols.ChatCompletions;

/// <summary>What chunk after chunk is the same, all but one text, and what that text is.</summary>
internal sealed class ChatDeltaShape
{
    private readonly JsonTextShape _shape = new();

    /// <summary>What the text is.</summary>
    public ChatTextKind Kind { get; private set; }

    /// <summary>Of arguments, whose.</summary>
    public int Call { get; private set; }

    /// <summary>No shape is known.</summary>
    public void Forget() => _shape.Forget();

    /// <summary>Remembers a chunk whose only news is this text.</summary>
    public void Remember(ReadOnlySpan<byte> data, ChatText text, ChatTextKind kind, int call)
    {
        _shape.Remember(data, text.Start, text.Length);
        (Kind, Call) = (kind, call);
    }

    /// <summary>The text of a chunk of the known shape.</summary>
    public bool TryMatch(ReadOnlySpan<byte> data, out ReadOnlySpan<byte> text) => _shape.TryMatch(data, out text);
}


/// <summary>The texts that stream.</summary>
internal enum ChatTextKind
{
    None,
    Content,
    Reasoning,
    Arguments,
}
