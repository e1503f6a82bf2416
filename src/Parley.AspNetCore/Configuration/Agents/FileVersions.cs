using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Parley.Storage;

namespace Parley.AspNetCore.Configuration.Agents;

/// <summary>
/// The versions of the agents in files: they rise from 1 with each change of the text, and are kept, so that a start changes none. Not safe for
/// concurrent use.
/// </summary>
/// <param name="store">Where they are kept; null if they last as long as the process.</param>
internal sealed class FileVersions(AgentStore? store = null)
{
    private readonly Dictionary<string, AgentFileVersion> _changed = new(StringComparer.Ordinal);
    private Dictionary<string, AgentFileVersion> _known = new(StringComparer.Ordinal);
    private bool _isLoaded;

    /// <summary>Recalls what is kept, the first time.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        if (_isLoaded || store is null) return;
        _known = (await store.ListFilesAsync(cancellationToken)).ToDictionary(known => known.Name, StringComparer.Ordinal);
        _isLoaded = true;
    }

    /// <summary>The version of an agent whose file has this text now.</summary>
    public string Of(string name, string text)
    {
        var hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        if (!_known.TryGetValue(name, out var known) || known.Hash != hash)
            _changed[name] = _known[name] = known = new AgentFileVersion(name, (known?.Version ?? 0) + 1, hash);
        return known.Version.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Keeps what has changed. What cannot be kept is tried again the next time.</summary>
    public async Task SaveAsync(CancellationToken cancellationToken)
    {
        if (_changed.Count == 0 || store is null) return;
        await store.KeepFilesAsync([.. _changed.Values], cancellationToken);
        _changed.Clear();
    }
}
