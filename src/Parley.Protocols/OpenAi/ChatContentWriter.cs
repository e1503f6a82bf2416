using Parley.Protocols.Json;
using Parley.Runs;

namespace Parley.Protocols.OpenAi;

/// <summary>How a peer's messages hold their contents: in that alone the servers differ that took over the form of Chat Completions.</summary>
internal abstract class ChatContentWriter
{
    /// <summary>The role as the peer knows it.</summary>
    public virtual Role RoleOf(Role role) => role;

    /// <summary>Writes a text as the value of <c>content</c>; null where there are calls alone.</summary>
    public virtual void WriteText(JsonLine json, string? text)
    {
        if (text is null) json.Null();
        else json.String(text);
    }

    /// <summary>Writes what is more than a text as the value of <c>content</c>.</summary>
    /// <exception cref="RunException">A part is new and cannot be sent.</exception>
    public virtual void WriteParts(JsonLine json, ValueList<Content> parts, bool isInput)
    {
        json.Array();
        foreach (var part in parts) WritePart(json, part, isInput);
        json.EndArray();
    }

    /// <summary>Writes one of several parts.</summary>
    /// <exception cref="RunException">It is new and cannot be sent.</exception>
    protected abstract void WritePart(JsonLine json, Content part, bool isInput);
}
