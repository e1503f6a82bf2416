// Chats through the official Coze SDK: streamed, polled, cancelled, with tools, refused.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AuthenticationError, CozeAPI, ChatStatus } from '@coze/api';
import { Gathered, assistant, coze, gather, isId, isRemote, raw, refusal, say, stranger, until, url, user } from './setup.mjs';

const finishOf = (chat) => JSON.parse(chat.completed('verbose')[0].content);

describe('chats', { concurrency: 6 }, () => {
  test('a chat streams its answer between created and done', async () => {
    const chat = await gather(coze.chat.stream(say('echo', 'What day is it? 星期三 🙂')));
    assert.deepEqual(chat.names.slice(0, 2), ['conversation.chat.created', 'conversation.chat.in_progress']);
    assert.deepEqual(chat.names.slice(-2), ['conversation.chat.completed', 'done']);
    assert.equal(chat.streamed, 'What day is it? 星期三 🙂');
    assert.equal(chat.answer, 'What day is it? 星期三 🙂');
    assert.ok(chat.deltas.length > 1, 'in more than one piece');
    assert.equal(chat.created.status, 'created');
    assert.equal(chat.created.bot_id, 'echo');
    assert.equal(chat.chat.status, 'completed');
    isId(chat.created.id);
    isId(chat.created.conversation_id);
    for (const message of [...chat.deltas, ...chat.named('conversation.message.completed')]) {
      assert.equal(message.chat_id, chat.created.id);
      assert.equal(message.conversation_id, chat.created.conversation_id);
      isId(message.id);
    }
    assert.equal(new Set(chat.deltas.map((delta) => delta.id)).size, 1, 'one message');
  });

  test('the finish notice says that the answer is whole', async () => {
    const chat = await gather(coze.chat.stream(say('echo', 'hi')));
    const finish = finishOf(chat);
    assert.equal(finish.msg_type, 'generate_answer_finish');
    assert.equal(JSON.parse(finish.data).finish_reason, 0);
    assert.ok(chat.names.lastIndexOf('conversation.message.completed') < chat.names.indexOf('conversation.chat.completed'));
  });

  test('usage counts arrive with the end', async () => {
    const { chat } = await gather(coze.chat.stream(say('counted', 'hi')));
    assert.deepEqual(chat.usage, { token_count: 18, output_count: 7, input_count: 11 });
  });

  test('a bot is found by its numeric alias, which is echoed', async () => {
    const chat = await gather(coze.chat.stream(say('7478675888952246323', 'hi')));
    assert.equal(chat.answer, 'hi');
    assert.equal(chat.created.bot_id, '7478675888952246323');
  });

  test('a second turn sees the first', async () => {
    const first = await gather(coze.chat.stream(say('history', 'My name is Ada.')));
    const second = await gather(coze.chat.stream(say('history', 'Who am I?', { conversation_id: first.created.conversation_id })));
    assert.equal(second.created.conversation_id, first.created.conversation_id);
    assert.equal(second.answer, `user: My name is Ada.\nassistant: ${first.answer}\nuser: Who am I?`);
  });

  test('a stream that broke off is picked up where it was', async () => {
    const seen = [];
    for await (const event of coze.chat.stream(say('brisk', 'go'))) {
      seen.push(event);
      if (seen.length === 5) break;
    }
    const rest = [];
    for await (const { event, data } of await coze.get(`/parley/runs/${seen[0].data.id}/stream`, { after: seen.length }, true)) rest.push({ event, data: JSON.parse(data) });
    const chat = new Gathered([...seen, ...rest]);
    assert.equal(chat.streamed, 'tick '.repeat(20));
    assert.equal(chat.answer, chat.streamed);
    assert.deepEqual(chat.names.slice(-2), ['conversation.chat.completed', 'done']);
  });

  test('several messages are one turn, in their order', async () => {
    const messages = [user('one'), assistant('two'), user('three')];
    const chat = await gather(coze.chat.stream({ bot_id: 'history', user_id: 'u', additional_messages: messages }));
    assert.equal(chat.answer, 'user: one\nassistant: two\nuser: three');
  });

  test('reasoning streams apart from the answer, in the same message', async () => {
    const chat = await gather(coze.chat.stream(say('thinker', 'hi')));
    assert.equal(chat.thought, 'Let me think about it.');
    assert.equal(chat.streamed, 'The answer is 42.');
    assert.equal(chat.completed('answer')[0].reasoning_content, 'Let me think about it.');
    assert.equal(new Set(chat.deltas.map((delta) => delta.id)).size, 1, 'one message');
    for (const delta of chat.deltas) assert.ok(delta.content === '' || !delta.reasoning_content, 'never both');
  });

  test('an agent without reasoning has no reasoning_content', async () => {
    const chat = await gather(coze.chat.stream(say('echo', 'hi')));
    for (const message of [...chat.deltas, ...chat.completed('answer')]) assert.ok(!('reasoning_content' in message));
  });

  test('suggestions follow the answer', async () => {
    const chat = await gather(coze.chat.stream(say('follower', 'hi')));
    assert.equal(chat.answer, 'Sure.');
    // Chat Completions has no suggestions: a declared loss of that hop.
    assert.deepEqual(chat.completed('follow_up').map((message) => message.content), isRemote ? [] : ['And then?', 'Why?']);
  });

  test('text that trips parsers arrives unharmed', async () => {
    const text = 'a<b>&c \u2028\u2029\u0085 \'one\' "two" \\ \t \0 é e\u0301 👩‍👩‍👧 \ufeff end';
    const chat = await gather(coze.chat.stream(say('echo', text)));
    assert.equal(chat.streamed, text);
    assert.equal(chat.answer, text);
  });

  test('a message of one megabyte is answered', async () => {
    const text = 'Zeichen 🙂 '.repeat(80_000);
    const chat = await gather(coze.chat.stream(say('echo', text)));
    assert.equal(chat.streamed.length, text.length);
    assert.ok(chat.streamed === text);
  });

  test('images are accepted as object strings and seen by the agent', async () => {
    const content = [{ type: 'text', text: 'Look:' }, { type: 'image', file_url: 'https://example.com/cat.png' }];
    const chat = await gather(coze.chat.stream({ bot_id: 'echo', user_id: 'u', additional_messages: [{ role: 'user', content, content_type: 'object_string' }] }));
    assert.equal(chat.answer, 'Look:\n[https://example.com/cat.png]');
    const { data } = await coze.conversations.messages.list(chat.created.conversation_id, { order: 'asc' });
    assert.equal(data[0].content_type, 'object_string');
    assert.deepEqual(JSON.parse(data[0].content), content);
  });

  test('create answers at once with in_progress, and polling finds the end', async () => {
    const chat = await coze.chat.create(say('echo', 'poll me', { meta_data: { trace: 'abc' } }));
    assert.equal(chat.status, ChatStatus.IN_PROGRESS);
    const ended = await until(async () => {
      const now = await coze.chat.retrieve(chat.conversation_id, chat.id);
      return now.status === ChatStatus.IN_PROGRESS ? null : now;
    }, 'the end of the chat');
    assert.equal(ended.status, ChatStatus.COMPLETED);
    assert.deepEqual(ended.meta_data, { trace: 'abc' });
    assert.ok(ended.completed_at >= ended.created_at);
    const messages = await coze.chat.messages.list(chat.conversation_id, chat.id);
    assert.deepEqual(messages.filter((message) => message.type === 'answer').map((message) => message.content), ['poll me']);
    assert.ok(messages.every((message) => message.role === 'assistant'), 'the question is not among them');
    assert.ok(messages.some((message) => message.type === 'verbose'));
  });

  test('createAndPoll returns the answer', async () => {
    const { chat, messages } = await coze.chat.createAndPoll(say('thinker', 'hi'));
    assert.equal(chat.status, ChatStatus.COMPLETED);
    const answer = messages.find((message) => message.type === 'answer');
    assert.equal(answer.content, 'The answer is 42.');
    assert.equal(answer.reasoning_content, 'Let me think about it.');
  });

  test('retrieve works by GET and by POST', async () => {
    const { chat } = await coze.chat.createAndPoll(say('echo', 'hi'));
    const path = `/v3/chat/retrieve?conversation_id=${chat.conversation_id}&chat_id=${chat.id}`;
    const [got, posted] = await Promise.all([raw('GET', path), raw('POST', path)]);
    assert.deepEqual(got.body.data, posted.body.data);
    assert.equal(got.body.data.id, chat.id);
  });

  test('what was streamed is what is listed', async () => {
    const chat = await gather(coze.chat.stream(say('thinker', 'hi')));
    const { id, conversation_id } = chat.created;
    const listed = await coze.chat.messages.list(conversation_id, id);
    const streamed = chat.named('conversation.message.completed');
    assert.deepEqual(
      listed.map(({ id, type, content, reasoning_content }) => ({ id, type, content, reasoning_content })),
      streamed.map(({ id, type, content, reasoning_content }) => ({ id, type, content, reasoning_content })));
  });

  test('cancel stops the work at once', async () => {
    const chat = await coze.chat.create(say('slow', 'go'));
    const cancelled = await coze.chat.cancel(chat.conversation_id, chat.id);
    assert.equal(cancelled.status, ChatStatus.CANCELED);
    assert.equal((await coze.chat.retrieve(chat.conversation_id, chat.id)).status, ChatStatus.CANCELED);
    // The conversation is free, and what was cancelled is no part of what the agent sees.
    const next = await gather(coze.chat.stream(say('history', 'next', { conversation_id: chat.conversation_id })));
    assert.equal(next.answer, 'user: next');
  });

  test('cancel ends the stream of another reader', async () => {
    const events = [];
    let cancelled;
    for await (const event of coze.chat.stream(say('slow', 'go'))) {
      events.push(event);
      if (event.event === 'conversation.message.delta' && !cancelled) {
        cancelled = coze.chat.cancel(event.data.conversation_id, event.data.chat_id);
      }
    }
    assert.equal((await cancelled).status, ChatStatus.CANCELED);
    assert.ok(events.length < 90, 'long before its end');
    assert.equal(events.at(-1).event, 'done');
    assert.ok(!events.some((event) => event.event === 'conversation.chat.completed'));
  });

  test('a chat that is over can not be cancelled', async () => {
    const { chat } = await coze.chat.createAndPoll(say('echo', 'hi'));
    assert.equal((await refusal(coze.chat.cancel(chat.conversation_id, chat.id))).code, 4104);
  });

  test('a second chat finds the conversation busy', async () => {
    const chat = await coze.chat.create(say('slow', 'go'));
    const { conversation_id } = chat;
    const error = await refusal(coze.chat.create(say('echo', 'me too', { conversation_id })));
    assert.equal(error.code, 4016);
    const streamed = await gather(coze.chat.stream(say('echo', 'me too', { conversation_id })));
    assert.deepEqual(streamed.names, ['error']);
    assert.equal(streamed.events[0].data.code, 4016);
    await coze.chat.cancel(conversation_id, chat.id);
    const { data } = await coze.conversations.messages.list(conversation_id);
    assert.ok(!data.some((message) => message.content === 'me too'), 'nothing of the refused was stored');
  });

  test('a client that leaves does not stop the chat', async () => {
    let chat;
    for await (const event of coze.chat.stream(say('brisk', 'go'))) {
      if (event.event !== 'conversation.message.delta') continue;
      chat = event.data;
      break;
    }
    const ended = await until(async () => {
      const now = await coze.chat.retrieve(chat.conversation_id, chat.chat_id);
      return now.status === ChatStatus.IN_PROGRESS ? null : now;
    }, 'the end of the chat');
    assert.equal(ended.status, ChatStatus.COMPLETED);
    const messages = await coze.chat.messages.list(chat.conversation_id, chat.chat_id);
    assert.equal(messages.find((message) => message.type === 'answer').content, 'tick '.repeat(20));
  });

  test('auto_save_history false leaves nothing behind', async () => {
    const conversation = await coze.conversations.create({ bot_id: 'echo', messages: [user('kept')] });
    const conversation_id = conversation.id;
    const chat = await gather(coze.chat.stream(say('history', 'unsaved', { conversation_id, auto_save_history: false })));
    assert.equal(chat.answer, 'user: kept\nuser: unsaved');
    const { data } = await coze.conversations.messages.list(conversation_id);
    assert.deepEqual(data.map((message) => message.content), ['kept']);
    const error = await refusal(coze.chat.retrieve(conversation_id, chat.created.id));
    assert.ok(error.code > 0);
    const next = await gather(coze.chat.stream(say('history', 'next', { conversation_id })));
    assert.equal(next.answer, 'user: kept\nuser: next');
  });

  test('a failure in the middle is one failed event, and no part of the answer', async () => {
    const chat = await gather(coze.chat.stream(say('failing', 'hi')));
    assert.equal(chat.chat.status, 'failed');
    assert.equal(chat.names.filter((name) => name === 'conversation.chat.failed').length, 1);
    assert.ok(!chat.names.includes('conversation.chat.completed'));
    assert.equal(chat.streamed, 'one two ');
    assert.ok(chat.chat.last_error.code > 0);
    assert.ok(chat.chat.last_error.msg.length > 0);
    const again = await coze.chat.retrieve(chat.created.conversation_id, chat.created.id);
    assert.equal(again.status, ChatStatus.FAILED);
    assert.ok(again.failed_at > 0);
  });

  test('a refusal before the first word is one error event', async () => {
    const chat = await gather(coze.chat.stream(say('refusing', 'hi')));
    assert.deepEqual(chat.names, ['error']);
    assert.ok(chat.events[0].data.code > 0);
    assert.ok(chat.events[0].data.detail.logid.length > 0);
  });

  test('createAndPoll of a failure ends', async () => {
    const { chat } = await coze.chat.createAndPoll(say('failing', 'hi'));
    assert.equal(chat.status, ChatStatus.FAILED);
    assert.ok(chat.last_error.code > 0);
  });

  test('an unknown bot is named in the refusal', async () => {
    const error = await refusal(coze.chat.create(say('nobody', 'hi')));
    assert.equal(error.code, 4200);
    assert.match(error.msg, /nobody/);
    const streamed = await gather(coze.chat.stream(say('nobody', 'hi')));
    assert.deepEqual(streamed.names, ['error']);
    assert.equal(streamed.events[0].data.code, 4200);
  });

  test('an unknown conversation is refused', async () => {
    assert.equal((await refusal(coze.chat.create(say('echo', 'hi', { conversation_id: '7710237672458944512' })))).code, 4001);
  });

  test('a refusal names the field', async () => {
    const error = await refusal(coze.chat.create({ bot_id: '', user_id: 'u', additional_messages: [user('hi')] }));
    assert.equal(error.code, 4000);
    assert.match(error.msg, /bot_id/);
  });

  test('too much metadata is refused', async () => {
    const meta_data = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, 'v']));
    assert.equal((await refusal(coze.chat.create(say('echo', 'hi', { meta_data })))).code, 4003);
  });

  test('too many messages are refused', async () => {
    const additional_messages = Array.from({ length: 101 }, () => user('hi'));
    assert.equal((await refusal(coze.chat.create({ bot_id: 'echo', user_id: 'u', additional_messages }))).code, 4004);
  });

  test('a wrong key is an authentication error, streamed or not', async () => {
    const thief = new CozeAPI({ token: 'pat_wrong', baseURL: url });
    const error = await refusal(thief.chat.create(say('echo', 'hi')));
    assert.ok(error instanceof AuthenticationError);
    assert.equal(error.status, 401);
    assert.equal(error.code, 4100);
    assert.ok(error.logid);
    await assert.rejects(gather(thief.chat.stream(say('echo', 'hi'))), AuthenticationError);
  });

  test('the chat of another owner looks like an absent one', async () => {
    const { chat } = await coze.chat.createAndPoll(say('echo', 'mine'));
    const absent = '7710237672458944512';
    const foreign = await refusal(stranger.chat.retrieve(chat.conversation_id, chat.id));
    const unknown = await refusal(stranger.chat.retrieve(chat.conversation_id, absent));
    assert.equal(foreign.code, unknown.code);
    assert.equal((await refusal(stranger.chat.create(say('echo', 'hi', { conversation_id: chat.conversation_id })))).code, 4001);
    assert.ok((await refusal(stranger.chat.cancel(chat.conversation_id, chat.id))).code > 0);
  });
});

