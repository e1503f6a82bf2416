// No SDK of this protocol exists: these are the habits of its public clients, each as strict as its original.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { coze, key, otherKey, raw, until, url } from './setup.mjs';

const isId = (value) => assert.match(value, /^[0-9a-z]{32}$/);
const ticket = { Cookie: `tongyi_sso_ticket=${key}; aliyun_choice=intl; _samesite_flag_=true; t=5c6a` };
const text = (content, more = {}) => ({ content, contentType: 'text', role: 'user', ...more });

// What the clients of 2024 send, and those of 2025.
const minimal = (content, more = {}) => ({
  mode: 'chat', model: '', action: 'next', userAction: 'chat', requestId: 'a1b2', sessionId: '', sessionType: 'text_chat', parentMsgId: '', contents: [text(content)], ...more,
});
const modern = (content, more = {}) => ({
  ...minimal(content), contents: [text(content, { ext: { searchType: '', pptGenerate: false, deepThink: false, deepResearch: false } })], ...more,
  params: { agentId: '', searchType: '', pptGenerate: false, bizScene: '', bizSceneInfo: {}, specifiedModel: '', deepThink: false, deepResearch: false, fileUploadBatchId: '1', ...more.params },
});
const of = (agent, more = {}) => ({ ...more, params: { ...more.params, agentId: agent } });

async function ask(body, { headers = ticket, signal } = {}) {
  return await fetch(`${url}/dialog/conversation`, {
    method: 'POST', signal, body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream', 'X-Platform': 'pc_tongyi', 'X-Xsrf-Token': '48b9ee49', ...headers },
  });
}

// Line by line as the bytes come; whatever is no `data:` line is an error here.
async function* linesOf(response) {
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type'), /^text\/event-stream/);
  assert.equal(response.headers.get('content-encoding'), null);
  let rest = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream('utf-8', { fatal: true }))) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (line === '') continue;
      assert.ok(line.startsWith('data: '), line);
      yield line;
    }
  }
  assert.equal(rest, '');
}

async function framesOf(response) {
  const frames = [];
  let isDone = false;
  for await (const line of linesOf(response)) {
    assert.ok(!isDone, 'something follows [DONE]');
    if (line.slice(6) === '[DONE]') isDone = true;
    else frames.push(JSON.parse(line.slice(6)));
  }
  assert.ok(isDone);
  assert.deepEqual(frames.map((frame) => frame.msgStatus), [...frames.slice(1).map(() => 'generating'), 'finished']);
  return frames;
}

async function say(body, options) {
  const frames = await framesOf(await ask(body, options));
  const last = frames.at(-1);
  return { frames, last, sessionId: last.sessionId, msgId: last.msgId, parentMsgId: last.parentMsgId, text: last.contents?.find((item) => item.contentType === 'text')?.content };
}

const manage = async (path, body = {}, cookie = ticket) => {
  const response = await fetch(url + path, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...cookie } });
  return { status: response.status, body: await response.json() };
};
const messages = async (sessionId) => (await manage('/dialog/chat/list', { sessionId })).body.data;

