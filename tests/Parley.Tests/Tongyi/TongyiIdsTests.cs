using System.Buffers;
using System.Text;
using Parley.Protocols.Json;
using Parley.Protocols.Tongyi;
using Parley.Runs;

namespace Parley.Tests.Tongyi;

public sealed class TongyiIdsTests
{
    private static readonly Id Conversation = new(0x6b00445000c00000);

    [Fact]
    public void Ids_are_rendered_as_the_design_says_and_read_again()
    {
        Assert.Equal("6b00445000c000006b00445000c00000", TongyiIds.OfSession(Conversation));
        Assert.Equal("6b00445000c000006b00445000c00008", TongyiIds.OfMessage(Conversation, new Id(0x6b00445000c00008)));
        Assert.Equal("6b00445000c000086b00445000c00000", TongyiIds.OfTrace(TongyiWire.Header()));
        Assert.True(TongyiIds.TryParseSession("6b00445000c000006b00445000c00000", out var conversation));
        Assert.True(TongyiIds.TryParseMessage("6b00445000c000006b00445000c00010", conversation, out var question));
        Assert.Equal((Conversation, new Id(0x6b00445000c00010)), (conversation, question));
    }

    [Theory]
    [InlineData("6b00445000c000006b00445000c00008")]
    [InlineData("6B00445000C000006B00445000C00000")]
    [InlineData("6b00445000c00000")]
    [InlineData("")]
    [InlineData("0")]
    public void A_session_has_two_equal_halves(string text) => Assert.False(TongyiIds.TryParseSession(text, out _));

    [Theory]
    [InlineData("6b00445000c000006b00445000c00000")]
    [InlineData("6b00445000c000086b00445000c00008")]
    [InlineData("a711531363c843f88cf15716d5eb2b0e")]
    [InlineData("0")]
    public void A_message_is_of_its_session_and_not_the_session(string text) => Assert.False(TongyiIds.TryParseMessage(text, Conversation, out _));

    [Theory]
    [InlineData(ErrorSide.Client, ErrorCause.Unauthorised, "NOT_LOGIN", 401)]
    [InlineData(ErrorSide.Client, ErrorCause.NotFound, "SESSION_NOT_EXIST", 404)]
    [InlineData(ErrorSide.Client, ErrorCause.Malformed, "INVALID_PARAM", 400)]
    [InlineData(ErrorSide.Client, ErrorCause.Limit, "LIMIT_EXCEEDED", 429)]
    [InlineData(ErrorSide.Agent, ErrorCause.Unauthorised, "AGENT_UNAUTHORISED", 502)]
    [InlineData(ErrorSide.Agent, ErrorCause.TimedOut, "AGENT_TIMEOUT", 504)]
    [InlineData(ErrorSide.Store, ErrorCause.Unavailable, "SYSTEM_ERROR", 503)]
    public void An_error_is_an_answer_with_its_code_and_status(ErrorSide side, ErrorCause cause, string code, int status)
    {
        var into = new ArrayBufferWriter<byte>();
        TongyiErrors.Write(new JsonLine(into, JsonEscaping.Minimal), new RunError(side, cause, "So it is.", true), "t");
        Assert.Equal($$"""{"data":null,"errorCode":"{{code}}","errorMsg":"So it is.","failed":true,"httpCode":{{status}},"success":false,"traceId":"t"}""", Encoding.UTF8.GetString(into.WrittenSpan));
    }

    [Fact]
    public void The_field_that_is_at_fault_is_in_the_message_unless_it_is_named_there()
    {
        Assert.Equal("It must be a string. (contents)", TongyiErrors.MessageOf(RunError.Rejected("It must be a string.", "contents")));
        Assert.Equal("contents must be a list.", TongyiErrors.MessageOf(RunError.Rejected("contents must be a list.", "contents")));
    }

    [Fact]
    public void What_an_agent_of_another_server_suffered_is_told_on_with_its_cause()
    {
        foreach (var cause in Enum.GetValues<ErrorCause>())
        {
            var told = TongyiErrors.Read(TongyiErrors.CodeOf(new RunError(ErrorSide.Agent, cause, "x", true)), "x");
            Assert.Equal((ErrorSide.Agent, cause), (told.Side, told.Cause));
        }
    }

    [Theory]
    [InlineData(400, """{"errorCode":"SESSION_NOT_EXIST","errorMsg":"gone","failed":true}""", ErrorCause.NotFound, "gone")]
    [InlineData(401, "<html>", ErrorCause.Unauthorised, "The agent's server refused the agent's key.")]
    [InlineData(429, """{"errorCode":"SLOW_DOWN","errorMsg":"slower"}""", ErrorCause.Limit, "slower")]
    [InlineData(500, "", ErrorCause.Unavailable, "The agent failed.")]
    public void A_refusal_is_told_by_its_code_if_it_is_known_else_by_its_status(int status, string body, ErrorCause cause, string message)
    {
        var error = TongyiErrors.Read(status, Encoding.UTF8.GetBytes(body));
        Assert.Equal((ErrorSide.Agent, cause, message, true), (error.Side, error.Cause, error.Message, error.Public));
    }
}
