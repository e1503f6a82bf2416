using System.Text.Json;
using Parley.Protocols.Json;
using Parley.Protocols.OpenAi;

namespace Parley.Protocols.DashScope;

/// <summary>One of an application's <c>thoughts</c>: reasoning, or something that it did itself.</summary>
/// <param name="Type">Its <c>action_type</c>, <c>reasoning</c> for reasoning.</param>
/// <param name="Text">What it thought.</param>
/// <param name="Name">What it used.</param>
/// <param name="Input">What that was given.</param>
/// <param name="Observation">What came out, once it has.</param>
internal readonly record struct DashScopeThought(string? Type, ChatText Text, string? Name, ChatText Input, ChatText Observation)
{
    /// <summary>The word for reasoning.</summary>
    public const string Reasoning = "reasoning";

    public static DashScopeThought Read(ref Utf8JsonReader json)
    {
        string? type = null, name = null, action = null;
        ChatText thought = default, response = default, stream = default, arguments = default, observation = default;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("action_type"u8)) type = json.ReadText();
            else if (json.ValueTextEquals("action_name"u8)) name = json.ReadText();
            else if (json.ValueTextEquals("action"u8)) action = json.ReadText();
            else if (json.ValueTextEquals("thought"u8)) thought = ChatText.Read(ref json);
            else if (json.ValueTextEquals("response"u8)) response = ChatText.Read(ref json);
            else if (json.ValueTextEquals("action_input_stream"u8)) stream = ChatText.Read(ref json);
            else if (json.ValueTextEquals("arguments"u8)) arguments = ChatText.Read(ref json);
            else if (json.ValueTextEquals("observation"u8)) observation = ChatText.Read(ref json);
            else json.SkipValue();
        }

        // Reasoning is told twice, under both names.
        return new DashScopeThought(type, thought.IsEmpty ? response : thought, name ?? action, stream.IsEmpty ? arguments : stream, observation);
    }
}