describe('tongyi', { concurrency: 6 }, () => {
  test('a client that goes by the flags prints each piece once', async () => {
    // Jarvis: text by the flag of the item, ids from the first frame.
    const frames = await framesOf(await ask(modern('Hello 🙂 你好', of('echo'))));
    let printed = '';
    for (const { contents = [] } of frames)
      for (const item of contents.filter(({ contentType }) => contentType === 'text')) printed = item.incremental ? printed + item.content : item.content;
    assert.equal(printed, 'Hello 🙂 你好');
    const [first] = frames;
    assert.ok(!('contents' in first) && !('stopReason' in first));
    assert.equal(first.incremental, false);
    assert.deepEqual(frames.map(({ pkgId }) => pkgId), [0, ...frames.slice(1, -1).map((_, i) => i + 2), frames.length + 1]);
    for (const frame of frames.slice(1, -1)) assert.equal(frame.stopReason, 'null');
    assert.equal(frames.at(-1).stopReason, 'stop');
    for (const frame of frames) assert.deepEqual(Object.keys(frame), Object.keys(frame).toSorted());
  });

  test('a client that prints what is longer than before prints it once', async () => {
    // qwen-free-api: substring behind what was printed; the line's content from the fifth character on.
    let printed = '', isFinished = false;
    for await (const line of linesOf(await ask(minimal('Hello 🙂 你好 '.repeat(30), of('echo'))))) {
      const data = line.slice(5).trim();
      if (data === '[DONE]') break;
      const result = JSON.parse(data);
      const whole = (result.contents ?? []).reduce((all, item) => item.contentType === 'text' && item.role === 'assistant' ? all + item.content : all, '');
      assert.ok(whole.startsWith(printed) || whole === '', 'a frame that shrinks');
      printed += whole.substring(printed.length);
      isFinished ||= result.msgStatus === 'finished' && result.canShare !== false;
      assert.ok(!('incremental' in result) && !('pkgId' in result) && !/�/.test(whole));
    }
    assert.ok(isFinished);
    assert.equal(printed, 'Hello 🙂 你好 '.repeat(30));
  });

  test('a client that replaces the answer and ends by the reason to stop has all of it', async () => {
    // ChatALL: the end is a frame with contents whose reason is "stop", or has none.
    let shown = '', ended = 0;
    for await (const line of linesOf(await ask(minimal('one two three', of('echo'))))) {
      if (line.slice(6) === '[DONE]') continue;
      const { contents, stopReason } = JSON.parse(line.slice(6));
      if (!contents) continue;
      assert.equal(ended, 0);
      shown = contents.at(-1).content;
      if (stopReason === undefined || stopReason === 'stop') ended++;
    }
    assert.deepEqual([shown, ended], ['one two three', 1]);
  });

  test('a thought comes before the answer in an item of its own', async () => {
    const { frames, last } = await say(modern('?', of('thinker')));
    assert.deepEqual(last.contents.map(({ contentType, id }) => [contentType, id]), [['think', `${last.msgId}_0`], ['text', `${last.msgId}_1`]]);
    assert.equal(JSON.parse(last.contents[0].content).content, 'Let me think about it.');
    let thought = '';
    for (const item of frames.flatMap(({ contents = [] }) => contents).filter(({ contentType, incremental }) => contentType === 'think' && incremental)) thought += JSON.parse(item.content).content;
    assert.equal(thought, 'Let me think about it.');
  });

  test('a conversation is called by two ids joined with a dash', async () => {
    const first = await say(minimal('one', of('history')));
    for (const id of [first.sessionId, first.msgId, first.parentMsgId, first.last.traceId]) isId(id);
    const [sessionId, parentMsgId] = `${first.sessionId}-${first.msgId}`.split('-');
    const second = await say(minimal('two', of('history', { sessionId, parentMsgId })));
    assert.equal(second.sessionId, sessionId);
    assert.equal(second.text, 'user: one\nassistant: user: one\nuser: two');
  });

  test('a name that the client made for its session stays its name', async () => {
    const sessionId = '0f6b8a3e-1111-4222-8333-944455556666';
    const first = await say(minimal('one', of('history', { sessionId, parentMsgId: 'c0ffee00-1111-4222-8333-944455556666' })));
    assert.equal(first.sessionId, sessionId);
    assert.equal((await say(minimal('two', of('history', { sessionId, parentMsgId: first.msgId })))).text, 'user: one\nassistant: user: one\nuser: two');
    assert.ok((await manage('/dialog/session/list')).body.data.some((session) => session.sessionId === sessionId));
  });

  test('an answer is given again and a question is edited as branches', async () => {
    const first = await say(minimal('one', of('history')));
    const second = await say(minimal('two', of('history', { sessionId: first.sessionId, parentMsgId: first.msgId })));
    const again = await say({ action: 'variant', sessionId: first.sessionId, parentMsgId: second.msgId, contents: [] });
    assert.deepEqual([again.parentMsgId, again.text], [second.parentMsgId, second.text]);
    const edited = await say(minimal('zwei', of('history', { sessionId: first.sessionId, parentMsgId: first.msgId })));
    assert.equal(edited.text, 'user: one\nassistant: user: one\nuser: zwei');

    const tree = Object.fromEntries((await messages(first.sessionId)).map((message) => [message.msgId, message]));
    assert.equal(Object.keys(tree).length, 7);
    assert.deepEqual(
      [first.parentMsgId, first.msgId, second.parentMsgId, second.msgId, again.msgId, edited.parentMsgId].map((id) => tree[id].parentMsgId),
      ['', first.parentMsgId, first.msgId, second.parentMsgId, second.parentMsgId, first.msgId],
    );
  });

  test('a client that leaves finds what was said so far as interrupted', async () => {
    const abort = new AbortController();
    const response = await ask(modern('?', of('slow')), { signal: abort.signal });
    let first;
    for await (const line of linesOf(response)) {
      const frame = JSON.parse(line.slice(6));
      first ??= frame;
      if (frame.contents) break;
    }
    abort.abort();
    const answer = await until(async () => (await messages(first.sessionId)).find((message) => message.msgId === first.msgId && message.msgStatus === 'finished'), 'the end of the answer');
    assert.equal(answer.interrupted, true);
    assert.match(answer.contents[0].content, /^(tick )+/);
    assert.ok(answer.contents[0].content.length < 500);
  });

  test('an answer is stopped and its stream says so', async () => {
    const response = await ask(modern('?', of('slow')));
    const frames = [];
    for await (const line of linesOf(response)) {
      if (line.slice(6) === '[DONE]') break;
      const frame = JSON.parse(line.slice(6));
      frames.push(frame);
      if (frames.length === 3) assert.equal((await manage('/dialog/chat/stop', { sessionId: frame.sessionId, msgId: frame.msgId })).body.success, true);
    }
    assert.deepEqual([frames.at(-1).msgStatus, frames.at(-1).stopReason], ['finished', 'interrupted']);
  });

  test('a failure in the answer is one frame, and before it an envelope', async () => {
    const { last } = await say(modern('?', of('failing')));
    assert.equal(last.stopReason, 'error');
    assert.ok(last.errorCode && last.errorMsg);
    const refused = await ask(modern('?', of('refusing')));
    assert.equal(refused.status, 502);
    const body = await refused.json();
    assert.deepEqual([body.success, body.failed, body.httpCode], [false, true, 502]);
  });

  test('what is wrong is named', async () => {
    for (const [body, field] of [[{ contents: [] }, 'contents'], [minimal('x', { params: 5 }), 'params'], [minimal('x', { model: 'nobody' }), 'model'], [minimal('x', { contents: [text('x', { role: 'robot' })] }), 'contents[0].role']]) {
      const response = await ask(body);
      assert.equal(response.status, 400);
      const { errorCode, errorMsg } = await response.json();
      assert.equal(errorCode, 'INVALID_PARAM');
      assert.ok(errorMsg.includes(field), errorMsg);
    }
  });

  test('names of models that old clients always send mean the default', async () => {
    const { text: said } = await say(minimal('x', { model: 'tongyi-qwen3-max-model', params: { specifiedModel: 'tongyi-qwen3-max-model' } }));
    assert.ok(said.length > 0);
  });

  test('whoever has no ticket is not logged in', async () => {
    for (const headers of [{}, { Cookie: 'tongyi_sso_ticket=expired' }]) {
      const response = await ask(minimal('x'), { headers });
      assert.equal(response.status, 401);
      const { errorCode, failed, httpCode, success } = await response.json();
      assert.deepEqual([errorCode, failed, httpCode, success], ['NOT_LOGIN', true, 401, false]);
    }
    for (const headers of [{ Authorization: `Bearer ${key}` }, { Cookie: `login_aliyunid_ticket=${key}` }]) assert.equal((await say(minimal('x', of('echo')), { headers })).text, 'x');
  });

  test('sessions are looked at, renamed and deleted', async () => {
    const probe = (await manage('/dialog/session/list', {}, { Cookie: `tongyi_sso_ticket=${otherKey}` })).body;
    assert.ok(probe.success !== false && Array.isArray(probe.data));
    const { sessionId } = await say(minimal('What is it?', of('echo')));
    const find = async () => (await manage('/dialog/session/list', { keyword: '' })).body.data.find((session) => session.sessionId === sessionId);
    assert.equal((await find()).summary, 'What is it?');
    assert.equal((await manage('/dialog/session/update', { sessionId, summary: 'It' })).body.success, true);
    assert.equal((await find()).summary, 'It');
    assert.equal((await manage('/dialog/session/delete', { sessionId }, { Cookie: `tongyi_sso_ticket=${otherKey}` })).body.errorCode, 'SESSION_NOT_EXIST');
    assert.equal((await manage('/dialog/session/delete', { sessionId })).body.success, true);
    assert.equal(await find(), undefined);
  });

  test('the list of models names what can be asked for', async () => {
    const { body } = await manage('/dialog/api/chat/config/getModelSeries', { configType: 'MAIN_CHAT', interactionScene: 'all_chat', version: 'v1' });
    const model = body.data.flatMap(({ params }) => params).find(({ modelCode }) => modelCode === 'echo');
    assert.equal((await say(minimal('x', { params: { specifiedModel: model.modelName } }))).text, 'x');
  });

  test('a session goes on over coze and comes back', async () => {
    const first = await say(minimal('one', of('history')));
    const { ids } = (await raw('GET', `/parley/runs/${first.msgId}`)).body;
    isId(ids.tongyi);
    const conversation = BigInt(`0x${first.sessionId.slice(0, 16)}`).toString();
    for await (const event of await coze.chat.stream({ bot_id: 'history', user_id: 'u', conversation_id: conversation, additional_messages: [{ role: 'user', content: 'two', content_type: 'text' }] })) assert.notEqual(event.event, 'error');
    const third = await say(minimal('three', of('history', { sessionId: first.sessionId })));
    assert.match(third.text, /^user: one\nassistant: .*user: two\n.*user: three$/s);
  });
});
