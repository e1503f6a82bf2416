using Embedding;

await using var app = Server.Build(new Shouter(), args);
await app.StartAsync();
await Talk.AboutItAsync(app.Urls.First(), key: null, Console.Out, CancellationToken.None);
await app.StopAsync();
