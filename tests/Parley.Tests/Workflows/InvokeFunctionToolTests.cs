using Parley.Runs;

namespace Parley.Tests.Workflows;

public sealed class InvokeFunctionToolTests
{
    private const string Call = """
        - kind: InvokeFunctionTool
          id: weather
          functionName: get_weather
          requireApproval: APPROVAL
          arguments:
            city: =System.LastMessage.Text
            days: 2
          output:
            result: Local.Weather
            messages: Local.Messages
            autoSend: SENT
        - kind: SendActivity
          id: show
          activity: "{Local.Weather} {CountRows(Local.Messages)}"
        """;

    [Fact]
    public async Task The_client_is_asked_to_call_and_what_it_gives_back_is_a_value()
    {
        await using var bench = Bench(Call.Replace("{Local.Weather} ", "{Local.Weather.degrees} ", StringComparison.Ordinal));
        var asked = await bench.SayAsync("Graz");
        var required = Assert.Single(Assert.IsType<RunSuspended>(asked.End).Required);
        var item = asked.Items[Assert.IsType<CallFunction>(required).Item];
        var call = Assert.IsType<ToolCallItem>(item.Head);
        Assert.Equal(("get_weather", RunBy.Client, """{"city":"Graz","days":2}"""), (call.Name, call.RunBy, item.Input));
        Assert.Equal("21 1", ActionBench.SaidIn(await bench.SendAsync(InputItem.Output(call.CallId, """{"degrees":21}"""), answersCalls: true)));
    }

    [Fact]
    public async Task Output_that_is_no_JSON_is_a_text_and_is_said_where_the_workflow_wants_that()
    {
        await using var bench = Bench(Call, isSent: true);
        var asked = await bench.SayAsync("Graz");
        Assert.Equal("mild\nmild 1", ActionBench.SaidIn(await bench.SendAsync(InputItem.Output(CallIn(asked), "mild"), answersCalls: true)));
    }

    [Fact]
    public async Task The_call_is_made_once_leave_was_given()
    {
        await using var bench = Bench(Call, approval: "=1 = 1");
        var asked = await bench.SayAsync("Graz");
        var item = asked.Items[Assert.IsType<Approve>(Assert.Single(Assert.IsType<RunSuspended>(asked.End).Required)).Item];
        Assert.Equal(("get_weather", """{"city":"Graz","days":2}"""), (Assert.IsType<ApprovalRequestItem>(item.Head).Name, item.Input));
        var calling = await bench.SendAsync(new InputItem(new ApprovalReplyItem(item.Id, true), default));
        Assert.Equal("""{"city":"Graz","days":2}""", calling.Items.Single(called => called.Head is ToolCallItem).Input);
        Assert.Equal("mild 1", ActionBench.SaidIn(await bench.SendAsync(InputItem.Output(CallIn(calling), "mild"), answersCalls: true)));
    }

    [Fact]
    public async Task Without_leave_nothing_is_called_and_the_result_says_so()
    {
        await using var bench = Bench(Call, approval: "true");
        var request = (await bench.SayAsync("Graz")).Items.Single(item => item.Head is ApprovalRequestItem).Id;
        var state = await bench.SendAsync(new InputItem(new ApprovalReplyItem(request, false), default));
        Assert.DoesNotContain(state.Items, item => item.Head is ToolCallItem);
        Assert.Equal("Error: Function invocation was not approved by user. 0", ActionBench.SaidIn(state));
    }

    [Fact]
    public async Task Leave_is_asked_for_again_until_the_answer_tells()
    {
        await using var bench = Bench(Call, approval: "true");
        await bench.SayAsync("Graz");
        var again = await bench.SayAsync("why?");
        Assert.Equal("""{"city":"Graz","days":2}""", again.Items.Single(item => item.Head is ApprovalRequestItem).Input);
        var calling = await bench.SayAsync("OK");
        Assert.Equal("mild 1", ActionBench.SaidIn(await bench.SendAsync(InputItem.Output(CallIn(calling), "mild"), answersCalls: true)));
    }

    [Fact]
    public async Task A_name_that_is_blank_fails_the_action()
    {
        await using var bench = new ActionBench().With("- kind: InvokeFunctionTool\n  id: call\n  functionName: =Local.Nothing");
        Assert.Contains("functionName", ActionBench.FailureOf(await bench.SayAsync("x")).Message, StringComparison.Ordinal);
    }

    private static ActionBench Bench(string actions, string approval = "false", bool isSent = false)
        => new ActionBench().With(actions.Replace("APPROVAL", approval, StringComparison.Ordinal).Replace("SENT", isSent ? "true" : "false", StringComparison.Ordinal));

    private static string CallIn(RunState state) => state.Items.Select(item => item.Head).OfType<ToolCallItem>().Single().CallId;
}
