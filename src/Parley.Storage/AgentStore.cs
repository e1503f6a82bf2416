using System.Data.Common;
using Parley.Runs;
using Parley.Storage.Sqlite;

namespace Parley.Storage;

/// <summary>The agents that clients make, with all versions, and the versions of those in files. Failures of the store are <see cref="RunException"/>s.</summary>
public sealed class AgentStore(SqliteDatabase database, TimeProvider time)
{
    private static readonly Sql ListRows = new(
        """
        select v.agent, v.version, a.owner, v.created_at, v.description, v.metadata, v.definition
        from agent_versions v join agents a on a.name = v.agent order by v.agent, v.version
        """);

    // A name without versions is anybody's, and counts on.
    private static readonly Sql NextVersion = new(
        """
        insert into agents (name, owner, last_version) values (@name, @owner, 1)
        on conflict (name) do update set last_version = agents.last_version + 1, owner = excluded.owner
        where agents.owner = excluded.owner or not exists (select 1 from agent_versions where agent = agents.name) returning last_version
        """);

    private static readonly Sql InsertVersion = new(
        "insert into agent_versions (agent, version, created_at, description, metadata, definition) values (@agent, @version, @created, @description, @metadata, @definition)");

    private static readonly Sql DeleteVersion = new("delete from agent_versions where agent = @agent and version = @version");
    private static readonly Sql DeleteVersions = new("delete from agent_versions where agent = @agent");

    private static readonly Sql ListFileRows = new("select name, version, hash from agent_files");
    private static readonly Sql SetFileRow = new(
        "insert into agent_files (name, version, hash) values (@name, @version, @hash) on conflict (name) do update set version = excluded.version, hash = excluded.hash");

    /// <summary>All versions of all agents, by name and number.</summary>
    public async Task<IReadOnlyList<StoredAgentVersion>> ListAsync(CancellationToken cancellationToken = default)
        => await database.ReadAsync(session => session.All(ListRows, Read), cancellationToken).ConfigureAwait(false);

    /// <summary>Adds a version, and the agent if it is new. Null if the agent is another owner's.</summary>
    public async Task<StoredAgentVersion?> AddAsync(
        string owner, string agent, string description, ValueList<KeyValuePair<string, string>> metadata, RawJson definition, CancellationToken cancellationToken = default)
    {
        var now = time.GetUtcNow();
        var version = await database.WriteAsync(
            session =>
            {
                var next = session.Number(NextVersion, agent, owner);
                if (next is { } number) session.Execute(InsertVersion, agent, number, now.UtcTicks, description, CanonicalJson.Write(metadata), definition.Text);
                return next;
            },
            cancellationToken).ConfigureAwait(false);
        return version is { } added ? new StoredAgentVersion(agent, added, owner, now, description, metadata, definition) : null;
    }

    /// <summary>Removes an agent with all its versions. What they were numbered is remembered.</summary>
    public Task RemoveAsync(string agent, CancellationToken cancellationToken = default)
        => database.WriteAsync(session => session.Execute(DeleteVersions, agent), cancellationToken);

    /// <summary>Removes a version; with the last goes the agent.</summary>
    public Task RemoveAsync(string agent, long version, CancellationToken cancellationToken = default)
        => database.WriteAsync(session => session.Execute(DeleteVersion, agent, version), cancellationToken);

    /// <summary>The versions of the agents in files, as they were kept last.</summary>
    public async Task<IReadOnlyList<AgentFileVersion>> ListFilesAsync(CancellationToken cancellationToken = default)
        => await database.ReadAsync(session => session.All(ListFileRows, row => new AgentFileVersion(row.GetString(0), row.GetInt64(1), row.GetString(2))), cancellationToken).ConfigureAwait(false);

    /// <summary>Keeps versions of agents in files.</summary>
    public Task KeepFilesAsync(IReadOnlyList<AgentFileVersion> files, CancellationToken cancellationToken = default)
        => database.WriteAsync(session => files.Sum(file => session.Execute(SetFileRow, file.Name, file.Version, file.Hash)), cancellationToken);

    private static StoredAgentVersion Read(DbDataReader row) => new(
        row.GetString(0), row.GetInt64(1), row.GetString(2), new DateTimeOffset(row.GetInt64(3), TimeSpan.Zero), row.GetString(4),
        CanonicalJson.Read<ValueList<KeyValuePair<string, string>>>(row.GetString(5)), new RawJson(row.GetString(6)));
}
