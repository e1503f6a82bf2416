// One conversation through three protocols, each by its vendor's own SDK.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import OpenAI from 'openai';
import { coze, gather, key, raw, say, url } from './setup.mjs';

const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });

// The middle of an OpenAI id is the conversation's own.
const digitsOf = (conversation) => BigInt(`0x${conversation.slice(5, 21)}`).toString();
const idsOf = async (run) => (await raw('GET', `/parley/runs/${run}`)).body.ids;

const turns = {
  async coze(place, text) {
    const told = await gather(await coze.chat.stream({ ...say('history', text), conversation_id: place?.digits }));
    const { id, conversation_id: digits } = told.chat;
    return { text: told.answer, place: { digits, previous: (await idsOf(id)).responses } };
  },

  async responses(place, text) {
    const where = place?.conversation ? { conversation: place.conversation } : place ? { previous_response_id: place.previous } : {};
    const { data, response } = await openai.responses.create({ model: 'history', input: text, ...where }).withResponse();
    const conversation = response.headers.get('parley-conversation');
    return { text: data.output_text, place: { conversation, digits: digitsOf(conversation) } };
  },

  async chat(place, text) {
    const headers = { 'parley-conversation': place ? place.conversation ?? place.digits : 'new' };
    const { data, response } = await openai.chat.completions.create({ model: 'history', messages: [{ role: 'user', content: text }] }, { headers }).withResponse();
    const conversation = response.headers.get('parley-conversation');
    return { text: data.choices[0].message.content, place: { conversation, digits: digitsOf(conversation) } };
  },
};

// A turn that asks for a tool, and one that answers it: what each protocol's client knows is the run, the call and the conversation.
const tools = {
  coze: {
    async ask(text) {
      const { chat } = await gather(await coze.chat.stream(say('caller', text)));
      assert.equal(chat.status, 'requires_action');
      const [call] = chat.required_action.submit_tool_outputs.tool_calls;
      return { run: chat.id, call: call.id, digits: chat.conversation_id };
    },

    async answer({ run, call, digits }, output) {
      const told = await gather(await coze.chat.submitToolOutputs({
        conversation_id: digits, chat_id: (await idsOf(run)).coze, stream: true, tool_outputs: [{ tool_call_id: call, output }],
      }));
      assert.equal(told.chat.status, 'completed');
      return { text: told.answer, digits: told.chat.conversation_id };
    },
  },

  responses: {
    async ask(text) {
      const { data, response } = await openai.responses.create({ model: 'caller', input: text }).withResponse();
      const call = data.output.find((item) => item.type === 'function_call');
      return { run: data.id, call: call.call_id, digits: digitsOf(response.headers.get('parley-conversation')) };
    },

    async answer({ run, call }, output) {
      const { data, response } = await openai.responses.create({
        model: 'caller', previous_response_id: (await idsOf(run)).responses, input: [{ type: 'function_call_output', call_id: call, output }],
      }).withResponse();
      assert.equal(data.status, 'completed');
      return { text: data.output_text, digits: digitsOf(response.headers.get('parley-conversation')) };
    },
  },

  chat: {
    async ask(text) {
      const { data, response } = await openai.chat.completions.create({ model: 'caller', messages: [{ role: 'user', content: text }] }, { headers: { 'parley-conversation': 'new' } }).withResponse();
      assert.equal(data.choices[0].finish_reason, 'tool_calls');
      return { run: data.id, call: data.choices[0].message.tool_calls[0].id, digits: digitsOf(response.headers.get('parley-conversation')) };
    },

    async answer({ call, digits }, output) {
      const { data, response } = await openai.chat.completions.create(
        { model: 'caller', messages: [{ role: 'tool', tool_call_id: call, content: output }] }, { headers: { 'parley-conversation': digits } },
      ).withResponse();
      assert.equal(data.choices[0].finish_reason, 'stop');
      return { text: data.choices[0].message.content, digits: digitsOf(response.headers.get('parley-conversation')) };
    },
  },
};

async function goesOn(...order) {
  let place, said = '';
  for (const [index, protocol] of [...order, order[0]].entries()) {
    const turn = await turns[protocol](place, `turn ${index} 🙂`);
    said += `${said ? '\n' : ''}user: turn ${index} 🙂`;
    assert.equal(turn.text, said, protocol);
    said += `\nassistant: ${turn.text}`;
    place = turn.place;
  }

  const listed = await coze.conversations.messages.list(place.digits, { order: 'asc' });
  assert.equal(listed.data.length, 8);
  assert.equal(listed.data[6].content, 'turn 3 🙂');
}

async function isAnswered(asking, answering) {
  const asked = await tools[asking].ask('rain?');
  const told = await tools[answering].answer(asked, 'sun');
  assert.equal(told.text, 'sun');

  // Both turns are of one conversation, and the one that waited knows who answered it.
  assert.equal(told.digits, asked.digits);
  const listed = await coze.conversations.messages.list(asked.digits, { order: 'asc' });
  assert.equal(listed.data[0].content, 'rain?');
  assert.equal(listed.data.at(-1).content, 'sun');
  const shown = (await raw('GET', `/parley/runs/${asked.run}`)).body;
  assert.equal(shown.status, 'suspended');
  assert.equal(shown.chat.length, 2);
  return asked;
}

describe('one conversation', { concurrency: 6 }, () => {
  test('is begun over coze and goes on over responses and chat', () => goesOn('coze', 'responses', 'chat'));
  test('is begun over coze and goes on over chat and responses', () => goesOn('coze', 'chat', 'responses'));
  test('is begun over responses and goes on over coze and chat', () => goesOn('responses', 'coze', 'chat'));
  test('is begun over responses and goes on over chat and coze', () => goesOn('responses', 'chat', 'coze'));
  test('is begun over chat and goes on over coze and responses', () => goesOn('chat', 'coze', 'responses'));
  test('is begun over chat and goes on over responses and coze', () => goesOn('chat', 'responses', 'coze'));

  test('a tool that was asked for over coze is answered over responses, which ends the chat', async () => {
    const { digits, run } = await isAnswered('coze', 'responses');
    assert.equal((await coze.chat.retrieve(digits, run)).status, 'completed');
  });

  test('a tool that was asked for over coze is answered over chat', () => isAnswered('coze', 'chat'));
  test('a tool that was asked for over responses is answered over coze', () => isAnswered('responses', 'coze'));
  test('a tool that was asked for over responses is answered over chat', () => isAnswered('responses', 'chat'));
  test('a tool that was asked for over chat is answered over coze', () => isAnswered('chat', 'coze'));
  test('a tool that was asked for over chat is answered over responses', () => isAnswered('chat', 'responses'));
});
