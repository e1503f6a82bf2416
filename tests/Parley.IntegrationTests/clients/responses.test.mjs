// Responses and Conversations through the official OpenAI SDK.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { coze, gather, key, otherKey, refusal, say, until, url } from './setup.mjs';

const { default: OpenAI } = await import(process.env.OPENAI_PACKAGE ?? 'openai');
const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
const stranger = new OpenAI({ baseURL: `${url}/v1`, apiKey: otherKey, maxRetries: 0 });

const weather = {
  type: 'function',
  name: 'get_weather',
  strict: true,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
};

const respond = (model, input, more = {}) => openai.responses.create({ model, input, ...more });

async function all(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

const namesOf = (events) => events.map((event) => event.type);
const deltasOf = (events) => events.filter((event) => event.type === 'response.output_text.delta').map((event) => event.delta).join('');

describe('responses', { concurrency: 6 }, () => {
  test('an answer comes whole', async () => {
    const made = await respond('echo', 'hello');
    assert.equal(made.object, 'response');
    assert.equal(made.status, 'completed');
    assert.equal(made.output_text, 'hello');
    assert.match(made.id, /^resp_[0-9A-Za-z]{50}$/);
    assert.match(made.output[0].id, /^msg_[0-9A-Za-z]{50}$/);
    assert.ok(made.usage.total_tokens > 0);
    assert.deepEqual((await openai.responses.retrieve(made.id)).output, made.output);
  });

  test('an answer streams and every event has the next number', async () => {
    const events = await all(await respond('echo', 'What day is it? 星期三 🙂', { stream: true }));
    assert.equal(deltasOf(events), 'What day is it? 星期三 🙂');
    assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, i) => i));
    assert.deepEqual(namesOf(events).slice(0, 4), ['response.created', 'response.in_progress', 'response.output_item.added', 'response.content_part.added']);
    assert.equal(events.at(-1).type, 'response.completed');
    assert.equal(events.at(-1).response.output_text ?? events.at(-1).response.output[0].content[0].text, 'What day is it? 星期三 🙂');
  });

  test('the stream helper puts the answer together', async () => {
    const stream = openai.responses.stream({ model: 'thinker', input: 'hi' });
    const seen = [];
    stream.on('response.output_text.delta', (event) => seen.push(event.delta));
    const final = await stream.finalResponse();
    assert.equal(final.output_text, 'The answer is 42.');
    assert.equal(seen.join(''), 'The answer is 42.');
    assert.equal(final.output[0].type, 'reasoning');
  });

  test('a stream is had again from any event, and its helper follows it', async () => {
    const events = await all(await respond('echo', 'one two three four five six', { stream: true }));
    const { id } = events[0].response;
    for (const after of [0, 4, events.length - 2]) {
      const rest = await all(await openai.responses.retrieve(id, { stream: true, starting_after: after }));
      assert.deepEqual(rest, events.slice(after + 1));
    }
    const helped = openai.responses.stream({ response_id: id, starting_after: 5 });
    assert.equal((await helped.finalResponse()).output_text, 'one two three four five six');
  });

  test('chains branch in parallel', async () => {
    const first = await respond('history', 'one');
    const branches = await Promise.all(['a', 'b', 'c'].map((input) => respond('history', input, { previous_response_id: first.id })));
    for (const [i, branch] of branches.entries()) {
      assert.equal(branch.output_text, `user: one\nassistant: user: one\nuser: ${'abc'[i]}`);
      assert.equal(branch.previous_response_id, first.id);
    }
  });

  test('what was in the output can be sent back as input, and nothing is kept', async () => {
    const first = await respond('history', 'one', { store: false });
    const second = await respond('history', [{ role: 'user', content: 'one' }, ...first.output, { role: 'user', content: 'two' }], { store: false });
    assert.equal(second.output_text, 'user: one\nassistant: user: one\nuser: two');
    assert.equal((await refusal(openai.responses.retrieve(second.id))).status, 404);
  });

  test('a tool is called in pieces and its output answered', async () => {
    const events = await all(await respond('anytool', 'Weather?', { tools: [weather], stream: true }));
    const pieces = events.filter((event) => event.type === 'response.function_call_arguments.delta').map((event) => event.delta).join('');
    const { response } = events.at(-1);
    const [call] = response.output;
    assert.equal(call.type, 'function_call');
    assert.equal(call.name, 'get_weather');
    assert.equal(pieces, call.arguments);
    assert.equal(typeof JSON.parse(call.arguments).city, 'string');
    const answered = await respond('anytool', [{ type: 'function_call_output', call_id: call.call_id, output: 'sunny' }], { tools: [weather], previous_response_id: response.id });
    assert.equal(answered.output_text, 'sunny');
  });

  test('a background response is polled, followed and cancelled', async () => {
    const queued = await respond('brisk', 'go', { background: true });
    assert.ok(['queued', 'in_progress'].includes(queued.status));
    const done = await until(async () => {
      const now = await openai.responses.retrieve(queued.id);
      return now.status === 'completed' && now;
    }, 'the response ends');
    assert.equal(done.output_text, 'tick '.repeat(20));

    const slow = await respond('slow', 'go', { background: true });
    const following = all(await openai.responses.retrieve(slow.id, { stream: true }));
    assert.equal((await openai.responses.cancel(slow.id)).status, 'cancelled');
    assert.ok(!namesOf(await following).includes('response.completed'));
    assert.equal((await openai.responses.retrieve(slow.id)).status, 'cancelled');
  });

  test('input items are paged', async () => {
    const made = await respond('echo', Array.from({ length: 7 }, (_, i) => ({ role: 'user', content: `m${i}` })));
    const seen = [];
    for await (const item of openai.responses.inputItems.list(made.id, { limit: 3 })) seen.push(item.content[0].text);
    assert.deepEqual(seen, ['m6', 'm5', 'm4', 'm3', 'm2', 'm1', 'm0']);
  });

  test('a deleted response is gone', async () => {
    const made = await respond('echo', 'x');
    await openai.responses.delete(made.id);
    assert.equal((await refusal(openai.responses.retrieve(made.id))).status, 404);
  });

  test('a failure is a failed response and a refusal an error', async () => {
    const failed = await respond('failing', 'x');
    assert.equal(failed.status, 'failed');
    assert.ok(failed.error.message);
    assert.equal((await refusal(respond('refusing', 'x'))).status, 502);
    const error = await refusal((async () => all(await respond('failing', 'x', { stream: true })))());
    assert.ok(error.message);
  });

  test('a context is compacted and goes on', async () => {
    const first = await respond('history', 'one');
    const packed = await openai.responses.compact({ model: 'history', previous_response_id: first.id });
    assert.equal(packed.object, 'response.compaction');
    const next = await respond('history', [...packed.output, { role: 'user', content: 'two' }]);
    assert.equal(next.output_text, 'user: one\nassistant: user: one\nuser: two');
  });

  test('input tokens are counted', async () => {
    const counted = await openai.responses.inputTokens.count({ model: 'echo', input: '12345678' });
    assert.deepEqual({ ...counted }, { object: 'response.input_tokens', input_tokens: 2 });
  });

  test('errors are of the right class and name what is wrong', async () => {
    const ended = (await respond('echo', 'x')).id;
    const cases = [
      [() => respond('nobody', 'x'), OpenAI.NotFoundError, 'model'],
      [() => respond('echo', [{ role: 'bot', content: 'x' }]), OpenAI.BadRequestError, 'input[0].role'],
      [() => respond('echo', 'x', { previous_response_id: 'resp_1' }), OpenAI.BadRequestError, 'previous_response_id'],
      [() => respond('echo', 'x', { conversation: 'conv_1' }), OpenAI.NotFoundError, 'conversation'],
      [() => respond('echo', [{ type: 'item_reference', id: 'msg_1' }]), OpenAI.NotFoundError, 'input[0].id'],
      [() => openai.responses.retrieve('resp_1'), OpenAI.NotFoundError, 'response_id'],
      [() => openai.responses.cancel(ended), OpenAI.BadRequestError, 'response_id'],
    ];
    for (const [call, type, param] of cases) {
      const error = await refusal(call());
      assert.ok(error instanceof type, `${error}`);
      assert.equal(error.param, param);
    }
    const wrong = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'pat_wrong', maxRetries: 0 });
    assert.ok((await refusal(wrong.responses.create({ model: 'echo', input: 'x' }))) instanceof OpenAI.AuthenticationError);
  });

  test('a key may come in the header of Azure', async () => {
    const response = await fetch(`${url}/openai/responses?api-version=2025-11-15-preview`, {
      method: 'POST', headers: { 'api-key': key, 'x-ms-client-request-id': '1', 'Content-Type': 'application/json' }, body: JSON.stringify({ model: 'echo', input: 'hello' }),
    });
    assert.equal((await response.json()).output[0].content[0].text, 'hello');
  });
});

