using System.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;
using Parley.AspNetCore.Configuration;
using Parley.Storage;
using Parley.Storage.Sqlite;

namespace Parley.Cli;

/// <summary><c>parley keys</c>: who may call. Works while a server runs.</summary>
internal static class KeysCommand
{
    public static Command Create() => new("keys", "Make, list and revoke keys. As soon as there is one, every call needs one.") { Make(), List(), Revoke() };

    private static Command Make()
    {
        var name = new Option<string>("--name") { Description = "What the key is called.", Required = true };
        var owner = new Option<string>("--owner") { Description = "To whom the conversations of its calls belong; keys may share an owner.", DefaultValueFactory = _ => "default" };
        var command = new Command("create", "Make a key. It is shown once, as the last line.") { name, owner };
        var places = new Places().AddData(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var database = Open(places, parsed);
            var (key, token) = await CreateAsync(new KeyStore(database, TimeProvider.System), parsed.GetRequiredValue(name), parsed.GetRequiredValue(owner), cancellationToken);
            var output = parsed.InvocationConfiguration.Output;
            output.WriteLine($"The key {key.Name} belongs to {key.Owner}. It is not shown again:");
            output.WriteLine(token);
            return ParleyCommand.Done;
        });
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "List the keys, without what they open.");
        var places = new Places().AddData(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var database = Open(places, parsed);
            var keys = await new KeyStore(database, TimeProvider.System).ListAsync(cancellationToken);
            var output = parsed.InvocationConfiguration.Output;
            if (keys.Count == 0) output.WriteLine("There is no key.");
            foreach (var key in keys) output.WriteLine($"{key.Id}  {key.CreatedAt:yyyy-MM-dd HH:mm}  …{key.Last4}  {key.Name}  (owner {key.Owner})");
            return ParleyCommand.Done;
        });
        return command;
    }

    private static Command Revoke()
    {
        var which = new Argument<string>("key") { Description = "Its name or id." };
        var command = new Command("revoke", "Revoke a key: within a second it opens nothing.") { which };
        var places = new Places().AddData(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var database = Open(places, parsed);
            var wanted = parsed.GetRequiredValue(which);
            if (!await new KeyStore(database, TimeProvider.System).RevokeAsync(wanted, cancellationToken))
                throw new StoreException($"there is no key {wanted}. Try: parley keys list");
            parsed.InvocationConfiguration.Output.WriteLine($"The key {wanted} is revoked.");
            return ParleyCommand.Done;
        });
        return command;
    }

    private static async Task<(Key Key, string Token)> CreateAsync(KeyStore keys, string name, string owner, CancellationToken cancellationToken)
    {
        try
        {
            return await keys.CreateAsync(name, owner, cancellationToken);
        }
        catch (ArgumentException e)
        {
            throw new ConfigurationException("keys create", 0, e.Message, e);
        }
    }

    private static SqliteDatabase Open(Places places, ParseResult parsed) => SqliteDatabase.Open(places.Data(parsed), TimeProvider.System, NullLogger.Instance);
}
