using Microsoft.Extensions.Logging.Abstractions;
using Parley.Storage;
using Parley.Storage.Sqlite;

namespace Parley.Tests.Storage;

public sealed class KeyStoreTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly FakeTime _time = new();
    private SqliteDatabase _database = null!;
    private KeyStore _keys = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _database = SqliteDatabase.Open(_folder.Path, _time, NullLogger.Instance);
        _keys = new KeyStore(_database, _time);
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_key_opens_what_belongs_to_its_owner_until_it_is_revoked()
    {
        Assert.False(await _keys.AnyAsync(Token));
        var (key, token) = await _keys.CreateAsync("laptop", "ann", Token);

        Assert.Matches("^pat_[0-9A-Za-z]{64}$", token);
        Assert.Equal(new Key(1, "laptop", "ann", token[^4..], _time.GetUtcNow()), key);
        Assert.Equal("ann", await _keys.FindOwnerAsync(token, Token));
        Assert.Equal([key], await _keys.ListAsync(Token));
        Assert.True(await _keys.AnyAsync(Token));

        Assert.True(await _keys.RevokeAsync("laptop", Token));
        Assert.Null(await _keys.FindOwnerAsync(token, Token));
        Assert.False(await _keys.RevokeAsync("laptop", Token));
        Assert.False(await _keys.AnyAsync(Token));
    }

    [Fact]
    public async Task A_key_is_revoked_by_its_number_too()
    {
        var (first, _) = await _keys.CreateAsync("a", "x", Token);
        var (_, kept) = await _keys.CreateAsync("b", "x", Token);
        Assert.True(await _keys.RevokeAsync(first.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), Token));
        Assert.Equal("x", await _keys.FindOwnerAsync(kept, Token));
        Assert.Equal(["b"], (await _keys.ListAsync(Token)).Select(key => key.Name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("pat_")]
    [InlineData("Bearer pat_")]
    public async Task What_is_no_key_opens_nothing(string token)
    {
        var (_, real) = await _keys.CreateAsync("a", "x", Token);
        Assert.Null(await _keys.FindOwnerAsync(token, Token));
        Assert.Null(await _keys.FindOwnerAsync(real[..^1] + (real[^1] == 'a' ? 'b' : 'a'), Token));
        Assert.Null(await _keys.FindOwnerAsync(real + "a", Token));
        Assert.Null(await _keys.FindOwnerAsync(real.ToUpperInvariant(), Token));
    }

    [Fact]
    public async Task The_token_itself_is_not_in_the_file()
    {
        var (_, token) = await _keys.CreateAsync("a", "x", Token);
        await _database.DisposeAsync();
        foreach (var file in Directory.GetFiles(_folder.Path))
            Assert.DoesNotContain(token[4..], System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, Token)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_another_process_does_takes_effect_within_a_second()
    {
        await using var other = SqliteDatabase.Open(_folder.Path, _time, NullLogger.Instance);
        var elsewhere = new KeyStore(other, _time);
        Assert.False(await _keys.AnyAsync(Token));

        var (_, token) = await elsewhere.CreateAsync("a", "x", Token);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("x", await _keys.FindOwnerAsync(token, Token));

        await elsewhere.RevokeAsync("a", Token);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await _keys.FindOwnerAsync(token, Token));
    }

    [Fact]
    public async Task A_look_up_is_answered_from_memory_for_a_second()
    {
        var (_, token) = await _keys.CreateAsync("a", "x", Token);
        await _keys.FindOwnerAsync(token, Token);
        _time.Advance(TimeSpan.FromMilliseconds(999));

        var answer = _keys.FindOwnerAsync(token, Token);
        Assert.True(answer.IsCompletedSuccessfully);
        Assert.Equal("x", await answer);
    }

    [Theory]
    [InlineData("", "x")]
    [InlineData(" ", "x")]
    [InlineData("123", "x")]
    [InlineData("a", "")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "x")]
    public async Task A_name_or_owner_that_does_not_fit_is_refused(string name, string owner)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => _keys.CreateAsync(name, owner, Token));
        Assert.Empty(await _keys.ListAsync(Token));
    }

    [Fact]
    public async Task A_name_is_given_once()
    {
        var (_, token) = await _keys.CreateAsync("a", "x", Token);
        Assert.Contains("a already", (await Assert.ThrowsAsync<ArgumentException>(() => _keys.CreateAsync("a", "y", Token))).Message, StringComparison.Ordinal);
        Assert.Equal("x", await _keys.FindOwnerAsync(token, Token));
    }
}
