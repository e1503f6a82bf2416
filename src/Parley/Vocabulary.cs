namespace Parley;

/// <summary>An open vocabulary: a word that others may extend.</summary>
internal interface IWord<TSelf> where TSelf : struct, IWord<TSelf>
{
    string Word { get; }

    static abstract TSelf Of(string word);
}

/// <summary>The name of a wire protocol, such as <c>coze</c>; also the name of a dialect that a run was asked in.</summary>
public readonly record struct Protocol(string Name) : IWord<Protocol>
{
    /// <summary>Coze's chat API, <c>/v3/chat</c>.</summary>
    public static Protocol Coze => new("coze");

    /// <summary>Coze's chatflow API, <c>/v1/workflows/chat</c>.</summary>
    public static Protocol CozeWorkflow => new("coze-workflow");

    /// <summary>Coze's workflow API, <c>/v1/workflow/stream_run</c>.</summary>
    public static Protocol CozeWorkflowRun => new("coze-workflow-run");

    /// <summary>OpenAI's Chat Completions.</summary>
    public static Protocol ChatCompletions => new("chat-completions");

    /// <summary>OpenAI's Responses, also as Azure AI Foundry extends them.</summary>
    public static Protocol Responses => new("responses");

    /// <summary>Tongyi Qianwen.</summary>
    public static Protocol Tongyi => new("tongyi");

    /// <summary>A model of Alibaba's DashScope, asked in its native protocol; only agents speak it.</summary>
    public static Protocol DashScope => new("dashscope");

    /// <summary>An application of Alibaba's DashScope; only agents speak it.</summary>
    public static Protocol DashScopeApp => new("dashscope-app");

    /// <summary>Parley's own API; no run has it as its dialect.</summary>
    public static Protocol Parley => new("parley");

    string IWord<Protocol>.Word => Name;

    static Protocol IWord<Protocol>.Of(string word) => new(word);

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>Who speaks in a message.</summary>
public readonly record struct Role(string Value) : IWord<Role>
{
    /// <summary>The person, or whoever stands for one.</summary>
    public static Role User => new("user");

    /// <summary>The agent.</summary>
    public static Role Assistant => new("assistant");

    /// <summary>Standing instructions.</summary>
    public static Role System => new("system");

    /// <summary>Standing instructions, in OpenAI's newer word.</summary>
    public static Role Developer => new("developer");

    string IWord<Role>.Word => Value;

    static Role IWord<Role>.Of(string word) => new(word);

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>Why an agent stopped.</summary>
public readonly record struct FinishReason(string Value) : IWord<FinishReason>
{
    /// <summary>It had said all.</summary>
    public static FinishReason Stop => new("stop");

    /// <summary>A limit on the length of the answer was reached.</summary>
    public static FinishReason Length => new("length");

    /// <summary>A content filter cut the answer.</summary>
    public static FinishReason ContentFilter => new("content_filter");

    /// <summary>A finish that leaves the answer incomplete: what was being said or called must not be acted upon.</summary>
    public bool IsIncomplete => this == Length || this == ContentFilter;

    string IWord<FinishReason>.Word => Value;

    static FinishReason IWord<FinishReason>.Of(string word) => new(word);

    /// <inheritdoc/>
    public override string ToString() => Value;
}
