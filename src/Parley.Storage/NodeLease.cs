using System.Globalization;

namespace Parley.Storage;

/// <summary>
/// The node number of this process: the lowest that no other process with the same data uses. It is held by a lock on a file, which
/// the system releases however the process ends.
/// </summary>
internal sealed class NodeLease : IDisposable
{
    private const int Numbers = 1024;

    private readonly string _prefix;
    private readonly FileStream _lock;

    private NodeLease(string prefix, int number, FileStream held) => (_prefix, Number, _lock) = (prefix, number, held);

    public int Number { get; }

    /// <param name="prefix">The path of the lock files, to which the number is added. They are left where they are: removing one would let two processes hold it.</param>
    public static NodeLease Take(string prefix)
    {
        for (var number = 0; number < Numbers; number++)
        {
            if (TryLock(prefix, number) is { } held) return new NodeLease(prefix, number, held);
        }

        throw new StoreException($"{Numbers} processes use this data already.");
    }

    /// <summary>Whether the process that minted the id may be alive: another one that holds its node number.</summary>
    public bool IsOfAnotherProcess(Id minted)
    {
        // 3 bits of facet and 19 of counter lie below the node.
        var number = (int)(minted.Value >> 22) & (Numbers - 1);
        if (number == Number) return false;
        using var free = TryLock(_prefix, number);
        return free is null;
    }

    public void Dispose() => _lock.Dispose();

    private static FileStream? TryLock(string prefix, int number)
    {
        try
        {
            return new FileStream(prefix + number.ToString(CultureInfo.InvariantCulture), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
