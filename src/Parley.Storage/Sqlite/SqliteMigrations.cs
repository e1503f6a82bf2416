using System.Globalization;
using System.Reflection;

namespace Parley.Storage.Sqlite;

/// <summary>Brings a database to the schema of this program: the numbered files in <c>Migrations/</c>, each once, in one transaction.</summary>
internal static class SqliteMigrations
{
    private const string Prefix = "Parley.Storage.Sqlite.Migrations.";

    private static readonly Sql Begin = new("begin immediate");
    private static readonly Sql Commit = new("commit");
    private static readonly Sql Rollback = new("rollback");
    private static readonly Sql CountTables = new("select count(*) from sqlite_master where type = 'table'");
    private static readonly Sql FindVersions = new("select 1 from sqlite_master where type = 'table' and name = 'schema_version'");
    private static readonly Sql CreateVersions = new("create table schema_version (version int not null primary key, name text not null, applied_at bigint not null)");
    private static readonly Sql ReadVersion = new("select max(version) from schema_version");
    private static readonly Sql WriteVersion = new("insert into schema_version (version, name, applied_at) values (@version, @name, @at)");

    /// <summary>The schema that this program knows.</summary>
    public static int Latest { get; } = Find().Max(migration => migration.Version);

    /// <summary>Applies what is missing.</summary>
    /// <exception cref="StoreException">The file belongs to another program or to a newer version of this one.</exception>
    public static void Apply(SqlSession session, string file, TimeProvider time)
    {
        session.Execute(Begin);
        try
        {
            var current = Current(session, file);
            if (current > Latest)
            {
                throw new StoreException(
                    $"{file} was written by a newer version of Parley (its schema is {current}, this version knows {Latest}). Use that version, or another data directory.");
            }

            foreach (var (version, name) in Find().Where(migration => migration.Version > current).OrderBy(migration => migration.Version))
            {
                session.Execute(new Sql(ReadText(name)));
                session.Execute(WriteVersion, version, name[Prefix.Length..], time.GetUtcNow().UtcTicks);
            }

            session.Execute(Commit);
        }
        catch
        {
            if (SqliteConnector.InTransaction(session)) session.Execute(Rollback);
            throw;
        }
    }

    private static long Current(SqlSession session, string file)
    {
        if (session.Number(FindVersions) is not null) return session.Number(ReadVersion) ?? 0;
        if (session.Number(CountTables) > 0) throw new StoreException($"{file} is the database of another program. Choose another data directory.");
        session.Execute(CreateVersions);
        return 0;
    }

    private static IEnumerable<(int Version, string Name)> Find()
        => from name in Assembly.GetExecutingAssembly().GetManifestResourceNames()
           where name.StartsWith(Prefix, StringComparison.Ordinal)
           select (int.Parse(name.AsSpan(Prefix.Length, 3), NumberStyles.None, CultureInfo.InvariantCulture), name);

    private static string ReadText(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
