// A conversation of the official SDKs with a server behind parley record.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { coze, gather, key, raw, say, url } from './setup.mjs';

test('a recorded stream is what the server sent', async () => {
  const chat = await gather(coze.chat.stream(say('brisk', 'Tick.')));
  assert.equal(chat.answer, 'tick '.repeat(20));
  assert.ok(chat.deltas.length > 1, 'in more than one piece');
});

test('several exchanges at once are kept apart', async () => {
  const texts = ['The first of them.', 'And a second one, 第二个.', 'The third 🙂 at last.'];
  const chats = await Promise.all(texts.map(async (text) => gather(await coze.chat.stream(say('echo', text)))));
  assert.deepEqual(chats.map((chat) => chat.answer), texts);
});

test('the OpenAI SDK streams through the recorder', async () => {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
  let text = '';
  for await (const chunk of await client.chat.completions.create({ model: 'echo', stream: true, messages: [{ role: 'user', content: 'Through OpenAI.' }] }))
    text += chunk.choices[0]?.delta.content ?? '';
  assert.equal(text, 'Through OpenAI.');
});

test('a refusal comes through with its status', async () => {
  const refused = await raw('POST', `/v3/chat?api_key=${key}`, { bot_id: 'echo' }, 'pat_wrong_and_long');
  assert.equal(refused.status, 401);
  assert.equal(refused.body.code, 4100);
});
