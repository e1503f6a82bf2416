namespace Parley.IntegrationTests.Peers;

/// <summary>One thing that a scripted peer does on a connection after it has read the request.</summary>
internal abstract record PeerStep;

/// <summary>Sends these bytes, in cuts of a size if one is given, each its own packet as far as the system lets it.</summary>
internal sealed record Send(byte[] Bytes, int Cut = int.MaxValue) : PeerStep;

/// <summary>Says nothing more until the other side gives up.</summary>
internal sealed record Stall : PeerStep;

/// <summary>Says nothing until the test lets it go on.</summary>
internal sealed record Await(Task Signal) : PeerStep;

/// <summary>Ends the connection with a reset, as a dying process or a firewall does.</summary>
internal sealed record Reset : PeerStep;

/// <summary>Ends its own side in an orderly way and leaves the other open.</summary>
internal sealed record HalfClose : PeerStep;