describe('client tools', { concurrency: 6 }, () => {
  const callsOf = (chat) => chat.required_action.submit_tool_outputs.tool_calls;

  test('a tool is asked for, and its output resumes the same chat', async () => {
    const asked = await gather(coze.chat.stream(say('toolbox', 'Weather?')));
    assert.deepEqual(asked.names.slice(-2), ['conversation.chat.requires_action', 'done']);
    assert.equal(asked.chat.status, 'requires_action');
    assert.equal(asked.chat.required_action.type, 'submit_tool_outputs');
    const [call] = callsOf(asked.chat);
    assert.equal(call.type, 'function');
    assert.equal(call.function.name, 'get_weather');
    assert.equal(typeof JSON.parse(call.function.arguments).city, 'string');

    const { id: chat_id, conversation_id } = asked.chat;
    const tool_outputs = [{ tool_call_id: call.id, output: '21 degrees' }];
    const answered = await gather(coze.chat.submitToolOutputs({ conversation_id, chat_id, tool_outputs, stream: true }));
    assert.equal(answered.answer, '21 degrees');
    assert.equal(answered.chat.id, chat_id, 'still the same chat');
    assert.equal(answered.chat.status, 'completed');
    assert.equal((await coze.chat.retrieve(conversation_id, chat_id)).status, 'completed');
  });

  test('outputs can be submitted without a stream', async () => {
    const { chat } = await coze.chat.createAndPoll(say('caller', 'What time is it?'));
    assert.equal(chat.status, 'requires_action');
    const [call] = callsOf(chat);
    assert.equal(call.function.name, 'get_time');
    assert.deepEqual(JSON.parse(call.function.arguments), {});
    const submitted = coze.chat.submitToolOutputs({
      conversation_id: chat.conversation_id, chat_id: chat.id, tool_outputs: [{ tool_call_id: call.id, output: 'noon' }], stream: false,
    });
    const { value } = await submitted.next();
    assert.equal(value.id, chat.id);
    assert.equal(value.status, 'in_progress');
    await until(async () => (await coze.chat.retrieve(chat.conversation_id, chat.id)).status === 'completed', 'the end of the chat');
    const messages = await coze.chat.messages.list(chat.conversation_id, chat.id);
    assert.equal(messages.find((message) => message.type === 'answer').content, 'noon');
  });

  test('parallel calls are asked for together and answered together', async () => {
    const asked = await gather(coze.chat.stream(say('parallel', 'parallel-calls')));
    const calls = callsOf(asked.chat);
    assert.deepEqual(calls.map((call) => [call.function.name, JSON.parse(call.function.arguments)]),
      [['get_weather', { city: 'Rome' }], ['get_time', { zone: 'CET' }]]);
    const { id: chat_id, conversation_id } = asked.chat;
    const one = [{ tool_call_id: calls[0].id, output: 'sunny' }];
    const partly = await gather(coze.chat.submitToolOutputs({ conversation_id, chat_id, tool_outputs: one, stream: true }));
    assert.deepEqual(partly.names, ['error']);
    assert.equal(partly.events[0].data.code, 4000);
    const both = [...one, { tool_call_id: calls[1].id, output: 'noon' }];
    const answered = await gather(coze.chat.submitToolOutputs({ conversation_id, chat_id, tool_outputs: both, stream: true }));
    assert.equal(answered.answer, 'Sunny at noon.');
  });

  test('an output for an unknown call is refused, and the chat still waits', async () => {
    const { chat } = await coze.chat.createAndPoll(say('caller', 'What time is it?'));
    const path = `/v3/chat/submit_tool_outputs?conversation_id=${chat.conversation_id}&chat_id=${chat.id}`;
    const { body } = await raw('POST', path, { tool_outputs: [{ tool_call_id: 'call_nobody_made', output: 'x' }], stream: false });
    assert.equal(body.code, 4000);
    assert.equal((await coze.chat.retrieve(chat.conversation_id, chat.id)).status, 'requires_action');
  });

  test('outputs for a chat that waits for nothing are refused', async () => {
    const { chat } = await coze.chat.createAndPoll(say('echo', 'hi'));
    const path = `/v3/chat/submit_tool_outputs?conversation_id=${chat.conversation_id}&chat_id=${chat.id}`;
    assert.equal((await raw('POST', path, { tool_outputs: [{ tool_call_id: 'call_1', output: 'x' }] })).body.code, 4000);
  });

  test('a new message abandons an open call', async () => {
    const { chat } = await coze.chat.createAndPoll(say('caller', 'What time is it?'));
    const next = await gather(coze.chat.stream(say('echo', 'never mind', { conversation_id: chat.conversation_id })));
    assert.equal(next.chat.status, 'completed');
  });
});

describe('workflow chats', { concurrency: 6 }, () => {
  test('any agent answers as a workflow', async () => {
    const chat = await gather(coze.workflows.chat.stream({ workflow_id: 'echo', additional_messages: [user('hello')], parameters: { a: 1 } }));
    assert.equal(chat.answer, 'hello');
    assert.equal(chat.streamed, 'hello');
    assert.deepEqual(chat.names.slice(-2), ['conversation.chat.completed', 'done']);
    assert.ok(!('bot_id' in chat.created));
  });

  test('a workflow chat continues a conversation', async () => {
    const first = await gather(coze.workflows.chat.stream({ workflow_id: 'history', additional_messages: [user('one')] }));
    const { conversation_id } = first.created;
    const second = await gather(coze.workflows.chat.stream({ workflow_id: 'history', additional_messages: [user('two')], conversation_id }));
    assert.equal(second.answer, 'user: one\nassistant: user: one\nuser: two');
  });

  test('an unknown workflow is one error event', async () => {
    const chat = await gather(coze.workflows.chat.stream({ workflow_id: 'nobody', additional_messages: [user('hi')] }));
    assert.deepEqual(chat.names, ['error']);
    assert.equal(Number(chat.events[0].data.code), 4200);
  });
});
