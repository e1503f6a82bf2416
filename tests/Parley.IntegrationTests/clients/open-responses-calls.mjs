// Calls of Open Responses over HTTP and over sockets, each answer checked as it comes.
import assert from 'node:assert/strict';
import WebSocket from 'ws';
import { compaction, refusal, response, socketError, streamEvent } from './open-responses-shapes.mjs';
import { key, url } from './setup.mjs';

const ENDS = ['response.completed', 'response.failed', 'response.incomplete'];
const PATIENCE = 20_000;

export const user = (content) => ({ type: 'message', role: 'user', content });
export const textOf = (answer) => answer.output.filter((item) => item.type === 'message').flatMap((item) => item.content).map((part) => part.text).join('');
export const callOf = (answer) => answer.output.find((item) => item.type === 'function_call');

function check(shape, value, name) {
  assert.deepEqual(shape(value, name), [], `what is wrong with ${name}`);
  return value;
}

const post = (path, body, token = key) => fetch(`${url}/v1${path}`, {
  method: 'POST',
  headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});

async function json(answer, status) {
  assert.match(answer.headers.get('content-type') ?? '', /^application\/json\b/);
  const text = await answer.text();
  assert.ok([status].flat().includes(answer.status), `status ${answer.status}: ${text}`);
  return JSON.parse(text);
}

// A response that has ended well.
export async function create(model, input, more = {}) {
  const answer = check(response, await json(await post('/responses', { model, input, ...more }), 200), 'the response');
  assert.equal(answer.status, 'completed');
  assert.equal(answer.error, null);
  assert.ok(Number.isInteger(answer.completed_at), 'a completed response has its time');
  assert.ok(answer.output.length > 0, 'has output');
  assert.ok(answer.usage !== null, 'has usage');
  return answer;
}

export const compact = async (body) => check(compaction, await json(await post('/responses/compact', body), 200), 'the compaction');

// What a call is refused with; the statuses are the permitted ones.
export const refused = async (path, body, statuses, token = key) =>
  check(refusal, await json(await post(path, body, token), statuses), 'the refusal').error;

export async function get(id, status) {
  const answer = await json(await fetch(`${url}/v1/responses/${id}`, { headers: { Authorization: `Bearer ${key}` } }), status);
  return check(status === 200 ? response : refusal, answer, 'the answer');
}

// The events of a stream. A client may read each piece of the network as whole events, so each must be one.
export async function stream(model, input, more = {}) {
  const answer = await post('/responses', { model, input, stream: true, ...more });
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type') ?? '', /^text\/event-stream\b/);
  const frames = [];
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const bytes of answer.body) {
    const piece = decoder.decode(bytes);
    assert.ok(piece.endsWith('\n\n'), `a piece ends within an event: ${piece.slice(-80)}`);
    frames.push(...piece.slice(0, -2).split('\n\n').filter((frame) => !frame.startsWith(':')));
  }

  assert.equal(frames.pop(), 'data: [DONE]', 'the last frame');
  return checkStream(frames.map((frame) => {
    const [, name, data] = /^event: (\S+)\ndata: (.*)$/.exec(frame) ?? assert.fail(`no frame of an event: ${frame}`);
    const event = JSON.parse(data);
    assert.equal(name, event.type, 'an event is named as its type');
    return event;
  }));
}

// The law of a stream: shapes, order, one beginning and one end, and texts that add up to what the last event says.
export function checkStream(events) {
  for (const event of events) check(streamEvent, event, event.type);
  const { sequence_number: first } = events[0];
  events.forEach((event, i) => assert.equal(event.sequence_number, first + i, `the number of ${event.type}`));
  assert.deepEqual(events.slice(0, 2).map((event) => event.type), ['response.created', 'response.in_progress']);
  assert.deepEqual(events.filter((event) => ENDS.includes(event.type)), [events.at(-1)], 'one end, and it is the last');
  assert.equal(new Set(events.filter((event) => event.response).map((event) => event.response.id)).size, 1, 'one response');
  const errors = events.filter((event) => event.type === 'error');
  if (errors.length > 0) assert.deepEqual([errors, events.at(-1).type], [[events.at(-2)], 'response.failed'], 'an error is followed by the failure');

  const answer = events.at(-1).response;
  assert.equal(events.at(-1).type, `response.${answer.status}`);
  assert.equal(answer.error !== null, answer.status === 'failed', 'a failed response says why');
  const items = [];
  for (const event of events.slice(2, -1)) {
    if (event.type === 'error') continue;
    if (event.type === 'response.output_item.added') {
      assert.equal(event.output_index, items.length, 'items are numbered from 0');
      items.push({ id: event.item.id, added: event.item, parts: [], text: '' });
      continue;
    }

    const item = items[event.output_index];
    assert.ok(item !== undefined && item.done === undefined, `${event.type} belongs to an open item`);
    if (event.type === 'response.output_item.done') item.done = event.item;
    else follow(item, event);
  }

  if (answer.status === 'completed') assert.deepEqual(items.map((item) => item.done), answer.output, 'the items of the stream are the output');
  items.forEach(checkItem);
  return { events, answer, types: events.map((event) => event.type) };
}

