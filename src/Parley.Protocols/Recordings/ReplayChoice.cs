using Parley.Agents;
using Parley.Runs;

namespace Parley.Protocols.Recordings;

/// <summary>Chooses the exchange that answers a request. Safe for concurrent use.</summary>
internal sealed class ReplayChoice
{
    private const string Any = "";

    private readonly ReplayOptions _options;
    private readonly Dictionary<string, List<RecordedExchange>> _exchanges = [];
    private readonly Dictionary<string, int> _asked = [];
    private readonly Lock _lock = new();

    public ReplayChoice(IEnumerable<RecordedExchange> exchanges, ReplayOptions options)
    {
        _options = options;
        var key = Any;
        foreach (var exchange in exchanges)
        {
            // One that says nothing brings the outputs of tools: it goes on with what was asked before.
            if (options.Match == ReplayMatch.Text) key = exchange.Question ?? key;
            if (!_exchanges.TryGetValue(key, out var list)) _exchanges[key] = list = [];
            list.Add(exchange);
        }
    }

    /// <summary>The exchange for this request.</summary>
    /// <exception cref="RunException">There is none, or none any more.</exception>
    public RecordedExchange For(AgentRequest request)
    {
        var key = _options.Match == ReplayMatch.Order ? Any : RecordedQuestion.Digest(request.Context.LastOrDefault(message => message.Role == Role.User)?.Text ?? "");
        if (!_exchanges.TryGetValue(key, out var exchanges)) throw Refuse("replay_no_match", "The recording has no exchange in which the user says this.");
        int number;
        lock (_lock)
        {
            number = _asked.GetValueOrDefault(key);
            _asked[key] = number + 1;
        }

        if (number >= exchanges.Count && !_options.Repeat) throw Refuse("replay_over", "All exchanges of the recording that fit were played, and its agent file says not to repeat them.");
        return exchanges[number % exchanges.Count];
    }

    private static RunException Refuse(string code, string message) => new(new RunError(ErrorSide.Agent, ErrorCause.Unavailable, message, true, code));
}
