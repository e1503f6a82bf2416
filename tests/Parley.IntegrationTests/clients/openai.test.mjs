// Chat Completions through the official OpenAI SDK, and conversations shared with the Coze SDK.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { coze, gather, key, otherKey, refusal, say, url } from './setup.mjs';

const { default: OpenAI } = await import(process.env.OPENAI_PACKAGE ?? 'openai');
const options = { baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 };
const openai = new OpenAI(options);

const user = (content) => ({ role: 'user', content });
const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } }, required: ['city', 'days'], additionalProperties: false },
  },
};

const complete = (model, messages, more = {}) => openai.chat.completions.create({ model, messages, ...more });

async function stream(model, messages, more = {}) {
  const chunks = [];
  for await (const chunk of await complete(model, messages, { stream: true, ...more })) chunks.push(chunk);
  return chunks;
}

const deltasOf = (chunks) => chunks.flatMap((chunk) => chunk.choices.map((choice) => choice.delta));
const textOf = (chunks) => deltasOf(chunks).map((delta) => delta.content ?? '').join('');
const finishOf = (chunks) => chunks.flatMap((chunk) => chunk.choices).map((choice) => choice.finish_reason).filter(Boolean);

// The tool calls of a stream, put together as a client does it.
function callsOf(chunks) {
  const calls = [];
  for (const part of deltasOf(chunks).flatMap((delta) => delta.tool_calls ?? [])) {
    const call = (calls[part.index] ??= { id: '', name: '', arguments: '' });
    call.id += part.id ?? '';
    call.name += part.function?.name ?? '';
    call.arguments += part.function?.arguments ?? '';
  }
  return calls;
}

describe('chat completions', { concurrency: 6 }, () => {
  test('an answer comes whole', async () => {
    const answer = await complete('echo', [user('hello')]);
    assert.equal(answer.object, 'chat.completion');
    assert.equal(answer.choices.length, 1);
    assert.equal(answer.choices[0].message.role, 'assistant');
    assert.equal(answer.choices[0].message.content, 'hello');
    assert.equal(answer.choices[0].finish_reason, 'stop');
    assert.match(answer.id, /^chatcmpl-[0-9A-Za-z]{50}$/);
    assert.ok(answer.usage.total_tokens > 0);
  });

  test('usage is what the agent says', async () => {
    const { usage } = await complete('counted', [user('hello')]);
    assert.deepEqual([usage.prompt_tokens, usage.completion_tokens, usage.total_tokens], [11, 7, 18]);
  });

  test('an answer streams', async () => {
    const chunks = await stream('echo', [user('What day is it? 星期三 🙂')]);
    assert.equal(textOf(chunks), 'What day is it? 星期三 🙂');
    assert.deepEqual(finishOf(chunks), ['stop']);
    assert.equal(chunks[0].choices[0].delta.role, 'assistant');
    assert.equal(new Set(chunks.map((chunk) => chunk.id)).size, 1);
    assert.ok(chunks.every((chunk) => chunk.object === 'chat.completion.chunk' && chunk.choices.length === 1), 'no usage unless asked');
    assert.ok(chunks.length > 4, 'in pieces');
  });

  test('usage is the last chunk when asked for', async () => {
    const chunks = await stream('counted', [user('hi')], { stream_options: { include_usage: true } });
    const last = chunks.at(-1);
    assert.deepEqual(last.choices, []);
    assert.deepEqual([last.usage.prompt_tokens, last.usage.completion_tokens, last.usage.total_tokens], [11, 7, 18]);
    assert.ok(chunks.slice(0, -1).every((chunk) => chunk.usage == null));
  });

  test('the whole history of a request is the context', async () => {
    const messages = [{ role: 'system', content: 'Be brief.' }, user('one'), { role: 'assistant', content: 'two' }, user('three')];
    const answer = await complete('history', messages);
    assert.equal(answer.choices[0].message.content, 'system: Be brief.\nuser: one\nassistant: two\nuser: three');
  });

  test('requests are stateless and appear in no list', async () => {
    await complete('lonely', [user('nobody shall see this')]);
    const answer = await complete('history', [user('anything before?')]);
    assert.equal(answer.choices[0].message.content, 'user: anything before?');
    const { conversations } = await coze.conversations.list({ bot_id: 'lonely' });
    assert.deepEqual(conversations, []);
  });

  test('reasoning comes apart from the answer', async () => {
    const whole = (await complete('thinker', [user('hi')])).choices[0].message;
    assert.equal(whole.content, 'The answer is 42.');
    assert.equal(whole.reasoning_content, 'Let me think about it.');
    const chunks = await stream('thinker', [user('hi')]);
    assert.equal(textOf(chunks), 'The answer is 42.');
    assert.equal(deltasOf(chunks).map((delta) => delta.reasoning_content ?? '').join(''), 'Let me think about it.');
  });

  test('images are accepted as addresses and as data', async () => {
    const pixel = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
    const answer = await complete('echo', [user([
      { type: 'text', text: 'Look:' },
      { type: 'image_url', image_url: { url: 'https://example.com/cat.png' } },
      { type: 'image_url', image_url: { url: pixel, detail: 'low' } },
    ])]);
    assert.equal(answer.choices[0].message.content, 'Look:\n[https://example.com/cat.png]\n[image/png]');
  });

  test('text that trips parsers arrives unharmed', async () => {
    const text = 'a<b>&c \u2028\u2029\u0085 \'one\' "two" \\ \t é e\u0301 👩‍👩‍👧 \ufeff end';
    assert.equal((await complete('echo', [user(text)])).choices[0].message.content, text);
    assert.equal(textOf(await stream('echo', [user(text)])), text);
  });

  test('the end can be cut off and the server goes on', async () => {
    const chunks = await complete('slow', [user('go')], { stream: true });
    for await (const chunk of chunks) if (chunk.choices[0]?.delta.content) break;
    assert.equal((await complete('echo', [user('still there?')])).choices[0].message.content, 'still there?');
  });

  test('two clients stream at once', async () => {
    const texts = Array.from({ length: 8 }, (_, i) => `client ${i} `.repeat(30));
    const answers = await Promise.all(texts.map((text) => stream('echo', [user(text)])));
    assert.deepEqual(answers.map(textOf), texts);
  });
});