function follow(item, event) {
  assert.equal(event.item_id, item.id, `the item of ${event.type}`);
  if (/^response\.function_call_arguments\./.test(event.type)) {
    item.text += event.delta ?? '';
    if (event.arguments !== undefined) assert.equal(event.arguments, item.text, 'the arguments add up');
    return;
  }

  const index = event.content_index ?? event.summary_index;
  if (/part\.added$/.test(event.type)) {
    assert.equal(index, item.parts.length, 'parts are numbered from 0');
    item.parts.push({ text: '' });
    return;
  }

  const part = item.parts[index];
  assert.ok(part !== undefined && part.done === undefined, `${event.type} belongs to an open part`);
  if (/part\.done$/.test(event.type)) part.done = event.part;
  else if (event.delta !== undefined) part.text += event.delta;
  else if (event.text !== undefined) part.whole = event.text;
}

function checkItem({ added, done, parts, text }) {
  if (done === undefined) return;
  assert.deepEqual([added.id, added.type, added.role], [done.id, done.type, done.role]);
  if (done.type === 'function_call') {
    assert.deepEqual([added.status, added.name, added.arguments, done.status, done.arguments], ['in_progress', done.name, '', 'completed', text]);
  } else if (done.type === 'message') {
    assert.deepEqual([added.status, added.content], ['in_progress', []], 'a message begins empty');
    assert.deepEqual(done.content, parts.map((part) => part.done), 'the parts of the stream are the content');
    for (const part of parts) assert.deepEqual([part.text, part.whole], [part.done.text, part.done.text], 'the text adds up');
  }
}

// A socket on which turns are taken. Whatever comes that no turn has asked for is an error.
export class Socket {
  static async open(token = key) {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/responses`, { headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' } });
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
      socket.once('unexpected-response', (request, answer) => {
        // The connection is the client's to close: it stands, ready for another request.
        request.destroy();
        reject(Object.assign(new Error(`refused with ${answer.statusCode}`), { status: answer.statusCode }));
      });
    });
    return new Socket(socket);
  }

  #messages = [];
  #wake = () => {};
  #closed = null;

  constructor(socket) {
    this.socket = socket;
    socket.on('message', (data, isBinary) => {
      this.#messages.push(isBinary ? assert.fail('a binary message') : data.toString());
      this.#wake();
    });
    socket.on('close', (code) => {
      this.#closed = code;
      this.#wake();
    });
  }

  send(message) {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  async receive() {
    const limit = AbortSignal.timeout(PATIENCE);
    while (this.#messages.length === 0) {
      assert.equal(this.#closed, null, 'the socket was closed');
      assert.ok(!limit.aborted, 'nothing came');
      await new Promise((resolve) => {
        this.#wake = resolve;
        limit.addEventListener('abort', resolve);
      });
    }

    return JSON.parse(this.#messages.shift());
  }

  // The events of one turn, or the error that it was refused with: a socket says either, never both.
  async turn() {
    const events = [];
    for (;;) {
      const event = await this.receive();
      if (event.type === 'error') {
        assert.deepEqual(events, [], 'an error comes instead of a response');
        return { error: { status: event.status, ...check(socketError, event, 'the error').error } };
      }

      events.push(event);
      if (ENDS.includes(event.type)) return checkStream(events);
    }
  }

  async ask(model, input, more = {}) {
    assert.deepEqual(this.#messages, [], 'nothing comes between two turns');
    this.send({ type: 'response.create', model, input, ...more });
    return this.turn();
  }

  // Asks for what must be answered well.
  async create(model, input, more = {}) {
    const { error, answer } = await this.ask(model, input, more);
    assert.equal(error, undefined, JSON.stringify(error));
    assert.equal(answer.status, 'completed');
    assert.ok(answer.output.length > 0, 'has output');
    return answer;
  }

  async close() {
    const closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.close(1000);
    assert.equal(await closed, 1000, 'the close is answered');
    assert.deepEqual(this.#messages, [], 'nothing comes after the last turn');
  }
}

export async function withSocket(use) {
  const socket = await Socket.open();
  try {
    await use(socket);
    await socket.close();
  } finally {
    socket.socket.terminate();
  }
}
