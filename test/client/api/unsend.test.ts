/** A client that takes own messages back: what was never sent at once, the rest when the server has said what became of it. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import {
  type Client,
  ClientEnded,
  type ClientEvent,
  connect,
  SendRefused,
  UnsendUnanswered,
} from '../../../src/client/api/client.js';
import { CLIENT } from '../../../src/client/limits.js';
import { errorFrame } from '../../../src/protocol/error-frames.js';
import { createFakeClock, type FakeClock } from '../../harness/fake-clock.js';
import { MemoryDisk } from '../../harness/files-memory.js';
import { ScriptedServer } from '../scripted-server.js';

let clock: FakeClock;
let server: ScriptedServer;
let events: ClientEvent[];

beforeEach(() => {
  clock = createFakeClock();
  server = new ScriptedServer(clock);
  events = [];
});

async function open(files?: MemoryDisk['files']): Promise<Client> {
  let ids = 0;
  const folder = files && { stateFolder: '/state' };
  const client = connect(
    { url: 'ws://memory', user: 'alice', token: 't', onMessage: () => {}, ...folder },
    { dial: server.net.dial, clock, random: () => 0.5, newId: () => `i${++ids}`, ...(files && { files }) },
  );
  client.subscribe((event) => events.push(event));
  await clock.settle();
  return client;
}

async function closed(client: Client): Promise<void> {
  const closing = client.close();
  await clock.settle();
  await closing;
}

const BOB1 = { to: 'bob', id: 'm1' };
const ASKED = { type: 'unsend', id: 'i1', to: 'bob', ids: ['m1'] } as const;
const MESSAGE = { type: 'message', id: 'm1', to: 'bob', body: '1' } as const;
const states = () =>
  events.flatMap((event) =>
    event.type === 'state' ? [[event.id, event.state, ...(event.refusal ? [event.refusal.code] : [])].join(' ')] : [],
  );

test('a message that was never sent is taken out of the outbox, also offline, and what follows it is sent', async () => {
  server.net.listen(undefined);
  const client = await open();
  const message = client.send('bob', '1', { id: 'm1' });
  client.send('bob', '2', { id: 'm2' });
  assert.equal(await client.unsend(BOB1), 'unsent');
  await assert.rejects(message.stored, SendRefused);
  assert.equal(client.queued, 1);
  assert.deepEqual(states(), ['m1 queued', 'm2 queued', 'm1 failed unsent']);
  server.listen();
  await clock.advance(CLIENT.backoffBaseMs);
  assert.deepEqual(await server.take(), [{ ...MESSAGE, id: 'm2', body: '2' }]);
});

test('a message on its way is followed by the request; the state is failed, once (R17)', async () => {
  const client = await open();
  client.send('bob', '1', { id: 'm1' });
  assert.deepEqual(await server.take(), [MESSAGE]);
  const unsent = client.unsend(BOB1);
  assert.deepEqual(await server.take(), [ASKED]);
  await server.send({ type: 'stored', ids: ['m1'] }, errorFrame('unsent', BOB1), {
    type: 'unsend',
    id: 'i1',
    outcomes: ['unsent'],
  });
  assert.equal(await unsent, 'unsent');
  assert.deepEqual(states(), ['m1 queued', 'm1 stored', 'm1 failed unsent']);
});

test('after a lost connection the message is not sent again, nor what follows it, before the server has answered (R16)', async () => {
  const client = await open();
  client.send('bob', '1', { id: 'm1' });
  client.send('bob', '2', { id: 'm2' });
  client.send('carol', '3', { id: 'm3' });
  await server.take();
  const unsent = client.unsend(BOB1);
  await server.take();
  await server.cut();
  await clock.advance(CLIENT.backoffBaseMs);
  assert.deepEqual(await server.take(), [{ ...MESSAGE, id: 'm3', to: 'carol', body: '3' }, ASKED]);
  await server.send({ type: 'unsend', id: 'i1', outcomes: ['unknown'] });
  assert.equal(await unsent, 'unsent', 'the server has never had it');
  assert.deepEqual(await server.take(), [{ ...MESSAGE, id: 'm2', body: '2' }]);
  assert.equal(client.queued, 2);
});

test('asked twice, the server is asked once: the end of one request does not let go what the other takes back', async () => {
  const client = await open();
  client.send('bob', '1', { id: 'm1' });
  await server.take();
  const both = [client.unsend(BOB1), client.unsend(BOB1)];
  assert.deepEqual(await server.take(), [ASKED]);
  await server.cut();
  await clock.advance(CLIENT.backoffBaseMs);
  assert.deepEqual(await server.take(), [ASKED]);
  await server.send({ type: 'unsend', id: 'i1', outcomes: ['unknown'] });
  assert.deepEqual(await Promise.all(both), ['unsent', 'unsent']);
  assert.deepEqual(await server.take(), []);
  assert.equal(client.queued, 0);
});

test('too late: the message is stored or delivered, and goes on as such', async () => {
  for (const [outcome, expected] of [
    ['pushed', ['m1 queued', 'm1 stored']],
    ['full', ['m1 queued', 'm1 stored']],
    ['delivered', ['m1 queued', 'm1 stored', 'm1 delivered']],
    ['purged', ['m1 queued', 'm1 failed purged']],
  ] as const) {
    events = [];
    server = new ScriptedServer(clock);
    const client = await open();
    client.send('bob', '1', { id: 'm1' });
    await server.take();
    const unsent = client.unsend(BOB1);
    await server.take();
    await server.send({ type: 'unsend', id: 'i1', outcomes: [outcome] });
    assert.equal(await unsent, outcome);
    assert.deepEqual(states(), expected);
    assert.equal(client.queued, 0);
  }
});

test('a message that another process has sent is asked about; an unknown one is unknown', async () => {
  const client = await open();
  const unsent = client.unsend(BOB1);
  assert.deepEqual(await server.take(), [ASKED]);
  await server.send({ type: 'unsend', id: 'i1', outcomes: ['unknown'] });
  assert.equal(await unsent, 'unknown');
  assert.deepEqual(states(), []);
});

test('a refused request changes nothing; one without an answer, of an older server, neither', async () => {
  const client = await open();
  client.send('bob', '1', { id: 'm1' });
  await server.take();
  const refused = assert.rejects(client.unsend(BOB1), SendRefused);
  await server.take();
  await server.send({ ...errorFrame('unavailable', { id: 'i1', to: 'bob' }) });
  await refused;
  const unanswered = assert.rejects(client.unsend(BOB1), UnsendUnanswered);
  await server.take();
  await server.cut();
  await clock.advance(CLIENT.backoffBaseMs);
  assert.deepEqual(await server.take(), [{ ...ASKED, id: 'i2' }]);
  await clock.advance(CLIENT.requestTimeoutMs);
  await unanswered;
  assert.deepEqual(await server.take(), [MESSAGE]);
  assert.deepEqual(states(), ['m1 queued']);
});

test('the end of the client ends the request', async () => {
  const client = await open();
  const unsent = assert.rejects(client.unsend(BOB1), ClientEnded);
  await closed(client);
  await unsent;
  await assert.rejects(client.unsend(BOB1), ClientEnded);
});

test('with a state folder: what was unsent is not sent by the next process; what may have been sent by this one is asked about', async () => {
  const disk = new MemoryDisk();
  server.net.listen(undefined);
  const first = await open(disk.files);
  const queued = ['m1', 'm2'].map((id) => first.send('bob', id, { id }).queued);
  await clock.settle();
  await Promise.all(queued);
  const taken = first.unsend(BOB1);
  await clock.settle();
  assert.equal(await taken, 'unsent');
  await closed(first);
  server.listen();
  const client = await open(disk.files);
  const unsent = client.unsend({ to: 'bob', id: 'm2' });
  await clock.settle();
  const frames = await server.take();
  assert.deepEqual(
    frames.map((frame) => [frame.type, ...('ids' in frame ? frame.ids : 'id' in frame ? [frame.id] : [])]),
    [
      ['message', 'm2'],
      ['unsend', 'm2'],
    ],
  );
  const [request] = frames.flatMap((frame) => (frame.type === 'unsend' ? [frame.id] : []));
  await server.send({ type: 'unsend', id: request ?? '', outcomes: ['unknown'] });
  await clock.settle();
  assert.equal(await unsent, 'unsent');
  assert.equal(client.queued, 0);
  await closed(client);
});