describe('tools', { concurrency: 6 }, () => {
  test('an offered tool is called with the arguments that its schema demands', async () => {
    const answer = await complete('anytool', [user('Weather?')], { tools: [weather] });
    assert.equal(answer.choices[0].finish_reason, 'tool_calls');
    const [call] = answer.choices[0].message.tool_calls;
    assert.equal(call.type, 'function');
    assert.equal(call.function.name, 'get_weather');
    const given = JSON.parse(call.function.arguments);
    assert.equal(typeof given.city, 'string');
    assert.ok(Number.isInteger(given.days));
  });

  test('a call streams, and its output is answered', async () => {
    const question = user('Weather?');
    const chunks = await stream('anytool', [question], { tools: [weather] });
    assert.deepEqual(finishOf(chunks), ['tool_calls']);
    const [call] = callsOf(chunks);
    assert.equal(call.name, 'get_weather');
    const answer = await complete('anytool', [
      question,
      { role: 'assistant', content: null, tool_calls: [{ id: call.id, type: 'function', function: { name: call.name, arguments: call.arguments } }] },
      { role: 'tool', tool_call_id: call.id, content: '21 degrees' },
    ], { tools: [weather] });
    assert.equal(answer.choices[0].message.content, '21 degrees');
    assert.equal(answer.choices[0].finish_reason, 'stop');
  });

  test('parallel calls keep apart', async () => {
    const calls = callsOf(await stream('parallel', [user('parallel-calls')], { tools: [weather] }));
    assert.deepEqual(calls.map((call) => [call.name, JSON.parse(call.arguments)]), [['get_weather', { city: 'Rome' }], ['get_time', { zone: 'CET' }]]);
    assert.notEqual(calls[0].id, calls[1].id);
    const whole = await complete('parallel', [user('parallel-calls')], { tools: [weather] });
    assert.deepEqual(whole.choices[0].message.tool_calls.map((call) => JSON.parse(call.function.arguments)), [{ city: 'Rome' }, { zone: 'CET' }]);
    assert.equal(whole.choices[0].finish_reason, 'tool_calls');
  });

  test('a tool that may not be called is not called', async () => {
    const answer = await complete('anytool', [user('Weather?')], { tools: [weather], tool_choice: 'none' });
    assert.equal(answer.choices[0].message.content, 'Weather?');
  });

  test('the SDK runs tools to the end', async () => {
    const seen = [];
    const runner = openai.chat.completions.runTools({
      model: 'anytool',
      messages: [user('Weather?')],
      tools: [{ type: 'function', function: { ...weather.function, parse: JSON.parse, function: (given) => { seen.push(given); return 'sunny'; } } }],
    });
    assert.equal(await runner.finalContent(), 'sunny');
    assert.equal(seen.length, 1);
  });
});

describe('models', () => {
  test('agents are listed as models', async () => {
    const models = [];
    for await (const model of openai.models.list()) models.push(model);
    const echo = models.find((model) => model.id === 'echo');
    assert.equal(echo.object, 'model');
    assert.ok(Number.isInteger(echo.created));
    assert.equal(typeof echo.owned_by, 'string');
  });

  test('a model is retrieved by its name', async () => {
    assert.equal((await openai.models.retrieve('echo')).id, 'echo');
    assert.ok(await refusal(openai.models.retrieve('nobody')) instanceof OpenAI.NotFoundError);
  });
});

