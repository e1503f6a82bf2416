// Files, feedback, workspaces, users and variables through the official Coze SDK.
import assert from 'node:assert/strict';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { coze, gather, isId, isRemote, key, raw, refusal, say, stranger, url } from './setup.mjs';

const folder = mkdtempSync(join(tmpdir(), 'parley-files-'));
after(() => rmSync(folder, { recursive: true }));

// The smallest picture: one red pixel.
const pixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==', 'base64');

function upload(name, content, client = coze) {
  const path = join(folder, name);
  writeFileSync(path, content);
  return client.files.upload({ file: createReadStream(path) });
}

async function post(...parts) {
  const form = new FormData();
  for (const [name, content, file] of parts) form.append(name, new Blob([content]), file);
  const response = await fetch(`${url}/v1/files/upload`, { method: 'POST', headers: { Authorization: `Bearer ${key}` }, body: form });
  return response.json();
}

const parts = (...items) => ({ role: 'user', content: JSON.stringify(items), content_type: 'object_string' });
const show = (bot_id, ...items) => ({ bot_id, user_id: 'u-1', additional_messages: [parts(...items)] });

describe('files', { concurrency: 6 }, () => {
  test('a file is uploaded from a stream under its Chinese name and retrieved', async () => {
    const made = await upload('季度报告 1.png', pixel);
    isId(made.id);
    assert.equal(made.file_name, '季度报告 1.png');
    assert.equal(made.bytes, pixel.length);
    assert.ok(Math.abs(made.created_at - Date.now() / 1000) < 60);
    assert.deepEqual(await coze.files.retrieve(made.id), made);
  });

  test('a browser uploads a blob', async () => {
    const { code, data } = await post(['file', 'a,b\n1,2', '数据.csv']);
    assert.equal(code, 0);
    assert.equal(data.file_name, '数据.csv');
    assert.equal(data.bytes, 7);
  });

  test('an upload that does not fit is refused with a code of its own', async () => {
    assert.equal((await post(['file', '', 'a.txt'])).code, 4300);
    assert.equal((await post(['file', 'a', 'a.txt'], ['file', 'b', 'b.txt'])).code, 4301);
    assert.equal((await post(['file', 'a', 'a.exe'])).code, 4303);
    assert.equal((await post(['other', 'a', 'a.txt'])).code, 4304);
  });

  test('the file of another owner looks like an absent one', async () => {
    const { id } = await upload('secret.txt', 'secret', stranger);
    assert.ok((await refusal(coze.files.retrieve(id))).code > 0);
    const chat = await gather(coze.chat.stream(show('echo', { type: 'text', text: 'see' }, { type: 'file', file_id: id })));
    assert.equal(chat.events[0].event, 'error');
    assert.equal(chat.events[0].data.code, 4000);
    assert.match(chat.events[0].data.msg, /file_id/);
  });

  test('an image in a message reaches the agent', async () => {
    const { id } = await upload('picture.png', pixel);
    const chat = await gather(coze.chat.stream(show('echo', { type: 'text', text: 'see' }, { type: 'image', file_id: id })));
    assert.equal(chat.answer, isRemote ? 'see\n[image/png]' : 'see\n[picture.png]');
    const { data } = await coze.conversations.messages.list(chat.created.conversation_id, { order: 'asc' });
    assert.deepEqual(JSON.parse(data[0].content), [{ type: 'text', text: 'see' }, { type: 'image', file_id: id }]);
  });

  test('a text file in a message reaches the agent as text', async () => {
    const { id } = await upload('notes.md', '# 标题\nHello');
    const chat = await gather(coze.chat.stream(show('echo', { type: 'file', file_id: id })));
    assert.equal(chat.answer, isRemote ? "File 'notes.md':\n# 标题\nHello" : '[notes.md]');
  });

  test('a file that the agent cannot read is refused by its name and does not spoil the conversation', async () => {
    const { id } = await upload('plan.pdf', '%PDF');
    const { id: conversation_id } = await coze.conversations.create({ messages: [parts({ type: 'file', file_id: id })] });
    const chat = await gather(coze.chat.stream({ ...show('history', { type: 'file', file_id: id }), conversation_id }));
    if (isRemote) {
      assert.equal(chat.events[0].event, 'error');
      assert.equal(chat.events[0].data.code, 4000);
      assert.match(chat.events[0].data.msg, /plan\.pdf.*png, jpeg, gif, webp/);
    }

    const next = await gather(coze.chat.stream(say('history', 'and now?', { conversation_id })));
    assert.match(next.answer, /plan\.pdf/);
    assert.match(next.answer, /user: and now\?$/);
  });
});

describe('feedback', { concurrency: 6 }, () => {
  test('an answer is rated and the rating is taken back', async () => {
    const chat = await gather(coze.chat.stream(say('echo', 'hi')));
    const path = `/v1/conversations/${chat.created.conversation_id}/messages/${chat.completed('answer')[0].id}/feedback`;
    const { body } = await raw('POST', path, { feedback_type: 'unlike', reason_types: ['too short'], comment: 'More, please.' });
    assert.equal(body.code, 0);
    assert.ok(!('data' in body));
    assert.equal((await raw('POST', path, { feedback_type: 'maybe' })).body.code, 4000);
    assert.equal((await raw('DELETE', path)).body.code, 0);
    assert.equal((await raw('DELETE', path)).body.code, 0);
  });
});

describe('users', { concurrency: 6 }, () => {
  test('the user is told who it is', async () => {
    const me = await coze.users.me();
    for (const member of ['user_id', 'user_name', 'nick_name', 'avatar_url']) assert.equal(typeof me[member], 'string');
    assert.notEqual(me.user_id, (await stranger.users.me()).user_id);
  });

  test('the user has one workspace', async () => {
    const { workspaces, total_count } = await coze.workspaces.list({ page_num: 1, page_size: 10 });
    assert.equal(total_count, 1);
    isId(workspaces[0].id);
    assert.equal(workspaces[0].role_type, 'owner');
    assert.equal(workspaces[0].workspace_type, 'personal');
    assert.equal(workspaces[0].enterprise_id, '');
    assert.deepEqual((await coze.workspaces.list()).workspaces, workspaces);
  });

  test('variables are set for a user of a bot and read', async () => {
    const of = { bot_id: 'echo', connector_uid: `u-${Date.now()}` };
    await coze.variables.update({ ...of, data: [{ keyword: 'name', value: '小王' }, { keyword: 'age', value: '18' }] });
    await coze.variables.update({ ...of, data: [{ keyword: 'age', value: '19' }] });
    const { items } = await coze.variables.retrieve(of);
    assert.deepEqual(items.map((item) => [item.keyword, item.value]), [['age', '19'], ['name', '小王']]);
    assert.ok(items.every((item) => item.update_time >= item.create_time && item.create_time > 1_700_000_000));
    assert.deepEqual((await coze.variables.retrieve({ ...of, keywords: ['age'] })).items.map((item) => item.value), ['19']);
    assert.deepEqual((await stranger.variables.retrieve(of)).items, []);
  });
});
