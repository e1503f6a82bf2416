namespace Parley.AspNetCore.Configuration;

/// <summary>Something in a setting or an agent file that cannot be used; the message is for people and says where.</summary>
public sealed class ConfigurationException : Exception
{
    /// <param name="source">The file, variable or flag.</param>
    /// <param name="line">The line in the file, counted from 1; 0 where there is none.</param>
    /// <param name="reason">What is wrong.</param>
    /// <param name="inner">The cause.</param>
    public ConfigurationException(string source, long line, string reason, Exception? inner = null)
        : base(line > 0 ? $"{source}, line {line}: {reason}" : $"{source}: {reason}", inner)
        => (Where, Line, Reason) = (source, line, reason);

    /// <summary>The file, variable or flag.</summary>
    public string Where { get; }

    /// <summary>The line in the file, counted from 1; 0 where there is none.</summary>
    public long Line { get; }

    /// <summary>What is wrong.</summary>
    public string Reason { get; }

    /// <summary>Another file that is at fault, as it was.</summary>
    internal Agents.FileStamp? Needs { get; init; }
}
