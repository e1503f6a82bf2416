// Agents and a workflow that asks, through Azure's own SDK. It calls the management API over https only: the transport here speaks http instead.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { key, otherKey, url } from './setup.mjs';

const { AIProjectClient } = await import(process.env.PROJECTS_PACKAGE);
const name = `made-${process.env.PROJECTS_PACKAGE.replace(/[^a-z0-9]/g, '-').replace(/^-/, '')}`;

const httpClient = {
  async sendRequest(request) {
    const headers = Object.fromEntries([...request.headers].map(([header, value]) => [header, value]));
    const response = await fetch(request.url.replace(/^https:/, 'http:'), { method: request.method, headers, body: request.body });
    return { request, status: response.status, headers: new request.headers.constructor(Object.fromEntries(response.headers)), bodyAsText: await response.text() };
  },
};

const clientOf = (token, endpoint) => new AIProjectClient(`${endpoint}/api/projects/desk`, { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) }, { httpClient });
const management = clientOf(key, url.replace(/^http:/, 'https:'));
const openai = clientOf(key, url).getOpenAIClient();

const workflow = (greeting) => `
kind: workflow
trigger:
  kind: OnConversationStart
  id: start
  actions:
    - kind: Question
      id: ask
      variable: Local.Name
      alwaysPrompt: true
      prompt: Who is there?
    - kind: SendActivity
      id: greet
      activity: ${greeting}, {Local.Name}.
`;

async function respond(conversation, input, version) {
  const events = [];
  const stream = await openai.responses.create({ conversation, input, stream: true, agent: { name, type: 'agent_reference', version } });
  for await (const event of stream) events.push(event);
  return events;
}

const textOf = (events) => events.filter((event) => event.type === 'response.output_text.delta').map((event) => event.delta).join('');

describe('agents', () => {
  test('a workflow is made, asked, answered, changed and deleted', async () => {
    const made = await management.agents.createVersion(name, { kind: 'workflow', workflow: workflow('Good day') });
    assert.equal(made.version, '1');
    assert.equal(made.definition.kind, 'workflow');

    const conversation = await openai.conversations.create({});
    const asked = await respond(conversation.id, 'Hi');
    assert.equal(textOf(asked), 'Who is there?');
    assert.equal(asked.at(-1).type, 'response.completed');
    const answered = await respond(conversation.id, 'Ada');
    assert.match(textOf(answered), /^Good day, Ada\.$/);

    const changed = await management.agents.createVersion(name, { kind: 'workflow', workflow: workflow('Good night') });
    assert.equal(changed.version, '2');
    const names = [];
    for await (const agent of management.agents.list()) names.push(agent.name);
    assert.ok(names.includes(name) && names.includes('greeter'), names.join());
    const versions = [];
    for await (const version of management.agents.listVersions(name)) versions.push(version.version);
    assert.deepEqual(versions.sort(), ['1', '2']);
    assert.equal((await management.agents.getVersion(name, '1')).definition.workflow, workflow('Good day'));
    assert.equal((await management.agents.get(name)).versions.latest.version, '2');

    const pinned = await openai.conversations.create({});
    await respond(pinned.id, 'Hi', '1');
    assert.equal(textOf(await respond(pinned.id, 'Bob', '1')), 'Good day, Bob.');

    await management.agents.deleteVersion(name, '1');
    await management.agents.delete(name);
    await assert.rejects(management.agents.get(name), (error) => error.statusCode === 404 || error.status === '404' || error.status === 404);
  });

  test('a workflow with errors is refused with the line', async () => {
    await assert.rejects(
      management.agents.createVersion('broken', { kind: 'workflow', workflow: workflow('Hi').replace('kind: SendActivity', 'kind: If') }),
      (error) => /line 12/.test(error.message),
    );
  });

  test('only its maker changes an agent', async () => {
    await management.agents.createVersion(`${name}-mine`, { kind: 'workflow', workflow: workflow('Hi') });
    await assert.rejects(clientOf(otherKey, url.replace(/^http:/, 'https:')).agents.createVersion(`${name}-mine`, { kind: 'workflow', workflow: workflow('Ho') }), /somebody else/);
  });
});
