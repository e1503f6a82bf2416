using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Parley.Workflows.Outside;

/// <summary>
/// The hosts that workflows may call: <c>api.example.com</c>, <c>*.example.com</c>, <c>*</c> for any on the internet, each perhaps with a port; without one it
/// is the usual port of http or https. What a wildcard allows is never an address of this machine's own network.
/// </summary>
public sealed class OutsideHosts
{
    private static readonly IPNetwork[] Never = Networks(
        "0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "224.0.0.0/4", "240.0.0.0/4", "100.100.100.200/32", "168.63.129.16/32", "::/128", "fe80::/10", "fec0::/10", "ff00::/8", "fd00:ec2::254/128");

    private static readonly IPNetwork[] Private = Networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15", "fc00::/7");

    private readonly List<(string Host, int? Port)> _patterns = [];

    private OutsideHosts(ValueList<string> patterns) => Patterns = patterns;

    /// <summary>As they were written.</summary>
    public ValueList<string> Patterns { get; }

    /// <summary>Reads patterns; false if one of them is none.</summary>
    public static bool TryParse(IEnumerable<string> patterns, out OutsideHosts hosts)
    {
        hosts = new OutsideHosts(patterns.ToValueList());
        foreach (var pattern in hosts.Patterns)
        {
            if (!TrySplit(pattern, out var host, out var port)) return false;
            hosts._patterns.Add((host, port));
        }

        return true;
    }

    /// <summary>Whether a URL may be called, as far as its text tells.</summary>
    internal bool MayCall(Uri url) => _patterns.Exists(pattern => Fits(pattern, url.IdnHost, url.Port, url.IsDefaultPort));

    /// <summary>Whether the address that a name turned out to have may be called: it may have been chosen by whoever owns the name.</summary>
    internal bool MayCall(string host, int port, IPAddress address)
    {
        var real = Unwrap(address);
        if (Never.Any(network => network.Contains(real))) return false;
        var isNamed = _patterns.Exists(pattern => !pattern.Host.StartsWith('*') && Fits(pattern, host, port, port is 80 or 443));
        if (IPAddress.IsLoopback(real)) return isNamed && (host == "localhost" || IPAddress.TryParse(host, out _));
        return isNamed || !Private.Any(network => network.Contains(real));
    }

    private static bool Fits((string Host, int? Port) pattern, string host, int port, bool isUsualPort)
    {
        host = host.Trim('[', ']');
        if (pattern.Port is { } only ? only != port : !isUsualPort) return false;
        return pattern.Host == "*" || (pattern.Host.StartsWith("*.", StringComparison.Ordinal)
            ? host.EndsWith(pattern.Host[1..], StringComparison.OrdinalIgnoreCase)
            : host.Equals(pattern.Host, StringComparison.OrdinalIgnoreCase));
    }

    // An address of the older kind within one of the newer is that address.
    private static IPAddress Unwrap(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address;
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        if (bytes.AsSpan(0, 12).SequenceEqual((ReadOnlySpan<byte>)[0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0])) return new IPAddress(bytes.AsSpan(12));
        return bytes is [0x20, 0x02, ..] ? new IPAddress(bytes.AsSpan(2, 4)) : address;
    }

    private static bool TrySplit(string pattern, out string host, out int? port)
    {
        (host, port) = (pattern, null);
        var colon = pattern.LastIndexOf(':');
        if (colon > pattern.LastIndexOf(']') && colon == (pattern.StartsWith('[') ? colon : pattern.IndexOf(':', StringComparison.Ordinal)))
        {
            if (!int.TryParse(pattern.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1 or > 65535) return false;
            (host, port) = (pattern[..colon], number);
        }

        host = host.Trim('[', ']').ToLowerInvariant();
        var name = host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host;
        return host == "*" || Uri.CheckHostName(name) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6;
    }

    private static IPNetwork[] Networks(params ReadOnlySpan<string> all)
    {
        var networks = new IPNetwork[all.Length];
        for (var i = 0; i < all.Length; i++) networks[i] = IPNetwork.Parse(all[i]);
        return networks;
    }
}
