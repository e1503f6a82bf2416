// Responses through the Vercel AI SDK, which names earlier answers by their ids.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { key, url } from './setup.mjs';

const openai = createOpenAI({ baseURL: `${url}/v1`, apiKey: key });
const ask = (model, messages, more = {}) => generateText({ model: openai.responses(model), messages, maxRetries: 0, ...more });
const user = (content) => ({ role: 'user', content });

describe('the AI SDK', { concurrency: 4 }, () => {
  test('an answer comes whole and in pieces', async () => {
    assert.equal((await ask('echo', [user('hello')])).text, 'hello');
    const stream = streamText({ model: openai.responses('echo'), prompt: 'one two three 🙂', maxRetries: 0 });
    const pieces = [];
    for await (const piece of stream.textStream) pieces.push(piece);
    assert.equal(pieces.join(''), 'one two three 🙂');
    assert.ok(pieces.length > 1);
  });

  test('an earlier answer that is only named is part of the next request', async () => {
    const first = await ask('history', [user('one')]);
    const second = await ask('history', [user('one'), ...first.response.messages, user('two')]);
    assert.equal(second.text, 'user: one\nassistant: user: one\nuser: two');
  });

  test('tools are run until there is an answer', async () => {
    const weather = tool({
      description: 'The weather of a city.',
      inputSchema: jsonSchema({ $schema: 'http://json-schema.org/draft-07/schema#', type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false }),
      execute: async ({ city }) => `sunny in ${city}`,
    });
    const { text, steps } = await ask('anytool', [user('Weather?')], { tools: { weather }, stopWhen: stepCountIs(3) });
    assert.match(text, /sunny in /);
    assert.equal(steps.length, 2);
  });
});
