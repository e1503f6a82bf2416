// Conversations, messages and bots through the official Coze SDK.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assistant, coze, gather, isId, raw, refusal, say, stranger, user } from './setup.mjs';

const absent = '7710237672458944512';
const texts = (messages) => messages.map((message) => message.content);

async function conversationOf(...contents) {
  return (await coze.conversations.create({ bot_id: 'echo', messages: contents.map((content, i) => (i % 2 === 0 ? user(content) : assistant(content))) })).id;
}

describe('conversations', { concurrency: 6 }, () => {
  test('a conversation is created with messages and metadata, and retrieved', async () => {
    const made = await coze.conversations.create({ bot_id: 'echo', meta_data: { who: 'Ada' }, messages: [user('one'), assistant('two')] });
    isId(made.id);
    assert.deepEqual(made.meta_data, { who: 'Ada' });
    assert.equal(made.last_section_id, made.id);
    assert.ok(Math.abs(made.created_at - Date.now() / 1000) < 60);
    assert.deepEqual(await coze.conversations.retrieve(made.id), made);
    const { data } = await coze.conversations.messages.list(made.id, { order: 'asc' });
    assert.deepEqual(texts(data), ['one', 'two']);
    assert.deepEqual(data.map((message) => message.role), ['user', 'assistant']);
  });

  test('an empty body creates a conversation', async () => {
    const made = await coze.conversations.create({});
    assert.deepEqual(made.meta_data, {});
    const { data, first_id, last_id, has_more } = await coze.conversations.messages.list(made.id);
    assert.deepEqual({ data, has_more }, { data: [], has_more: false });
    assert.equal(typeof first_id, 'string');
    assert.equal(typeof last_id, 'string');
  });

  test('content may be an array of parts', async () => {
    const content = [{ type: 'text', text: 'see' }, { type: 'file', file_url: 'https://example.com/a.pdf' }];
    const made = await coze.conversations.create({ messages: [{ role: 'user', content, content_type: 'object_string' }] });
    const { data } = await coze.conversations.messages.list(made.id);
    assert.deepEqual(JSON.parse(data[0].content), content);
  });

  test('the conversations of a bot are listed, newest first, page by page', async () => {
    const ids = [];
    for (let i = 0; i < 5; i++) ids.unshift((await coze.conversations.create({ bot_id: 'lister' })).id);
    const first = await coze.conversations.list({ bot_id: 'lister', page_num: 1, page_size: 2 });
    const second = await coze.conversations.list({ bot_id: 'lister', page_num: 2, page_size: 2 });
    const third = await coze.conversations.list({ bot_id: 'lister', page_num: 3, page_size: 2 });
    assert.deepEqual([first, second, third].map((page) => page.has_more), [true, true, false]);
    assert.deepEqual([first, second, third].flatMap((page) => page.conversations.map((conversation) => conversation.id)), ids);
    const old = await raw('GET', '/v1/conversations?bot_id=lister&sort_order=ASC');
    assert.deepEqual(old.body.data.conversations.map((conversation) => conversation.id), [...ids].reverse());
  });

  test('a conversation is renamed', async () => {
    const { id } = await coze.conversations.create({});
    const { body } = await raw('PUT', `/v1/conversations/${id}`, { name: 'About the weather' });
    assert.equal(body.code, 0);
    assert.equal(body.data.name, 'About the weather');
    assert.equal((await coze.conversations.retrieve(id)).name, 'About the weather');
    assert.equal((await raw('PUT', `/v1/conversations/${id}`, { name: 'x'.repeat(101) })).body.code, 4000);
  });

  test('a deleted conversation is gone', async () => {
    const id = await conversationOf('one');
    const { body } = await raw('DELETE', `/v1/conversations/${id}`);
    assert.equal(body.code, 0);
    assert.ok(!('data' in body));
    assert.equal((await refusal(coze.conversations.retrieve(id))).code, 4001);
    assert.equal((await refusal(coze.conversations.messages.list(id))).code, 4001);
    assert.equal((await raw('DELETE', `/v1/conversations/${id}`)).body.code, 4001);
  });

  test('deleting a conversation ends its chat', async () => {
    const chat = await coze.chat.create(say('slow', 'go'));
    assert.equal((await raw('DELETE', `/v1/conversations/${chat.conversation_id}`)).body.code, 0);
    assert.ok((await refusal(coze.chat.retrieve(chat.conversation_id, chat.id))).code > 0);
  });

  test('after clear the agent remembers nothing, and the messages are still listed', async () => {
    const first = await gather(coze.chat.stream(say('history', 'one')));
    const { conversation_id } = first.created;
    const section = await coze.conversations.clear(conversation_id);
    assert.equal(section.conversation_id, conversation_id);
    assert.notEqual(section.id, conversation_id);
    assert.equal((await coze.conversations.retrieve(conversation_id)).last_section_id, section.id);
    const second = await gather(coze.chat.stream(say('history', 'two', { conversation_id })));
    assert.equal(second.answer, 'user: two');
    assert.equal(second.completed('answer')[0].section_id, section.id);
    const { data } = await coze.conversations.messages.list(conversation_id, { order: 'asc' });
    assert.deepEqual(texts(data), ['one', 'user: one', 'two', 'user: two']);
  });

  test('metadata over its limits is refused', async () => {
    assert.equal((await refusal(coze.conversations.create({ meta_data: { ['k'.repeat(65)]: 'v' } }))).code, 4003);
    assert.equal((await refusal(coze.conversations.create({ meta_data: { k: 'v'.repeat(513) } }))).code, 4003);
  });

  test('more than 16 messages at once are refused', async () => {
    const messages = Array.from({ length: 17 }, () => user('hi'));
    assert.ok((await refusal(coze.conversations.create({ messages }))).code >= 4000);
  });

  test('the conversation of another owner looks like an absent one', async () => {
    const id = await conversationOf('secret');
    for (const call of [
      (who) => who.conversations.retrieve(id), (who) => who.conversations.clear(id),
      (who) => who.conversations.messages.list(id), (who) => who.conversations.messages.create(id, user('x', { meta_data: {} })),
    ]) {
      const error = await refusal(call(stranger));
      assert.equal(error.code, 4001);
      assert.doesNotMatch(error.msg, /secret/);
    }
    const { conversations } = await stranger.conversations.list({ bot_id: 'echo' });
    assert.ok(!conversations.some((conversation) => conversation.id === id));
  });
});

