using System.Globalization;

namespace Parley.Cli.Conversion;

/// <summary>How far a conversion is, and how fast: one line that is written again and again.</summary>
/// <param name="error">Where it is told; null where nobody looks.</param>
/// <param name="total">The size of the file.</param>
/// <param name="time">The clock.</param>
internal sealed class ConversionProgress(TextWriter? error, long total, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly long _begun = time.GetTimestamp();
    private long _told = time.GetTimestamp();
    private long _read;
    private bool _isOpen;

    /// <summary>So far the file was looked through.</summary>
    public void Passed(long bytes) => Tell("looked through", bytes, total);

    /// <summary>So many bytes more of <paramref name="all"/> were converted.</summary>
    public void Converted(long bytes, long all) => Tell("converted", _read += bytes, all);

    /// <summary>All is done.</summary>
    public void End(string what)
    {
        if (error is null) return;
        var elapsed = time.GetElapsedTime(_begun);
        Begin();
        error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what} of {Megabytes(total)} in {elapsed.TotalSeconds:0.0} s, {total / 1e6 / Math.Max(elapsed.TotalSeconds, 0.001):0.0} MB/s"));
        _isOpen = false;
    }

    /// <summary>Something else is told on a line of its own.</summary>
    public void Interrupt()
    {
        if (_isOpen) error!.WriteLine();
        _isOpen = false;
    }

    private void Tell(string what, long bytes, long all)
    {
        if (error is null || time.GetElapsedTime(_told) < Pause) return;
        _told = time.GetTimestamp();
        Begin();
        var percent = all > 0 ? Math.Min(100, bytes * 100 / all) : 100;
        error.Write(string.Create(CultureInfo.InvariantCulture, $"{what}: {Megabytes(bytes)} of {Megabytes(all)}, {percent} %, {bytes / 1e6 / Math.Max(time.GetElapsedTime(_begun).TotalSeconds, 0.001):0.0} MB/s"));
        error.Flush();
        _isOpen = true;
    }

    private void Begin()
    {
        if (_isOpen) error!.Write("\r\e[K");
    }

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:#,0.0} MB");
}
