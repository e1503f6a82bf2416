using System.Data.Common;
using Parley.Storage.Sqlite;

namespace Parley.Storage;

/// <summary>A value that a client keeps for a user.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">The value.</param>
/// <param name="CreatedAt">When it was first set.</param>
/// <param name="UpdatedAt">When it was last set.</param>
public sealed record UserVariable(string Name, string Value, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>Values that clients keep for the users of an agent or an app.</summary>
public sealed class VariableStore(SqliteDatabase database, TimeProvider time)
{
    private static readonly Sql SetRow = new(
        """
        insert into variables (owner, subject, user_id, name, value, created_at, updated_at) values (@owner, @subject, @user, @name, @value, @now, @now)
        on conflict (owner, subject, user_id, name) do update set value = excluded.value, updated_at = excluded.updated_at
        """);

    private static readonly Sql ListRows = new(
        "select name, value, created_at, updated_at from variables where owner = @owner and subject = @subject and user_id = @user order by name");

    /// <summary>What the variables of an agent are kept under.</summary>
    public static string OfAgent(string name) => "agent:" + name;

    /// <summary>What the variables of an app are kept under.</summary>
    public static string OfApp(string id) => "app:" + id;

    /// <summary>Sets values; other variables stay as they are.</summary>
    public async Task SetAsync(string owner, string subject, string user, ValueList<KeyValuePair<string, string>> values, CancellationToken cancellationToken = default)
    {
        var now = time.GetUtcNow().UtcTicks;
        await database.WriteAsync(
            session =>
            {
                foreach (var (name, value) in values) session.Execute(SetRow, owner, subject, user, name, value, now);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>All variables of a user, by name.</summary>
    public async Task<IReadOnlyList<UserVariable>> ListAsync(string owner, string subject, string user, CancellationToken cancellationToken = default)
        => await database.ReadAsync(session => session.All(ListRows, Read, owner, subject, user), cancellationToken).ConfigureAwait(false);

    private static UserVariable Read(DbDataReader row)
        => new(row.GetString(0), row.GetString(1), new DateTimeOffset(row.GetInt64(2), TimeSpan.Zero), new DateTimeOffset(row.GetInt64(3), TimeSpan.Zero));
}
