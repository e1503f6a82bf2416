using System.Reflection;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Parley.Storage.Sqlite;

/// <summary>
/// The native library: the system's where it is 3.37 or newer, because it is the one that gets security fixes; else the one that comes
/// with the program, which is 3.35.5.
/// </summary>
internal static class SqliteLibrary
{
    private const int OldestSystemVersion = 3_037_000;

    private static readonly Lazy<bool> Loaded = new(Load);

    /// <summary>True if the system's library is in use. The first call loads it.</summary>
    public static bool IsSystem => Loaded.Value;

    /// <summary>Such as <c>3.40.1</c>.</summary>
    public static string Version
    {
        get
        {
            _ = Loaded.Value;
            return raw.sqlite3_libversion().utf8_to_string();
        }
    }

    private static bool Load()
    {
        var system = FindSystemLibrary();
        if (system != IntPtr.Zero)
        {
            NativeLibrary.SetDllImportResolver(
                typeof(SQLite3Provider_e_sqlite3).Assembly,
                (name, _, _) => name == "e_sqlite3" ? system : IntPtr.Zero);
        }

        raw.SetProvider(new SQLite3Provider_e_sqlite3());
        return system != IntPtr.Zero;
    }

    private static IntPtr FindSystemLibrary()
    {
        // Windows has no system library that others may rely on.
        var name = OperatingSystem.IsLinux() ? "libsqlite3.so.0" : OperatingSystem.IsMacOS() ? "/usr/lib/libsqlite3.dylib" : null;
        if (name is null || !NativeLibrary.TryLoad(name, Assembly.GetExecutingAssembly(), null, out var library)) return IntPtr.Zero;
        if (NativeLibrary.TryGetExport(library, "sqlite3_libversion_number", out var export)
            && Marshal.GetDelegateForFunctionPointer<VersionNumber>(export)() >= OldestSystemVersion) return library;
        NativeLibrary.Free(library);
        return IntPtr.Zero;
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int VersionNumber();
}
