using Parley.Protocols.Coze;
using Parley.Runs;

namespace Parley.Tests.Coze;

public sealed class CozeErrorTests
{
    [Theory]
    [InlineData(ErrorSide.Client, ErrorCause.Rejected, null, null, 4000, 400)]
    [InlineData(ErrorSide.Client, ErrorCause.Malformed, null, null, 4000, 400)]
    [InlineData(ErrorSide.Client, ErrorCause.Unauthorised, null, null, 4100, 401)]
    [InlineData(ErrorSide.Client, ErrorCause.Unauthorised, "loopback_only", null, 4101, 403)]
    [InlineData(ErrorSide.Client, ErrorCause.NotFound, null, "conversation_id", 4001, 404)]
    [InlineData(ErrorSide.Client, ErrorCause.NotFound, "message", "after", 4005, 404)]
    [InlineData(ErrorSide.Client, ErrorCause.NotFound, null, "bot_id", 4200, 404)]
    [InlineData(ErrorSide.Client, ErrorCause.Busy, null, "conversation_id", 4016, 409)]
    [InlineData(ErrorSide.Client, ErrorCause.Limit, null, null, 4013, 429)]
    [InlineData(ErrorSide.Client, ErrorCause.Limit, "body_too_large", null, 4000, 413)]
    [InlineData(ErrorSide.Client, ErrorCause.Rejected, "4104", "chat_id", 4104, 409)]
    [InlineData(ErrorSide.Agent, ErrorCause.Limit, "rate_limit_exceeded", null, 4020, 429)]
    [InlineData(ErrorSide.Agent, ErrorCause.Unauthorised, "401", null, 5000, 502)]
    [InlineData(ErrorSide.Agent, ErrorCause.Unauthorised, "4100", null, 5000, 502)]
    [InlineData(ErrorSide.Agent, ErrorCause.TimedOut, null, null, 5000, 504)]
    [InlineData(ErrorSide.Store, ErrorCause.Unavailable, null, null, 5000, 503)]
    [InlineData(ErrorSide.Server, ErrorCause.Unavailable, null, null, 5000, 500)]
    public void Every_error_has_a_code_and_a_status(ErrorSide side, ErrorCause cause, string? code, string? field, int expected, int status)
    {
        var error = new RunError(side, cause, "x", true, code, field);
        Assert.Equal((expected, status), (CozeErrors.CodeOf(error), CozeErrors.StatusOf(error)));
    }

    [Fact]
    public void The_field_at_fault_is_named_once()
    {
        Assert.Equal("It does not exist. (conversation_id)", CozeErrors.MessageOf(RunError.NotFound("It does not exist.", "conversation_id")));
        Assert.Equal("No image. (additional_messages)", CozeErrors.MessageOf(RunError.Rejected("No image.", "messages", "unsupported_media")));
        Assert.Equal("limit must be 1.", CozeErrors.MessageOf(RunError.Rejected("limit must be 1.", "limit")));
    }
}
