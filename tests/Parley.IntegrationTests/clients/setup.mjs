// What the tests share: where the server is, and how a stream is gathered.
import assert from 'node:assert/strict';
import { CozeAPI } from '@coze/api';

export const url = process.env.PARLEY_URL;
export const key = process.env.PARLEY_KEY;
export const otherKey = process.env.PARLEY_OTHER_KEY;

// Every agent is a remote one that speaks Chat Completions to a second Parley.
export const isRemote = process.env.PARLEY_REMOTE === 'yes';

export const coze = new CozeAPI({ token: key, baseURL: url });
export const stranger = new CozeAPI({ token: otherKey, baseURL: url });

export const user = (content, more = {}) => ({ role: 'user', content, content_type: 'text', ...more });
export const assistant = (content) => ({ role: 'assistant', content, content_type: 'text' });
export const say = (bot_id, content, more = {}) => ({ bot_id, user_id: 'u-1', additional_messages: [user(content)], ...more });

export async function gather(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return new Gathered(events);
}

export class Gathered {
  constructor(events) {
    this.events = events;
    this.names = events.map((event) => event.event);
  }

  named(name) {
    return this.events.filter((event) => event.event === name).map((event) => event.data);
  }

  get created() { return this.named('conversation.chat.created')[0]; }
  get chat() { return this.events.findLast((event) => /^conversation\.chat\./.test(event.event))?.data; }
  get deltas() { return this.named('conversation.message.delta'); }
  get streamed() { return this.deltas.map((delta) => delta.content).join(''); }
  get thought() { return this.deltas.map((delta) => delta.reasoning_content ?? '').join(''); }

  completed(type) {
    return this.named('conversation.message.completed').filter((message) => message.type === type);
  }

  get answer() {
    const answers = this.completed('answer');
    assert.equal(answers.length, 1, 'one answer');
    return answers[0].content;
  }
}

// What a call of the SDK is refused with.
export async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  assert.fail('was not refused');
}

// A call that no SDK has.
export async function raw(method, path, body, token = key) {
  const response = await fetch(url + path, {
    method,
    headers: { Authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: text === '' ? null : JSON.parse(text) };
}

export async function until(check, what) {
  const limit = Date.now() + 20_000;
  for (;;) {
    const value = await check();
    if (value) return value;
    assert.ok(Date.now() < limit, `never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const isId = (value) => assert.match(value, /^[1-9][0-9]{17,18}$/);
