// One agent that replays a recording, through the official SDKs of Coze and OpenAI.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import OpenAI from 'openai';
import { coze, gather, key, say, url } from './setup.mjs';

const agent = process.env.REPLAY_AGENT;
const expected = process.env.REPLAY_TEXT;

describe('a recording', () => {
  test('the Coze SDK gets the recorded text', async () => {
    const chat = await gather(coze.chat.stream(say(agent, 'Tick.')));
    assert.equal(chat.answer, expected);
    assert.equal(chat.chat.status, 'completed');
    assert.equal(chat.names.at(-1), 'done');
    assert.ok(chat.deltas.length > 1, 'in more than one piece');
  });

  test('the OpenAI SDK gets the same text', async () => {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
    const answer = await client.chat.completions.create({ model: agent, messages: [{ role: 'user', content: 'Tick.' }] });
    assert.equal(answer.choices[0].message.content, expected);
    assert.equal(answer.choices[0].finish_reason, 'stop');
  });
});
