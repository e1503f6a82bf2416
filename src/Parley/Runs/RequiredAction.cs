using System.Text.Json.Serialization;

namespace Parley.Runs;

/// <summary>Something that a suspended run waits for.</summary>
/// <param name="Item">The ordinal of the item in the same run that asks for it.</param>
[JsonDerivedType(typeof(CallFunction), "call-function")]
[JsonDerivedType(typeof(AnswerQuestion), "answer-question")]
[JsonDerivedType(typeof(Approve), "approve")]
[JsonDerivedType(typeof(ProvideInput), "provide-input")]
[JsonDerivedType(typeof(Authorize), "authorize")]
public abstract record RequiredAction(int Item);

/// <summary>The client must run a function; the answer is a <see cref="ToolResultItem"/> with the call's id.</summary>
public sealed record CallFunction(int Item) : RequiredAction(Item);

/// <summary>A question must be answered; the answer is the next user message.</summary>
/// <param name="Item">The item that asks.</param>
/// <param name="Prompt">The message that shows the question.</param>
public sealed record AnswerQuestion(int Item, int? Prompt = null) : RequiredAction(Item);

/// <summary>A call must be approved; the answer is an <see cref="ApprovalReplyItem"/>.</summary>
public sealed record Approve(int Item) : RequiredAction(Item);

/// <summary>Input from outside is needed; the answer is the next user message.</summary>
public sealed record ProvideInput(int Item) : RequiredAction(Item);

/// <summary>The user must give consent at <paramref name="Link"/>; any later request continues.</summary>
public sealed record Authorize(int Item, string Link) : RequiredAction(Item);
