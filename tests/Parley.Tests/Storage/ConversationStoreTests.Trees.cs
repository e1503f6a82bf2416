using Parley.Conversations;
using Parley.Runs;

namespace Parley.Tests.Storage;

public abstract partial class ConversationStoreTests
{
    private static readonly Item[] Heads =
        [new MessageItem(Role.User), new MessageItem(Role.Assistant), new ReasoningItem(), new ToolCallItem("c", "f", RunBy.Server), new SuggestionItem()];

    /// <summary>Grows random trees by every way there is and compares random pages with those of a list of parents.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Every_page_of_every_random_tree_is_what_the_parents_say(int seed)
    {
        for (var tree = 0; tree < 25; tree++)
        {
            var random = new Random(seed * 1000 + tree);
            var model = new TreeModel(await CreateAsync());
            for (var step = 0; step < 12; step++) await GrowAsync(model, random);
            for (var query = 0; query < 40; query++)
            {
                var asked = RandomQuery(model, random);
                var expected = model.Page(asked);
                var actual = await AnswerAsync(asked);
                Assert.True(expected == actual, $"seed {seed}, tree {tree}: {asked with { Runs = null }}\nruns: {string.Join(' ', asked.Runs ?? [])}\nexpected {expected}\nactual   {actual}\n{model}");
            }

            var conversation = await FindAsync(model.Conversation);
            Assert.Equal((model.Head, model.Section), (conversation.Head, conversation.Section));
        }
    }

    private async Task GrowAsync(TreeModel model, Random random)
    {
        var conversation = model.Conversation;
        switch (random.Next(8))
        {
            case 0:
                var given = Enumerable.Range(0, random.Next(1, 4)).Select(_ => Message(Heads[random.Next(Heads.Length)], "i")).ToList();
                await Store.AppendMessagesAsync(Owner, conversation.Id, given, Token);
                model.Add(given, model.Head, model.Section);
                model.Head = given[^1].Id;
                break;
            case 1:
                model.Section = Next();
                await Store.UpdateConversationAsync(Owner, conversation.Id, new ConversationPatch(Section: model.Section), Now, Token);
                break;
            case 2 when model.Messages.Count > 0:
                var doomed = model.Any(random);
                Assert.Equal(model.Delete(doomed), await Store.DeleteMessageAsync(Owner, conversation.Id, doomed, Now, withRun: true, Token) is not null);
                break;
            default:
                await TurnAsync(model, random);
                break;
        }
    }

    private async Task TurnAsync(TreeModel model, Random random)
    {
        var parent = model.Messages.Count > 0 && random.Next(2) == 0 ? model.Any(random) : default;
        var run = NewRun(model.Conversation, exclusive: parent.IsNone) with { Parent = parent };
        var input = Enumerable.Range(0, random.Next(3)).Select(_ => Message(new MessageItem(Role.User), "q") with { Run = run.Id }).ToList();
        var result = await Store.StartRunAsync(new RunStart(run, null, input, parent.IsNone ? model.Head : null), Token);
        Assert.Equal(RunStartStatus.Started, result.Status);
        var section = parent.IsNone ? model.Section : model.Find(parent).Section;
        model.Add(input, parent.IsNone ? model.Head : parent, section);

        var output = Enumerable.Range(0, random.Next(4))
            .Select(i => Message(Heads[random.Next(Heads.Length)], "o") with { Run = run.Id, IsInput = false, Ordinal = i }).ToList();
        var move = random.Next(4) > 0;
        var ended = result.Run! with { Status = RunStatus.Completed, EndedAt = Now };
        await Store.CommitAsync([new RunWrite(null, new RunEnding(ended, output, move, []))], Token);
        model.Add(output, input.Count > 0 ? input[^1].Id : result.Run!.Parent, section);
        var all = input.Concat(output).ToList();
        if (!move || all.Count == 0) return;
        (model.Head, model.Section) = (all[^1].Id, section);
    }

    private static MessageQuery RandomQuery(TreeModel model, Random random)
    {
        Id Sometimes(int outOf) => model.Messages.Count > 0 && random.Next(outOf) == 0 ? model.Any(random) : default;
        var runs = model.Messages.Select(message => message.Run).Where(run => !run.IsNone).Distinct().ToArray();
        return Path(model.Conversation, up: random.Next(2) == 0) with
        {
            Tip = Sometimes(3),
            After = Sometimes(3),
            Before = Sometimes(3),
            Take = random.Next(6) == 0 ? 1000 : random.Next(5),
            Kinds = random.Next(3) switch { 0 => MessageKinds.All, 1 => MessageKinds.Message, _ => (MessageKinds)random.Next((int)MessageKinds.All + 1) },
            Runs = random.Next(4) == 0 ? [.. runs.Where(_ => random.Next(2) == 0)] : null,
            SectionOnly = random.Next(4) == 0,
        };
    }

    private async Task<string> AnswerAsync(MessageQuery query)
    {
        try
        {
            var page = await Store.ListMessagesAsync(query, Token);
            return TreeModel.Describe(page.Items.Select(message => message.Id), page.HasMore);
        }
        catch (RunException exception) when (exception.Error.Cause == ErrorCause.NotFound)
        {
            return "not found";
        }
    }
}