describe('messages', { concurrency: 6 }, () => {
  test('a message is created and retrieved', async () => {
    const id = await conversationOf();
    const made = await coze.conversations.messages.create(id, user('hello', { meta_data: { k: 'v' } }));
    isId(made.id);
    assert.equal(made.conversation_id, id);
    assert.equal(made.role, 'user');
    assert.equal(made.content, 'hello');
    assert.equal(made.content_type, 'text');
    assert.deepEqual(made.meta_data, { k: 'v' });
    assert.deepEqual(await coze.conversations.messages.retrieve(id, made.id), made);
  });

  test('a created message is what the agent sees', async () => {
    const id = await conversationOf();
    await coze.conversations.messages.create(id, user('before', { meta_data: {} }));
    const chat = await gather(coze.chat.stream(say('history', 'now', { conversation_id: id })));
    assert.equal(chat.answer, 'user: before\nuser: now');
  });

  test('a message is modified', async () => {
    const id = await conversationOf('one');
    const { data } = await coze.conversations.messages.list(id);
    const changed = await coze.conversations.messages.update(id, data[0].id, { content: 'uno', content_type: 'text', meta_data: { lang: 'it' } });
    assert.equal(changed.content, 'uno');
    assert.deepEqual(changed.meta_data, { lang: 'it' });
    assert.equal((await coze.conversations.messages.retrieve(id, data[0].id)).content, 'uno');
    assert.equal((await refusal(coze.conversations.messages.update(id, data[0].id, {}))).code, 4000);
  });

  test('a deleted message is gone from lists and from the context', async () => {
    const id = await conversationOf('one', 'two', 'three');
    const { data } = await coze.conversations.messages.list(id, { order: 'asc' });
    const deleted = await coze.conversations.messages.delete(id, data[1].id);
    assert.equal(deleted.id, data[1].id);
    assert.equal(deleted.content, 'two');
    assert.deepEqual(texts((await coze.conversations.messages.list(id, { order: 'asc' })).data), ['one', 'three']);
    assert.equal((await refusal(coze.conversations.messages.retrieve(id, data[1].id))).code, 4005);
    const chat = await gather(coze.chat.stream(say('history', 'four', { conversation_id: id })));
    assert.equal(chat.answer, 'user: one\nuser: three\nuser: four');
  });

  test('messages are listed page by page in both orders', async () => {
    const contents = Array.from({ length: 7 }, (_, i) => `m${i}`);
    const id = await conversationOf(...contents);
    for (const order of ['asc', 'desc']) {
      const expected = order === 'asc' ? contents : [...contents].reverse();
      const seen = [];
      let after_id;
      for (;;) {
        const page = await coze.conversations.messages.list(id, { order, limit: 3, ...(after_id ? { after_id } : {}) });
        assert.equal(page.first_id, page.data[0].id);
        assert.equal(page.last_id, page.data.at(-1).id);
        seen.push(...texts(page.data));
        if (!page.has_more) break;
        after_id = page.last_id;
      }
      assert.deepEqual(seen, expected);
    }
  });

  test('before_id pages back', async () => {
    const id = await conversationOf('a', 'b', 'c', 'd', 'e');
    const all = await coze.conversations.messages.list(id, { order: 'asc' });
    const back = await coze.conversations.messages.list(id, { order: 'asc', before_id: all.data[4].id, limit: 2 });
    assert.deepEqual(texts(back.data), ['c', 'd']);
    assert.equal(back.has_more, true);
    const rest = await coze.conversations.messages.list(id, { order: 'asc', before_id: back.first_id, limit: 2 });
    assert.deepEqual(texts(rest.data), ['a', 'b']);
    assert.equal(rest.has_more, false);
  });

  test('lists are newest first and 50 long unless told otherwise', async () => {
    const id = await conversationOf();
    for (let i = 0; i < 52; i++) await coze.conversations.messages.create(id, user(`m${i}`, { meta_data: {} }));
    const page = await coze.conversations.messages.list(id);
    assert.equal(page.data.length, 50);
    assert.equal(page.data[0].content, 'm51');
    assert.equal(page.has_more, true);
  });

  test('a list can be of one chat', async () => {
    const first = await gather(coze.chat.stream(say('echo', 'one')));
    const { conversation_id } = first.created;
    const second = await gather(coze.chat.stream(say('echo', 'two', { conversation_id })));
    const { data } = await coze.conversations.messages.list(conversation_id, { chat_id: second.created.id, order: 'asc' });
    assert.deepEqual(texts(data), ['two', 'two']);
    assert.deepEqual(data.map((message) => [message.role, message.type]), [['user', 'question'], ['assistant', 'answer']]);
    assert.ok(data.every((message) => message.chat_id === second.created.id && message.bot_id === 'echo'));
  });

  test('a limit beyond 50 is refused', async () => {
    const id = await conversationOf('one');
    const error = await refusal(coze.conversations.messages.list(id, { limit: 51 }));
    assert.equal(error.code, 4000);
    assert.match(error.msg, /limit/);
  });

  test('an unknown message is refused', async () => {
    const id = await conversationOf('one');
    assert.equal((await refusal(coze.conversations.messages.retrieve(id, absent))).code, 4005);
    assert.equal((await refusal(coze.conversations.messages.delete(id, absent))).code, 4005);
  });
});

