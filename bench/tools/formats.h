// formats.h - the bytes of answers, a format for each protocol that the mock speaks.
// What is said before the deltas, around each of them, and after; `again` begins what repeats the whole text, where upstream does that (of Responses, no text is
// repeated here). NO stands for a frame's number: `first` for the first delta, one more for each, and at the end `last` more than there are deltas.
#define NO "\1"
typedef struct { const char *path, *pre, *d1, *d2, *again, *post; int first, last; } Proto;

#define OA(delta,fin) "data: {\"id\":\"chatcmpl-BvE9xq3o9mJZ8h1QbYw2LkR7aTnUs\",\"object\":\"chat.completion.chunk\",\"created\":1752700000,\"model\":\"gpt-4o-mini-2024-07-18\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_34a54ae93c\",\"choices\":[{\"index\":0,\"delta\":" delta ",\"logprobs\":null,\"finish_reason\":" fin "}],\"usage\":null}\n\n"
#define COZE(event,json) "event:" event "\ndata:" json "\n\n"
#define IDS "\"conversation_id\":\"7528614173940252709\",\"bot_id\":\"7478675888952246323\""
#define CHAT(status,usage) "{\"id\":\"7528614173940269093\"," IDS ",\"created_at\":1752900000,\"last_error\":{\"code\":0,\"msg\":\"\"},\"status\":\"" status "\",\"usage\":" usage ",\"section_id\":\"7528614173940252709\"}"
#define MESSAGE "{\"id\":\"7528614178046492709\"," IDS ",\"role\":\"assistant\",\"type\":\"answer\",\"content\":\""
#define REST "\",\"content_type\":\"text\",\"chat_id\":\"7528614173940269093\",\"section_id\":\"7528614173940252709\""
#define EVENT(type,json) "event: " type "\ndata: {\"type\":\"" type "\",\"sequence_number\":7," json "}\n\n"
#define RESPONSE(status,more) "\"response\":{\"id\":\"resp_mock\",\"object\":\"response\",\"status\":\"" status "\",\"model\":\"gpt-4o-mini\",\"output\":[]" more "}"
#define PLACE "\"item_id\":\"msg_mock\",\"output_index\":0,\"content_index\":0"
#define TONGYI "data: {\"aiDisclaimer\":false,\"canFeedback\":true,\"canRegenerate\":true,\"canShare\":true,\"canShow\":true,\"contentFrom\":\"text\",\"contentType\":\"text\","
#define TONGYI_TEXT "\"contents\":[{\"content\":\""
#define TONGYI_ITEM(whole,index,status) "\",\"contentType\":\"text\",\"id\":\"ba825672ae1b4b449ca54479a1feabab_0\",\"incremental\":" whole "," index "\"role\":\"assistant\",\"status\":\"" status "\"}],"
#define TONGYI_REST(whole,status,params,number,stop) "\"incremental\":" whole ",\"msgId\":\"ba825672ae1b4b449ca54479a1feabab\",\"msgStatus\":\"" status "\",\"params\":" params ",\"parentMsgId\":\"87787add19fe475ab22a175a22134ee6\",\"pkgId\":" number ",\"sessionId\":\"a711531363c843f88cf15716d5eb2b0e\",\"sessionOpen\":true,\"sessionShare\":true,\"sessionWarnNew\":false," stop "\"traceId\":\"ab755c1ed3fd235ae7e0eae98344764c\"}\n\n"
#define DASHSCOPE "id:" NO "\nevent:result\n:HTTP_STATUS/200\ndata:{\"output\":{"
#define MODEL(finish,output) "\",\"role\":\"assistant\"},\"finish_reason\":\"" finish "\"}]},\"usage\":{\"total_tokens\":219,\"input_tokens\":19,\"output_tokens\":" output ",\"prompt_tokens_details\":{\"cached_tokens\":0}},\"request_id\":\"5c1de0a2-7b3f-9d11-8a40-21f0c3e95b77\"}\n\n"
#define MODEL_TEXT DASHSCOPE "\"choices\":[{\"message\":{\"content\":\""
#define APP(output) "\"},\"usage\":{\"models\":[{\"input_tokens\":19,\"output_tokens\":" output ",\"model_id\":\"qwen-max\"}]},\"request_id\":\"5c1de0a2-7b3f-9d11-8a40-21f0c3e95b77\"}\n\n"
#define APP_TEXT(finish) DASHSCOPE "\"session_id\":\"1b2c3d4e5f60718293a4b5c6d7e8f901\",\"finish_reason\":\"" finish "\",\"text\":\""

