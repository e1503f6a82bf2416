using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Parley.Runs;
using Parley.Storage.Sqlite;

namespace Parley.Storage;

/// <summary>
/// The keys with which clients call. Look-ups are answered from memory; what another process creates or revokes takes effect within
/// a second. Failures of the store are <see cref="RunException"/>s, so that nobody gets in while it cannot be read.
/// </summary>
public sealed class KeyStore(SqliteDatabase database, TimeProvider time)
{
    private const string Prefix = "pat_";
    private const int Length = 64;
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int LongestName = 64;

    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    private static readonly Sql InsertRow = new(
        "insert into keys (name, owner, hash, last_four, created_at) values (@name, @owner, @hash, @last, @created) on conflict (name) do nothing returning id");

    private static readonly Sql ListRows = new("select id, name, owner, last_four, created_at from keys order by id");
    private static readonly Sql ListHashes = new("select hash, owner from keys");
    private static readonly Sql DeleteByName = new("delete from keys where name = @name");
    private static readonly Sql DeleteById = new("delete from keys where id = @id");

    private readonly Lock _lock = new();
    private Snapshot? _current;
    private Task<Snapshot>? _loading;
    private int _changes;

    /// <summary>Makes a key. The token is not kept: whoever loses it needs a new one.</summary>
    /// <param name="name">1 to 64 characters, not only digits, unique.</param>
    /// <param name="owner">Whose things it opens, 1 to 64 characters; <c>local</c> is the owner of what was made without keys.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ArgumentException">The name or owner does not fit, or the name is taken; the message is for people.</exception>
    public async Task<(Key Key, string Token)> CreateAsync(string name, string owner, CancellationToken cancellationToken = default)
    {
        if (name.Trim().Length is 0 or > LongestName || name.All(char.IsAsciiDigit))
            throw new ArgumentException($"A key's name has 1 to {LongestName} characters, which are not only digits.");
        if (owner.Trim().Length is 0 or > LongestName) throw new ArgumentException($"An owner has 1 to {LongestName} characters.");
        var token = Prefix + RandomNumberGenerator.GetString(Alphabet, Length);
        var now = time.GetUtcNow();
        var id = await database.WriteAsync(session => session.Number(InsertRow, name, owner, Hash(token), token[^4..], now.UtcTicks), cancellationToken).ConfigureAwait(false);
        Forget();
        return id is { } number
            ? (new Key(number, name, owner, token[^4..], now), token)
            : throw new ArgumentException($"There is a key with the name {name} already. Choose another name, or revoke it first.");
    }

    /// <summary>All keys, oldest first.</summary>
    public async Task<IReadOnlyList<Key>> ListAsync(CancellationToken cancellationToken = default)
        => await database.ReadAsync(session => session.All(ListRows, ReadKey), cancellationToken).ConfigureAwait(false);

    /// <summary>Makes a key worthless; false if there is none with this name or number.</summary>
    public async Task<bool> RevokeAsync(string nameOrId, CancellationToken cancellationToken = default)
    {
        var revoked = await database.WriteAsync(
            session => session.Execute(DeleteByName, nameOrId)
                + (long.TryParse(nameOrId, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? session.Execute(DeleteById, id) : 0),
            cancellationToken).ConfigureAwait(false);
        Forget();
        return revoked > 0;
    }

    /// <summary>The owner whose things the token opens; null if it is no key of ours.</summary>
    public ValueTask<string?> FindOwnerAsync(string token, CancellationToken cancellationToken = default)
    {
        if (token.Length != Prefix.Length + Length || !token.StartsWith(Prefix, StringComparison.Ordinal)) return new((string?)null);
        return Fresh() is { } snapshot ? new(snapshot.OwnerOf(token)) : Wait();

        async ValueTask<string?> Wait() => (await LoadAsync(cancellationToken).ConfigureAwait(false)).OwnerOf(token);
    }

    /// <summary>Whether there is any key.</summary>
    public ValueTask<bool> AnyAsync(CancellationToken cancellationToken = default)
    {
        return Fresh() is { } snapshot ? new(snapshot.Owners.Count > 0) : Wait();

        async ValueTask<bool> Wait() => (await LoadAsync(cancellationToken).ConfigureAwait(false)).Owners.Count > 0;
    }

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private static Key ReadKey(DbDataReader row)
        => new(row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetString(3), new DateTimeOffset(row.GetInt64(4), TimeSpan.Zero));

    private Snapshot? Fresh() => Volatile.Read(ref _current) is { } snapshot && time.GetElapsedTime(snapshot.ReadAt) < Freshness ? snapshot : null;

    // What was being read when this process changed the keys may be older than the change.
    private void Forget()
    {
        lock (_lock) (_current, _loading, _changes) = (null, null, _changes + 1);
    }

    // All that wait share one read.
    private Task<Snapshot> LoadAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_loading is null or { IsCompleted: true }) _loading = ReadAsync(_changes);
            return _loading.WaitAsync(cancellationToken);
        }
    }

    private async Task<Snapshot> ReadAsync(int changes)
    {
        // The age counts from before the read: what is committed meanwhile may be missing in it.
        var now = time.GetTimestamp();
        var owners = await database.ReadAsync(
            session => session.All(ListHashes, row => (Hash: Convert.ToHexString(row.GetFieldValue<byte[]>(0)), Owner: row.GetString(1)))
                .ToDictionary(row => row.Hash, row => row.Owner, StringComparer.Ordinal),
            CancellationToken.None).ConfigureAwait(false);
        var snapshot = new Snapshot(now, owners);
        lock (_lock)
        {
            if (changes == _changes) _current = snapshot;
        }

        return snapshot;
    }

    private sealed record Snapshot(long ReadAt, Dictionary<string, string> Owners)
    {
        public string? OwnerOf(string token) => Owners.GetValueOrDefault(Convert.ToHexString(Hash(token)));
    }
}
