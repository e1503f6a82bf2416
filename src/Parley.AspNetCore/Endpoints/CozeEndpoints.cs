using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Parley.AspNetCore.Http;
using Parley.Protocols.Coze;
using Parley.Runs;

namespace Parley.AspNetCore.Endpoints;

/// <summary>Coze's door. Content types are not looked at: its SDKs send forms, nothing or JSON for the same call.</summary>
internal static class CozeEndpoints
{
    /// <summary>Serves Coze's API.</summary>
    public static void MapCoze(this IEndpointRouteBuilder routes)
    {
        routes.Map("POST", "/v1/conversation/create", CozeConversations.CreateAsync);
        routes.Map("GET", "/v1/conversation/retrieve", CozeConversations.RetrieveAsync);
        routes.Map("GET", "/v1/conversations", CozeConversations.ListAsync);
        routes.Map("PUT", "/v1/conversations/{conversation_id:long}", CozeConversations.RenameAsync);
        routes.Map("DELETE", "/v1/conversations/{conversation_id:long}", CozeConversations.DeleteAsync);
        routes.Map("POST", "/v1/conversations/{conversation_id:long}/clear", CozeConversations.ClearAsync);

        routes.Map("POST", "/v1/conversation/message/create", CozeMessages.CreateAsync);
        routes.Map("POST", "/v1/conversation/message/list", CozeMessages.ListAsync);
        routes.Map("GET", "/v1/conversation/message/retrieve", CozeMessages.RetrieveAsync);
        routes.Map("POST", "/v1/conversation/message/modify", CozeMessages.ModifyAsync);
        routes.Map("POST", "/v1/conversation/message/delete", CozeMessages.DeleteAsync);

        routes.Map("POST", "/v3/chat", CozeChats.CreateAsync);
        routes.Map("GET", "/v3/chat/retrieve", CozeChats.RetrieveAsync);
        routes.Map("POST", "/v3/chat/retrieve", CozeChats.RetrieveAsync);
        routes.Map("GET", "/v3/chat/message/list", CozeChats.MessagesAsync);
        routes.Map("POST", "/v3/chat/message/list", CozeChats.MessagesAsync);
        routes.Map("POST", "/v3/chat/cancel", CozeChats.CancelAsync);
        routes.Map("POST", "/v3/chat/submit_tool_outputs", CozeChats.SubmitAsync);
        routes.Map("POST", "/v1/workflows/chat", CozeChats.ChatflowAsync);

        routes.Map("POST", "/v1/workflow/run", CozeWorkflows.RunAsync);
        routes.Map("POST", "/v1/workflow/stream_run", CozeWorkflows.StreamAsync);
        routes.Map("POST", "/v1/workflow/stream_resume", CozeWorkflows.StreamResumeAsync);
        routes.Map("POST", "/v1/workflows/resume", CozeWorkflows.ResumeAsync);
        routes.Map("GET", "/v1/workflows", CozeWorkflowReads.ListAsync);
        routes.Map("GET", "/v1/workflows/{workflow_id}", CozeWorkflowReads.RetrieveAsync);
        routes.Map("GET", "/v1/workflows/{workflow_id}/run_histories/{execute_id}", CozeWorkflowReads.HistoryAsync);
        routes.Map("GET", "/v1/workflows/{workflow_id}/run_histories/{execute_id}/execute_nodes/{node}", CozeWorkflowReads.NodeAsync);

        routes.Map("POST", "/v1/conversations/{conversation_id:long}/messages/{message_id:long}/feedback", CozeMessages.RateAsync);
        routes.Map("DELETE", "/v1/conversations/{conversation_id:long}/messages/{message_id:long}/feedback", CozeMessages.UnrateAsync);

        routes.Map("POST", "/v1/files/upload", CozeFiles.UploadAsync);
        routes.Map("GET", "/v1/files/retrieve", CozeFiles.RetrieveAsync);

        routes.Map("GET", "/v1/workspaces", CozeUsers.ListWorkspacesAsync);
        routes.Map("GET", "/v1/users/me", CozeUsers.MeAsync);
        routes.Map("GET", "/v1/variables", CozeUsers.GetVariablesAsync);
        routes.Map("PUT", "/v1/variables", CozeUsers.SetVariablesAsync);

        routes.Map("GET", "/v1/bots", CozeBots.ListAsync);
        routes.Map("GET", "/v1/space/published_bots_list", CozeBots.ListPublishedAsync);
        routes.Map("GET", "/v1/bots/{bot_id}", CozeBots.RetrieveAsync);
        routes.Map("GET", "/v1/bot/get_online_info", CozeBots.RetrieveAsync);
    }

    private static void Map(this IEndpointRouteBuilder routes, string method, string pattern, Func<CozeCall, Task> handle)
    {
        RequestDelegate handler = context =>
        {
            // On everything, streams too.
            _ = LogId.Of(context);
            return handle(new CozeCall(context));
        };
        routes.MapMethods(pattern, [method], handler).WithMetadata(new Door(Protocol.Coze, WriteErrorAsync));
    }

    // A client that streams reads the error from the body of a 200, and loses it with any other status.
    internal static Task WriteErrorAsync(HttpContext context, RunError error)
    {
        var status = CozeErrors.StatusOf(error);
        var isAccess = status is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden;
        var isReal = CozeCall.OptionsOf(context).HttpStatuses && context.Features.Get<CozeStreamed>() is null;
        return CozeCall.AnswerAsync(context, isAccess || isReal ? status : StatusCodes.Status200OK, error);
    }
}

/// <summary>Marks a request whose answer was to be streamed.</summary>
internal sealed class CozeStreamed;
