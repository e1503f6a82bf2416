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

describe('one conversation', { concurrency: 6 }, () => {
  for (const order of [['coze', 'responses', 'chat'], ['coze', 'chat', 'responses'], ['responses', 'coze', 'chat'], ['responses', 'chat', 'coze'], ['chat', 'coze', 'responses'], ['chat', 'responses', 'coze']]) {
    test(`is begun over ${order[0]} and goes on over ${order[1]}, ${order[2]} and ${order[0]}`, async () => {
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
    });
  }

  test('a tool that was asked for over coze is answered over responses', async () => {
    const { chat } = await gather(await coze.chat.stream(say('caller', 'rain?')));
    assert.equal(chat.status, 'requires_action');
    const [call] = chat.required_action.submit_tool_outputs.tool_calls;
    const answer = await openai.responses.create({
      model: 'caller', previous_response_id: (await idsOf(chat.id)).responses, input: [{ type: 'function_call_output', call_id: call.id, output: 'sun' }],
    });
    assert.equal(answer.status, 'completed');
    assert.ok(answer.output_text.length > 0);
    assert.equal((await coze.chat.retrieve(chat.conversation_id, chat.id)).status, 'completed');
  });

  test('a tool that was asked for over responses is answered over coze', async () => {
    const { data: asked, response } = await openai.responses.create({ model: 'caller', input: 'rain?' }).withResponse();
    const call = asked.output.find((item) => item.type === 'function_call');
    const told = await gather(await coze.chat.submitToolOutputs({
      conversation_id: digitsOf(response.headers.get('parley-conversation')), chat_id: (await idsOf(asked.id)).coze, stream: true,
      tool_outputs: [{ tool_call_id: call.call_id, output: 'sun' }],
    }));
    assert.equal(told.chat.status, 'completed');
    assert.ok(told.answer.length > 0);
  });
});