describe('conversations', { concurrency: 6 }, () => {
  test('a conversation is made, read, changed and deleted', async () => {
    const made = await openai.conversations.create({ metadata: { a: '1' }, items: [{ type: 'message', role: 'user', content: 'hi' }] });
    assert.match(made.id, /^conv_[0-9A-Za-z]{50}$/);
    assert.deepEqual(await openai.conversations.retrieve(made.id), made);
    assert.deepEqual((await openai.conversations.update(made.id, { metadata: { b: '2' } })).metadata, { b: '2' });
    assert.equal((await openai.conversations.delete(made.id)).deleted, true);
    assert.ok((await refusal(openai.conversations.retrieve(made.id))) instanceof OpenAI.NotFoundError);
  });

  test('items are added, paged, read and deleted', async () => {
    const { id } = await openai.conversations.create({});
    const added = await openai.conversations.items.create(id, { items: Array.from({ length: 5 }, (_, i) => ({ type: 'message', role: 'user', content: `m${i}` })) });
    assert.equal(added.data.length, 5);
    const seen = [];
    for await (const item of openai.conversations.items.list(id, { limit: 2, order: 'asc' })) seen.push(item.content[0].text);
    assert.deepEqual(seen, ['m0', 'm1', 'm2', 'm3', 'm4']);
    const item = added.data[1].id;
    assert.equal((await openai.conversations.items.retrieve(item, { conversation_id: id })).content[0].text, 'm1');
    assert.equal((await openai.conversations.items.delete(item, { conversation_id: id })).id, id);
    assert.equal((await refusal(openai.conversations.items.retrieve(item, { conversation_id: id }))).status, 404);
  });

  test('turns are gathered and one at a time', async () => {
    const { id } = await openai.conversations.create();
    await respond('history', 'one', { conversation: id });
    const second = await respond('history', 'two', { conversation: id });
    assert.equal(second.output_text, 'user: one\nassistant: user: one\nuser: two');
    assert.equal(second.conversation.id, id);
    const slow = await respond('slow', 'go', { conversation: id, background: true });
    const busy = await refusal(respond('echo', 'x', { conversation: id }));
    assert.equal(busy.status, 400);
    assert.equal(busy.param, 'conversation');
    await openai.responses.cancel(slow.id);
    assert.equal((await respond('echo', 'again', { conversation: id })).output_text, 'again');
  });

  test('nobody else sees any of it', async () => {
    const { id } = await openai.conversations.create();
    const made = await respond('echo', 'mine', { conversation: id });
    for (const api of [stranger.conversations, stranger.responses]) {
      const of = api === stranger.responses ? made.id : id;
      assert.equal((await refusal(api.retrieve(of))).status, 404);
      assert.equal((await refusal(api.delete(of))).status, 404);
    }
    assert.equal((await openai.responses.retrieve(made.id)).output_text, 'mine');
  });

  test('what was said in Coze goes on here, and back', async () => {
    const { chat } = await gather(await coze.chat.stream(say('history', 'one')));
    const response = await fetch(`${url}/parley/runs/${chat.id}`, { headers: { Authorization: `Bearer ${key}` } });
    const previous = (await response.json()).ids.responses;
    const next = await respond('history', 'two', { previous_response_id: previous });
    assert.equal(next.output_text, 'user: one\nassistant: user: one\nuser: two');
    const messages = await coze.conversations.messages.list(chat.conversation_id, { order: 'asc' });
    assert.equal(messages.data.at(-1).content, next.output_text);
  });
});