static const Proto formats[]={
 {.path="/chat/completions",
  .pre=OA("{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}","null"),
  .d1="data: {\"id\":\"chatcmpl-BvE9xq3o9mJZ8h1QbYw2LkR7aTnUs\",\"object\":\"chat.completion.chunk\",\"created\":1752700000,\"model\":\"gpt-4o-mini-2024-07-18\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_34a54ae93c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"",
  .d2="\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
  .post=OA("{}","\"stop\"")
  "data: {\"id\":\"chatcmpl-BvE9xq3o9mJZ8h1QbYw2LkR7aTnUs\",\"object\":\"chat.completion.chunk\",\"created\":1752700000,\"model\":\"gpt-4o-mini-2024-07-18\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_34a54ae93c\",\"choices\":[],\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":200,\"total_tokens\":219,\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}}\n\n"
  "data: [DONE]\n\n"},
 {.path="/v3/chat",
  .pre=COZE("conversation.chat.created",CHAT("created","{\"token_count\":0,\"output_count\":0,\"input_count\":0}"))
  COZE("conversation.chat.in_progress",CHAT("in_progress","{\"token_count\":0,\"output_count\":0,\"input_count\":0}")),
  .d1="event:conversation.message.delta\ndata:" MESSAGE,
  .d2=REST "}\n\n",
  .again="event:conversation.message.completed\ndata:" MESSAGE,
  .post=REST ",\"created_at\":1752900002}\n\n"
  COZE("conversation.message.completed","{\"id\":\"7528614182312099109\"," IDS ",\"role\":\"assistant\",\"type\":\"verbose\",\"content\":\"{\\\"msg_type\\\":\\\"generate_answer_finish\\\",\\\"data\\\":\\\"\\\",\\\"from_module\\\":null,\\\"from_unit\\\":null}" REST "}")
  COZE("conversation.chat.completed",CHAT("completed","{\"token_count\":219,\"output_count\":200,\"input_count\":19}"))
  "event:done\ndata:\"[DONE]\"\n\n"},
 {.path="/v1/responses",
  .pre=EVENT("response.created",RESPONSE("in_progress","")) EVENT("response.in_progress",RESPONSE("in_progress",""))
  EVENT("response.output_item.added","\"output_index\":0,\"item\":{\"id\":\"msg_mock\",\"type\":\"message\",\"status\":\"in_progress\",\"role\":\"assistant\",\"content\":[]}")
  EVENT("response.content_part.added",PLACE ",\"part\":{\"type\":\"output_text\",\"text\":\"\",\"annotations\":[]}"),
  .d1="event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":7," PLACE ",\"delta\":\"",
  .d2="\",\"logprobs\":[]}\n\n",
  .post=EVENT("response.completed",RESPONSE("completed",",\"usage\":{\"input_tokens\":19,\"output_tokens\":200,\"total_tokens\":219}")) "data: [DONE]\n\n"},
 {.path="/dialog/conversation",.first=2,.last=3,
  .pre=TONGYI TONGYI_REST("false","generating","{\"deepResearch\":false}","0",""),
  .d1=TONGYI TONGYI_TEXT,
  .d2=TONGYI_ITEM("true","\"index\":0,","generating") TONGYI_REST("true","generating","{\"searchProb\":\"impossible\"}",NO,"\"stopReason\":\"null\","),
  .again=TONGYI TONGYI_TEXT,
  .post=TONGYI_ITEM("false","","finished") TONGYI_REST("false","finished","{\"showCodeChatButton\":true,\"searchProb\":\"impossible\"}",NO,"\"stopReason\":\"stop\",")
  "data: [DONE]\n\n"},
 {.path="/text-generation/generation",.first=1,.last=1,
  .d1=MODEL_TEXT,
  .d2=MODEL("null",NO),
  .post=MODEL_TEXT MODEL("stop","200")},
 {.path="/api/v1/apps/",.first=1,.last=1,
  .d1=APP_TEXT("null"),
  .d2=APP(NO),
  .post=APP_TEXT("stop") APP("200")},
};