describe('bots', { concurrency: 6 }, () => {
  test('bots are listed in the old form', async () => {
    const { space_bots, total } = await coze.bots.list({ space_id: '1' });
    const bot = space_bots.find((bot) => bot.bot_name === 'echo');
    assert.equal(bot.bot_id, '7478675888952246323');
    assert.equal(bot.description, 'Repeats what you say.');
    assert.equal(typeof bot.publish_time, 'string');
    assert.equal(total, space_bots.length);
  });

  test('bots are listed in the new form, page by page', async () => {
    const all = await coze.bots.listNew({ workspace_id: '1', page_size: 50 });
    assert.equal(all.total, all.items.length);
    const bot = all.items.find((bot) => bot.name === 'echo');
    assert.equal(bot.id, '7478675888952246323');
    assert.equal(bot.is_published, true);
    const paged = [];
    for (let page_num = 1; paged.length < all.total; page_num++) {
      const { items } = await coze.bots.listNew({ workspace_id: '1', page_size: 4, page_num });
      assert.ok(items.length > 0);
      paged.push(...items);
    }
    assert.deepEqual(paged.map((bot) => bot.id), all.items.map((bot) => bot.id));
  });

  test('a bot is described in both forms, by name and by alias', async () => {
    const [old, fresh, byName] = await Promise.all([
      coze.bots.retrieve({ bot_id: '7478675888952246323' }), coze.bots.retrieveNew('7478675888952246323'), coze.bots.retrieveNew('echo')]);
    for (const bot of [old, fresh, byName]) {
      assert.equal(bot.name, 'echo');
      assert.equal(bot.description, 'Repeats what you say.');
      assert.equal(bot.onboarding_info.prologue, 'Hello!');
      assert.deepEqual(bot.onboarding_info.suggested_questions, ['How are you?']);
    }
  });

  test('an unknown bot is not found', async () => {
    assert.equal((await refusal(coze.bots.retrieve({ bot_id: 'nobody' }))).code, 4200);
    assert.equal((await refusal(coze.bots.retrieveNew('nobody'))).code, 4200);
  });
});