describe('errors', { concurrency: 6 }, () => {
  test('an unknown model is not found', async () => {
    for (const more of [{}, { stream: true }]) {
      const error = await refusal(complete('nobody', [user('hi')], more));
      assert.ok(error instanceof OpenAI.NotFoundError);
      assert.equal(error.code, 'model_not_found');
      assert.match(error.message, /nobody/);
    }
  });

  test('a bad request names its parameter', async () => {
    const error = await refusal(complete('echo', 'not a list'));
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.equal(error.type, 'invalid_request_error');
    assert.equal(error.param, 'messages');
  });

  test('more than one choice is refused', async () => {
    const error = await refusal(complete('echo', [user('hi')], { n: 2 }));
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.equal(error.param, 'n');
  });

  test('a wrong key is an authentication error', async () => {
    const error = await refusal(new OpenAI({ ...options, apiKey: 'pat_wrong' }).models.list());
    assert.ok(error instanceof OpenAI.AuthenticationError);
  });

  test('a refusal of the agent is a server error before the stream', async () => {
    for (const more of [{}, { stream: true }]) {
      const error = await refusal(complete('refusing', [user('hi')], more));
      assert.ok(error instanceof OpenAI.InternalServerError, String(error));
      assert.equal(error.status, 502);
    }
  });

  test('a failure in the middle of a stream is thrown after what was said', async () => {
    let said = '';
    const error = await refusal((async () => {
      for await (const chunk of await complete('failing', [user('hi')], { stream: true })) said += chunk.choices[0]?.delta.content ?? '';
    })());
    assert.equal(said, 'one two ');
    assert.ok(error instanceof OpenAI.APIError, String(error));
    assert.ok((await refusal(complete('failing', [user('hi')]))).status >= 500);
  });
});

describe('a conversation of several protocols', { concurrency: 6 }, () => {
  const join = async (model, messages, conversation, more = {}) => {
    const { data, response } = await openai.chat.completions
      .create({ model, messages, ...more }, { headers: { 'parley-conversation': conversation } }).withResponse();
    return { text: data.choices?.[0].message.content, data, conversation: response.headers.get('parley-conversation'), run: response.headers.get('parley-run') };
  };

  test('a new one is made and joined', async () => {
    const first = await join('history', [user('one')], 'new');
    assert.ok(first.conversation);
    assert.ok(first.run);
    const second = await join('history', [user('two')], first.conversation);
    assert.equal(second.conversation, first.conversation);
    assert.equal(second.text, 'user: one\nassistant: user: one\nuser: two');
  });

  test('only what follows the last answer is appended', async () => {
    const first = await join('history', [user('one')], 'new');
    const second = await join('history', [user('one'), { role: 'assistant', content: first.text }, user('two')], first.conversation);
    assert.equal(second.text, 'user: one\nassistant: user: one\nuser: two');
  });

  test('Coze continues it, and it continues after Coze', async () => {
    const first = await join('history', [user('one')], 'new');
    const cozeId = await cozeIdOf(first.conversation);
    const second = await gather(coze.chat.stream(say('history', 'two', { conversation_id: cozeId })));
    assert.equal(second.answer, 'user: one\nassistant: user: one\nuser: two');
    const third = await join('echo', [user('three')], cozeId);
    assert.equal(third.text, 'three');
    const { data } = await coze.conversations.messages.list(cozeId, { order: 'asc' });
    assert.deepEqual(data.map((message) => message.role), ['user', 'assistant', 'user', 'assistant', 'user', 'assistant']);
    assert.deepEqual(data.map((message) => message.content), ['one', first.text, 'two', second.answer, 'three', 'three']);
  });

  test('a conversation that Coze made is joined by its Coze id', async () => {
    const first = await gather(coze.chat.stream(say('echo', 'one')));
    const second = await join('history', [user('two')], first.created.conversation_id);
    assert.equal(second.text, 'user: one\nassistant: one\nuser: two');
  });

  test('streams join too', async () => {
    const first = await join('echo', [user('one')], 'new');
    const { data, response } = await openai.chat.completions
      .create({ model: 'history', messages: [user('two')], stream: true }, { headers: { 'parley-conversation': first.conversation } }).withResponse();
    assert.equal(response.headers.get('parley-conversation'), first.conversation);
    const chunks = [];
    for await (const chunk of data) chunks.push(chunk);
    assert.equal(textOf(chunks), 'user: one\nassistant: one\nuser: two');
  });

  test('a tool call is resumed within its conversation', async () => {
    const asked = await join('anytool', [user('Weather?')], 'new', { tools: [weather] });
    const [call] = asked.data.choices[0].message.tool_calls;
    const answered = await join('anytool', [
      user('Weather?'), asked.data.choices[0].message, { role: 'tool', tool_call_id: call.id, content: 'sunny' },
    ], asked.conversation, { tools: [weather] });
    assert.equal(answered.text, 'sunny');
  });

  test('an unknown or foreign conversation is not found', async () => {
    const { conversation } = await join('echo', [user('mine')], 'new');
    const stranger = new OpenAI({ ...options, apiKey: otherKey });
    for (const [who, id] of [[openai, '7710237672458944512'], [stranger, conversation], [openai, 'conv_nonsense']]) {
      const error = await refusal(who.chat.completions.create({ model: 'echo', messages: [user('hi')] }, { headers: { 'parley-conversation': id } }));
      assert.ok(error.status === 404 || error.status === 400, String(error));
    }
  });

  // The header may carry any dialect's rendering; Coze's calls take digits only.
  async function cozeIdOf(conversation) {
    if (/^[0-9]+$/.test(conversation)) return conversation;
    return BigInt(`0x${conversation.slice('conv_'.length, 'conv_'.length + 16)}`).toString();
  }
});
