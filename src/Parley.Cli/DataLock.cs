using Parley.Storage;

namespace Parley.Cli;

/// <summary>
/// Says that a server uses a data directory. A second one would take the runs of the first for those of a dead process.
/// </summary>
internal static class DataLock
{
    /// <summary>Takes the lock until it is disposed or the process ends, however it ends.</summary>
    /// <exception cref="StoreException">Another server has it.</exception>
    public static IDisposable Take(string data)
    {
        var file = Path.Combine(data, "parley.lock");
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(file))
        {
            throw new StoreException($"another server already uses {data}. Stop it, or choose another directory with --data.", e);
        }
    }
}
