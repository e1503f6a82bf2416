// What the Open Responses specification demands, over HTTP and over sockets, of an agent that calls a tool if it is offered one.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { callOf, compact, create, get, refused, Socket, stream, textOf, user, withSocket } from './open-responses-calls.mjs';

const model = 'anytool';
const weather = {
  type: 'function',
  name: 'get_weather',
  description: 'The weather of a city.',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const pixel = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
const lost = 'previous_response_not_found';

describe('open responses over HTTP', { concurrency: 6 }, () => {
  test('an answer is a complete response', async () => {
    const answer = await create(model, [user('Three words, please.')]);
    assert.equal(textOf(answer), 'Three words, please.');
    assert.equal(answer.model, model);
    assert.equal(answer.output[0].role, 'assistant');
    assert.ok(answer.usage.total_tokens > 0);
  });

  test('a text is a message of the user', async () => {
    assert.equal(textOf(await create(model, 'just a text')), 'just a text');
  });

  test('what was asked for is said back', async () => {
    const asked = {
      instructions: 'Be brief.', temperature: 0.5, top_p: 0.25, presence_penalty: 0.5, frequency_penalty: -0.5, max_output_tokens: 64, max_tool_calls: 2,
      parallel_tool_calls: false, tools: [weather], tool_choice: 'none', truncation: 'auto', metadata: { place: 'Rome' }, safety_identifier: 'someone',
      prompt_cache_key: 'a key', reasoning: { effort: 'low', summary: 'auto' }, text: { format: { type: 'text' }, verbosity: 'low' }, store: false,
    };
    const answer = await create('echo', 'hello', asked);
    const { tools, ...plain } = asked;
    for (const [name, value] of Object.entries(plain)) assert.deepEqual(answer[name], value, name);
    const { strict, ...tool } = answer.tools[0];
    assert.deepEqual(tool, weather);
  });

  test('null is as good as nothing', async () => {
    const nulls = ['instructions', 'previous_response_id', 'tools', 'tool_choice', 'metadata', 'text', 'temperature', 'top_p', 'presence_penalty', 'frequency_penalty',
      'parallel_tool_calls', 'stream_options', 'max_output_tokens', 'max_tool_calls', 'reasoning', 'safety_identifier', 'prompt_cache_key', 'top_logprobs'];
    const answer = await create(model, 'hello', Object.fromEntries(nulls.map((name) => [name, null])));
    assert.deepEqual([answer.tools, answer.tool_choice, answer.metadata, answer.text.format], [[], 'auto', {}, { type: 'text' }]);
  });

  test('a stream keeps the law', async () => {
    const { answer, types } = await stream(model, [user('Count from 1 to 5. 一二三 🙂')]);
    assert.equal(textOf(answer), 'Count from 1 to 5. 一二三 🙂');
    assert.ok(types.filter((type) => type === 'response.output_text.delta').length > 1, 'in pieces');
  });

  test('what an agent thinks is an item before its answer', async () => {
    const { answer } = await stream('thinker', 'hi');
    assert.deepEqual(answer.output.map((item) => item.type), ['reasoning', 'message']);
    assert.equal(textOf(answer), 'The answer is 42.');
    assert.match(JSON.stringify(answer.output[0]), /Let me think about it\./);
  });

  test('a system message is taken', async () => {
    const input = [{ type: 'message', role: 'system', content: 'You are a pirate.' }, user('Say hello.')];
    assert.equal(textOf(await create('history', input)), 'system: You are a pirate.\nuser: Say hello.');
  });

  test('earlier turns are context', async () => {
    const input = [user('I am Alice.'), { type: 'message', role: 'assistant', content: 'Hello Alice!' }, user('Who am I?')];
    assert.equal(textOf(await create('history', input)), 'user: I am Alice.\nassistant: Hello Alice!\nuser: Who am I?');
  });

  test('phases of earlier answers are accepted', async () => {
    await create(model, [
      { type: 'message', role: 'assistant', phase: 'commentary', content: 'I look it up.' },
      { type: 'message', role: 'assistant', phase: 'final_answer', content: 'It is four.' },
      user('Only the number.'),
    ]);
  });

  test('an image is accepted', async () => {
    const answer = await create(model, [user([{ type: 'input_text', text: 'What is this?' }, { type: 'input_image', image_url: pixel }])]);
    assert.match(textOf(answer), /^What is this\?/);
  });

  test('a file is accepted', async () => {
    const file = { type: 'input_file', filename: 'note.txt', file_data: `data:text/plain;base64,${Buffer.from('A note.').toString('base64')}` };
    assert.match(textOf(await create(model, [user([{ type: 'input_text', text: 'Read this.' }, file])])), /^Read this\./);
  });

  test('a tool that is offered is called', async () => {
    const answer = await create(model, [user('Weather in Rome?')], { tools: [weather] });
    assert.equal(callOf(answer).name, 'get_weather');
    assert.equal(typeof JSON.parse(callOf(answer).arguments).city, 'string');
  });

  test('a call of a tool streams', async () => {
    const { answer, types } = await stream(model, [user('Weather in Rome?')], { tools: [weather] });
    assert.equal(callOf(answer).name, 'get_weather');
    for (const type of ['response.function_call_arguments.delta', 'response.function_call_arguments.done']) assert.ok(types.includes(type), type);
  });

  test('the output of a tool is answered after its response', async () => {
    const asked = await create(model, 'Weather in Rome?', { tools: [weather], tool_choice: { type: 'function', name: 'get_weather' } });
    const output = { type: 'function_call_output', call_id: callOf(asked).call_id, output: 'sunny' };
    assert.equal(textOf(await create(model, [output], { previous_response_id: asked.id })), 'sunny');
  });

  test('the output of a tool is answered after the items of its response', async () => {
    const input = [user('Weather in Rome?')];
    const asked = await create(model, input, { tools: [weather], store: false });
    const output = { type: 'function_call_output', call_id: callOf(asked).call_id, output: [{ type: 'input_text', text: 'cloudy' }] };
    assert.equal(textOf(await create(model, [...input, ...asked.output, output], { tools: [weather], store: false })), 'cloudy');
  });

  test('the output of a call that nobody made is refused', async () => {
    const error = await refused('/responses', { model, input: [{ type: 'function_call_output', call_id: 'call_nobody', output: 'x' }] }, 400);
    assert.match(error.message, /call_nobody/);
  });

  test('a response is gone on from by its id', async () => {
    const first = await create('history', 'The word is papaya.');
    const second = await create('history', 'Which word?', { previous_response_id: first.id });
    assert.equal(second.previous_response_id, first.id);
    assert.equal(textOf(second), 'user: The word is papaya.\nassistant: user: The word is papaya.\nuser: Which word?');
  });

  test('a stored response is kept as it was', async () => {
    const answer = await create(model, 'keep this');
    assert.equal(answer.store, true);
    assert.deepEqual(await get(answer.id, 200), answer);
  });

  test('a response that is not stored is not kept', async () => {
    const answer = await create(model, 'forget this', { store: false });
    assert.equal(answer.store, false);
    await get(answer.id, 404);
    const error = await refused('/responses', { model, input: 'go on', previous_response_id: answer.id }, [400, 404]);
    assert.equal(error.code, lost);
  });

  test('a conversation is compacted', async () => {
    const input = [user('We launch on Tuesday.'), { type: 'message', role: 'assistant', content: 'Understood, Tuesday.' }];
    const answer = await compact({ model, input, prompt_cache_key: 'launch' });
    assert.equal(answer.output.filter((item) => item.type === 'compaction').length, 1);
  });

  test('a compaction stands for what was said', async () => {
    const { output } = await compact({ model: 'history', input: [user('The word is slate.'), user('Keep it.')] });
    assert.match(textOf(await create('history', [...output, user('Which word?')])), /slate/);
  });

  test('a compaction without a model is refused', async () => {
    const error = await refused('/responses/compact', { input: [user('Compact this.')] }, [400, 422]);
    assert.equal(error.param, 'model');
  });

  test('bad input names its field', async () => {
    for (const [body, param] of [
      [{ model, input: 7 }, 'input'],
      [{ model, input: 'x', temperature: 'hot' }, 'temperature'],
      [{ model, input: 'x', tools: [{ type: 'function' }] }, 'tools[0].name'],
    ]) {
      const error = await refused('/responses', body, 400);
      assert.match(error.type, /^invalid_request/);
      assert.equal(error.param, param);
    }
  });

  test('an unknown model is refused', async () => {
    assert.match((await refused('/responses', { model: 'nobody', input: 'x' }, [400, 404])).message, /nobody/);
  });

  test('a wrong key is refused', async () => {
    await refused('/responses', { model, input: 'x' }, 401, 'pat_wrong_and_long');
  });

  test('a failure ends a stream', async () => {
    const { answer, types } = await stream('failing', 'go');
    assert.equal(answer.status, 'failed');
    assert.deepEqual(types.slice(-2), ['error', 'response.failed']);
  });
});

describe('open responses over sockets', { concurrency: 6 }, () => {
  test('a socket streams an answer', () => withSocket(async (socket) => {
    assert.equal(textOf(await socket.create(model, [user('Count from 1 to 3.')])), 'Count from 1 to 3.');
  }));

  test('a socket answers again and again', () => withSocket(async (socket) => {
    const first = await socket.create(model, 'the first', { store: false });
    const second = await socket.create(model, 'the second', { store: false });
    assert.deepEqual([textOf(first), textOf(second)], ['the first', 'the second']);
    assert.notEqual(first.id, second.id);
  }));

  test('a socket answers one after the other what it is asked at once', () => withSocket(async (socket) => {
    const texts = ['one at a time', 'two at a time', 'three at a time'];
    for (const input of texts) socket.send({ type: 'response.create', model, input, store: false });
    for (const text of texts) assert.equal(textOf((await socket.turn()).answer), text);
  }));

  test('a socket goes on from a response that is not stored', () => withSocket(async (socket) => {
    const first = await socket.create('history', 'The word is cobalt.', { store: false });
    const second = await socket.create('history', 'Which word?', { store: false, previous_response_id: first.id });
    assert.equal(textOf(second), 'user: The word is cobalt.\nassistant: user: The word is cobalt.\nuser: Which word?');
    const third = await socket.create('history', 'And now?', { store: false, previous_response_id: second.id });
    assert.match(textOf(third), /^user: The word is cobalt\.\n.*user: And now\?$/s);
  }));

  test('a response that is not stored goes with its socket', async () => {
    let first;
    await withSocket(async (socket) => { first = await socket.create(model, 'The word is copper.', { store: false }); });
    await withSocket(async (socket) => {
      const { error } = await socket.ask(model, 'Which word?', { store: false, previous_response_id: first.id });
      assert.deepEqual([error.code, error.param, error.status], [lost, 'previous_response_id', 400]);
      assert.equal(textOf(await socket.create(model, 'anew', { store: false })), 'anew');
    });
  });

  test('a socket goes on from a stored response of another', async () => {
    let first;
    await withSocket(async (socket) => { first = await socket.create('history', 'The word is topaz.'); });
    await withSocket(async (socket) => {
      assert.match(textOf(await socket.create('history', 'Which word?', { previous_response_id: first.id })), /topaz/);
    });
    assert.match(textOf(await create('history', 'Which word?', { previous_response_id: first.id })), /topaz/);
  });

  test('a response that never was cannot be gone on from', () => withSocket(async (socket) => {
    const { error } = await socket.ask(model, 'go on', { store: false, previous_response_id: `resp_missing_${Date.now()}` });
    assert.equal(error.code, lost);
  }));

  test('a continuation that failed cannot be tried again', () => withSocket(async (socket) => {
    const first = await socket.create(model, 'The word is ember.', { store: false });
    const again = { store: false, previous_response_id: first.id };
    const failed = await socket.ask(model, [{ type: 'function_call_output', call_id: 'call_nobody', output: 'x' }], again);
    assert.equal(failed.error.status, 400);
    assert.equal((await socket.ask(model, 'Which word?', again)).error.code, lost);
    assert.equal(textOf(await socket.create(model, 'anew', { store: false })), 'anew');
  }));

  test('a socket goes on from a compaction', () => withSocket(async (socket) => {
    const input = [
      user([{ type: 'input_text', text: 'The word is slate.' }]),
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'OK.' }] },
      user([{ type: 'input_text', text: 'Keep it for later.' }]),
    ];
    const { output } = await compact({ model: 'history', input });
    const answer = await socket.create('history', [...output, user('Which word?')], { store: false, tools: [] });
    assert.match(textOf(answer), /slate/);
  }));

  test('the output of a tool is answered over a socket', () => withSocket(async (socket) => {
    const asked = await socket.create(model, 'Weather in Rome?', { store: false, tools: [weather] });
    const output = { type: 'function_call_output', call_id: callOf(asked).call_id, output: 'sunny' };
    assert.equal(textOf(await socket.create(model, [output], { store: false, previous_response_id: asked.id })), 'sunny');
  }));

  test('a failure ends its turn only', () => withSocket(async (socket) => {
    const { answer } = await socket.ask('failing', 'go', { store: false });
    assert.equal(answer.status, 'failed');
    assert.equal(textOf(await socket.create(model, 'still there', { store: false })), 'still there');
  }));

  test('what only HTTP knows is refused', () => withSocket(async (socket) => {
    for (const [name, value] of [['stream', true], ['stream_options', {}], ['background', false]]) {
      const { error } = await socket.ask(model, 'x', { [name]: value });
      assert.deepEqual([error.status, error.param], [400, name]);
    }
  }));

  test('a message that asks for nothing is refused', () => withSocket(async (socket) => {
    for (const message of ['no JSON', '[]', '{}', '{"type":"response.cancel"}', `{"type":"response.create","model":"${model}","input":7}`]) {
      socket.send(message);
      assert.equal((await socket.turn()).error?.status, 400, message);
    }
    assert.equal(textOf(await socket.create(model, 'still there', { store: false })), 'still there');
  }));

  test('a socket with a wrong key is not opened', async () => {
    await assert.rejects(Socket.open('pat_wrong_and_long'), { status: 401 });
  });

  test('many clients are served at once', async () => {
    const texts = Array.from({ length: 8 }, (_, i) => `client ${i}`);
    const answers = await Promise.all(texts.flatMap((text) => [
      create(model, text).then(textOf),
      stream(model, text).then(({ answer }) => textOf(answer)),
      withSocket(async (socket) => assert.equal(textOf(await socket.create(model, text)), text)).then(() => text),
    ]));
    assert.deepEqual(answers, texts.flatMap((text) => [text, text, text]));
  });
});
