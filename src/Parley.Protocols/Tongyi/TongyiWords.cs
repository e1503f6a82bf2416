namespace Parley.Protocols.Tongyi;

/// <summary>The words of the wire.</summary>
internal static class TongyiWords
{
    public const string Text = "text";
    public const string Think = "think";
    public const string Plugin = "plugin";
    public const string ReferenceLink = "referenceLink";

    /// <summary>The plugin whose result is a search's.</summary>
    public const string SearchCode = "tongyi_nlp_web_search";

    /// <summary>What that plugin is called.</summary>
    public const string SearchName = "互联网信息搜索";

    /// <summary>What stands for a text until there is one.</summary>
    public const string Placeholder = "Thinking";

    public const string Stop = "stop";
    public const string Interrupted = "interrupted";
    public const string Error = "error";
}
