// Workflows through the official Coze SDK: runs, their interrupts and their histories, and the same in a chat.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { coze, gather, isId, refusal, stranger, user } from './setup.mjs';

const workflow_id = 'greeter';
const contentOf = (run) => run.named('Message').map((message) => message.content).join('');

describe('workflows', () => {
  test('a run that asks is interrupted, and resumed by the id of the interrupt', async () => {
    const asked = await gather(await coze.workflows.runs.stream({ workflow_id, parameters: {} }));
    assert.deepEqual(asked.names, ['Message', 'Message', 'Interrupt']);
    assert.equal(contentOf(asked), 'What is your name?');
    const { event_id, type } = asked.named('Interrupt')[0].interrupt_data;

    const resumed = await gather(await coze.workflows.runs.resume({ workflow_id, event_id, resume_data: 'Ada', interrupt_type: type }));
    assert.equal(resumed.named('Message')[0].content, 'Hello, Ada!');
    assert.deepEqual(JSON.parse(resumed.named('Message').at(-1).content), { output: 'Hello, Ada!' });
    assert.equal(resumed.names.at(-1), 'Done');

    const again = await gather(await coze.workflows.runs.resume({ workflow_id, event_id, resume_data: 'Bob', interrupt_type: type }));
    assert.equal(again.events[0].event, 'error');
    assert.equal(again.events[0].data.code, 4000);
  });

  test('a run without a stream gives its output, and its history tells it again', async () => {
    const run = await coze.workflows.runs.create({ workflow_id: 'echo', parameters: { input: 'to be kept' } });
    assert.deepEqual(JSON.parse(run.data), { output: 'to be kept' });
    isId(run.execute_id);
    const history = await coze.workflows.runs.history('echo', run.execute_id);
    const entry = Array.isArray(history) ? history[0] : history.data?.[0] ?? history;
    assert.equal(entry.execute_status, 'Success');
    assert.equal(JSON.parse(entry.output).answer, 'to be kept');
  });

  test('what another owner runs cannot be seen', async () => {
    const run = await coze.workflows.runs.create({ workflow_id: 'echo', parameters: { input: 'mine' } });
    assert.equal((await refusal(stranger.workflows.runs.history('echo', run.execute_id))).code, 4200);
  });

  test('an unknown workflow is refused with the code that Coze has for it', async () => {
    assert.equal((await refusal(coze.workflows.runs.create({ workflow_id: 'nobody', parameters: {} }))).code, 4200);
  });

  test('in a chat the next message is the answer', async () => {
    const asked = await gather(await coze.workflows.chat.stream({ workflow_id, parameters: {}, additional_messages: [user('Hi')] }));
    assert.equal(asked.chat.status, 'requires_action');
    assert.equal(asked.answer, 'What is your name?');
    const answered = await gather(await coze.workflows.chat.stream({ workflow_id, parameters: {}, conversation_id: asked.chat.conversation_id, additional_messages: [user('Grace')] }));
    assert.equal(answered.answer, 'Hello, Grace!');
    assert.equal(answered.chat.status, 'completed');
  });
});
