namespace Parley.Workflows;

/// <summary>An action failed. The message is for whoever wrote the workflow, and holds nothing that a client must not see.</summary>
internal sealed class WorkflowException(string message, string code = "action_failed", Exception? inner = null) : Exception(message, inner)
{
    /// <summary>A word for it.</summary>
    public string Code => code;
}
