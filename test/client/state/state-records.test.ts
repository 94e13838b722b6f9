/** The state folder of a client: what survives its death, damage and a full disk, and the takeover by a newer client. */
import assert from 'node:assert/strict';
import { appendFile, cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import {
  type Client,
  type ClientEvent,
  type ClientOptions,
  connect,
  type IncomingMessage,
} from '../../../src/client/api/client.js';
import { CLIENT } from '../../../src/client/limits.js';
import { writeJsonFile } from '../../../src/disk/json-file.js';
import { type Files, realFiles } from '../../../src/io/files.js';
import { errorFrame } from '../../../src/protocol/error-frames.js';
import { createFakeClock, type FakeClock } from '../../harness/fake-clock.js';
import { fastTmpdir } from '../../harness/fast-disk.js';
import { memoryLock } from '../../harness/memory-lock.js';
import { ProcessFiles } from '../../harness/process-files.js';
import { push, ScriptedServer, WELCOME } from '../scripted-server.js';

/** The folders are copied, which a socket in them would prevent. */
const lockedByPath: Files = { ...realFiles, ...memoryLock() };
/** The files of all clients. */
const disk = new ProcessFiles();

let clock: FakeClock;
let server: ScriptedServer;
let folder: string;
let copies: number;
let shown: string[];
let clients: Client[];

beforeEach(async () => {
  clock = createFakeClock();
  server = new ScriptedServer(clock);
  folder = await mkdtemp(join(fastTmpdir(), 'im-client-'));
  copies = 0;
  shown = [];
  clients = [];
});

afterEach(async () => {
  for (const client of clients) {
    let isClosed = false;
    client.close().then(() => {
      isClosed = true;
    });
    const pass = async (): Promise<boolean> => {
      await clock.advance(CLIENT.lockRetryMs);
      return isClosed;
    };
    await clock.until(pass, 'the client is closed');
  }
  await rm(folder, { recursive: true });
});

function start(options: Partial<ClientOptions> & { files?: Files; ids?: string } = {}): {
  client: Client;
  events: ClientEvent[];
} {
  const { files = disk.with(lockedByPath), ids = 'i', ...rest } = options;
  let count = 0;
  const client = connect(
    {
      url: 'ws://memory',
      user: 'alice',
      token: 't',
      stateFolder: join(folder, 'state'),
      onMessage: ({ body }) => {
        shown.push(body);
      },
      ...rest,
    },
    { dial: server.net.dial, clock, files, random: () => 0.5, newId: () => `${ids}${++count}` },
  );
  const events: ClientEvent[] = [];
  client.subscribe((event) => events.push(event));
  clients.push(client);
  return { client, events };
}

/** Copies the folder as a kill at this moment would leave it, for the next client. */
async function kill(): Promise<string> {
  const copy = join(folder, `copy-${++copies}`);
  await cp(join(folder, 'state'), copy, { recursive: true });
  server.net.cable.cut();
  return copy;
}

/** Whether the journal of the first client contains this text. */
async function isWritten(text: string): Promise<boolean> {
  return (await readFile(await journalOf(join(folder, 'state')), 'utf8')).includes(text);
}

/** A client that is logged in and holds the state folder. */
async function startHolding(options: Parameters<typeof start>[0] = {}): Promise<ReturnType<typeof start>> {
  const started = start({ ids: 'a', ...options });
  await resolved(started.client.send('bob', 'first').queued, 'queued');
  await clock.until(() => server.received === 1, 'it is sent');
  await server.take();
  return started;
}

/** The journal of a state folder. */
async function journalOf(stateFolder: string): Promise<string> {
  const names = (await readdir(join(stateFolder, 'journal'))).filter((name) => name.endsWith('.ndjson'));
  assert.equal(names.length, 1, `one segment: ${names}`);
  return join(stateFolder, 'journal', names[0] ?? '');
}

async function resolved(promise: Promise<unknown>, what: string): Promise<void> {
  let isDone = false;
  promise.then(() => {
    isDone = true;
  });
  await clock.until(() => isDone, what);
}

test('a message that is sent again after a kill is about the same message as before', async () => {
  server.welcome = undefined; // not logged in yet
  const { client } = start();
  const first = client.send('bob', 'hi', { re: '"q1' });
  await resolved(first.queued, 'queued');
  await resolved(client.send('bob', 'ho', { re: 'q2' }).queued, 'queued');
  const stateFolder = await kill();
  server.welcome = WELCOME;
  start({ stateFolder });
  await clock.until(() => server.received > 1, 'they are sent again');
  const sent = await server.take();
  assert.deepEqual(
    sent.map((frame) => 're' in frame && frame.re),
    ['"q1', 'q2'],
  );
});

test('a message is queued when it is on disk; after a kill it is sent again with its id (R14)', async () => {
  server.welcome = undefined; // not logged in yet
  const { client } = start();
  const message = client.send('bob', 'hi');
  await resolved(message.queued, 'queued');
  const stateFolder = await kill();
  server.welcome = WELCOME;
  start({ stateFolder });
  await clock.until(() => server.received > 0, 'it is sent again');
  assert.deepEqual(await server.take(), [{ type: 'message', id: 'i1', to: 'bob', body: 'hi' }]);
});

test('after a restart the status of stored messages is requested, not of delivered ones, and a refused one is not sent again', async () => {
  const { client } = start();
  for (const body of ['1', '2', '3']) client.send('bob', body);
  await clock.until(() => server.received === 3, 'all three are sent');
  await server.take();
  const error = { type: 'error', code: 'unknown-user', message: 'no', retry: false, id: 'i3', to: 'bob' } as const;
  await server.send({ type: 'stored', ids: ['i1', 'i2'] }, { type: 'delivered', to: 'bob', ids: ['i1'] }, error);
  await clock.until(() => client.queued === 0, 'all are answered');
  await resolved(client.close(), 'closed');
  start();
  await clock.until(() => server.received > 0, 'it asks');
  assert.deepEqual(await server.take(), [{ type: 'status', to: 'bob', ids: ['i2'] }]);
});

test('purged messages are remembered over restarts, until they are restored', async () => {
  const first = start();
  for (const body of ['1', '2']) first.client.send('bob', body);
  await clock.until(() => server.received === 2, 'both are sent');
  const purged = (id: string) => errorFrame('purged', { id, to: 'bob' });
  await server.send({ type: 'stored', ids: ['i1', 'i2'] }, purged('i1'), purged('i2'));
  const states = (events: readonly ClientEvent[]): string[] =>
    events.flatMap((event) => (event.type === 'state' ? [`${event.id} ${event.state}`] : []));
  await clock.until(() => states(first.events).includes('i2 failed'), 'they have failed');
  await resolved(first.client.close(), 'closed');
  await server.take();
  const second = start();
  await clock.until(() => server.received > 0, 'it asks');
  assert.deepEqual(await server.take(), [{ type: 'status', to: 'bob', ids: ['i1', 'i2'] }]);
  await server.send({ type: 'stored', ids: ['i1'], to: 'bob' }, purged('i2'));
  await clock.until(() => states(second.events).includes('i1 stored'), 'one is restored');
  assert.deepEqual(states(second.events), ['i1 stored'], 'nothing new about the other one');
  await resolved(second.client.close(), 'closed');
  start();
  await clock.until(() => server.received > 0, 'it asks');
  assert.deepEqual(await server.take(), [
    { type: 'status', to: 'bob', ids: ['i1'] },
    { type: 'status', to: 'bob', ids: ['i2'] },
  ]);
});

test('a message of an earlier process that is too large for this server fails for good, and the next one is sent', async () => {
  server.net.listen(undefined);
  const first = start({ ids: 'a' });
  await resolved(first.client.send('bob', 'x'.repeat(1_001)).queued, 'queued');
  const second = first.client.send('bob', 'hi');
  await resolved(second.queued, 'queued');
  await resolved(first.client.close(), 'closed');
  server.welcome = { ...WELCOME, maxBodyBytes: 1_000 };
  server.listen();
  const { events } = start({ ids: 'b' });
  const failed = () => events.filter((event) => event.type === 'state' && event.state === 'failed');
  await clock.until(() => failed().length > 0 && server.received > 0, 'one has failed and one is sent');
  assert.deepEqual(failed()[0], { ...failed()[0], id: 'a1', to: 'bob' });
  assert.deepEqual(await server.take(), [{ type: 'message', id: second.id, to: 'bob', body: 'hi' }]);
  const stateFolder = await kill();
  server.welcome = WELCOME;
  const third = start({ ids: 'c', stateFolder });
  await clock.until(() => server.received > 0, 'it is sent again');
  assert.deepEqual(
    (await server.take()).map((frame) => 'id' in frame && frame.id),
    [second.id],
    'the failed one is not sent again, not even to a server that takes it',
  );
  assert.equal(third.client.queued, 1);
});

test('a message from before the state folder is open and the server is known is queued, and then fails as too large', async () => {
  server.welcome = { ...WELCOME, maxBodyBytes: 1_000 };
  const { client, events } = start();
  client.send('bob', 'x'.repeat(1_001));
  client.send('bob', 'hi');
  const states = () => events.flatMap((event) => (event.type === 'state' ? [`${event.id} ${event.state}`] : []));
  await clock.until(() => states().includes('i1 failed') && server.received > 0, 'one has failed and one is sent');
  assert.deepEqual(
    states().filter((state) => state.startsWith('i1')),
    ['i1 queued', 'i1 failed'],
  );
  assert.deepEqual(await server.take(), [{ type: 'message', id: 'i2', to: 'bob', body: 'hi' }]);
});

test('messages of an earlier process are sent before those of this one (R16)', async () => {
  server.net.listen(undefined);
  const first = start({ ids: 'a' });
  await resolved(first.client.send('bob', 'first').queued, 'queued');
  await resolved(first.client.close(), 'closed');
  server.listen();
  start({ ids: 'b' }).client.send('bob', 'second');
  await clock.until(() => server.received === 2, 'both are sent');
  assert.deepEqual(
    (await server.take()).map((frame) => 'id' in frame && frame.id),
    ['a1', 'b1'],
  );
});

test('a message of an earlier process that is sent again with its id is sent once, and its promises settle', async () => {
  server.net.listen(undefined);
  const first = start();
  await resolved(first.client.send('bob', 'answer to 7', { id: 're-7' }).queued, 'queued');
  await resolved(first.client.close(), 'closed');
  server.listen();
  const { client } = start();
  const again = client.send('bob', 'answer to 7', { id: 're-7' });
  await resolved(again.queued, 'queued');
  await clock.until(() => server.received > 0, 'it is sent');
  assert.equal((await server.take()).length, 1);
  await server.send({ type: 'stored', ids: ['re-7'] });
  await again.stored;
});

test('killed after a message is durable and before it is shown: the next client shows it, also without a server (R15)', async () => {
  await startHolding({ onMessage: () => new Promise(() => undefined) });
  server.sendNow(push(1), push(2));
  await clock.until(() => isWritten('text 2'), 'both are durable');
  const stateFolder = await kill();
  server.net.listen(undefined);
  start({ stateFolder });
  await clock.until(() => shown.length === 2, 'both are shown');
  assert.deepEqual(shown, ['text 1', 'text 2']);
});

test('killed after a message is shown and before it is acked: it is pushed again, acked, and not shown again (R12, R15)', async () => {
  await startHolding();
  server.net.cable.lose('client');
  server.sendNow(push(1), push(2));
  await clock.until(() => isWritten('"type":"shown","epoch":"e1","seq":2'), 'both are recorded as shown');
  const stateFolder = await kill();
  start({ stateFolder });
  await clock.until(() => server.logins === 2, 'logged in again');
  await clock.settle();
  server.sendNow(push(1, { attempt: 2 }), push(2, { attempt: 2 }), push(3));
  await clock.until(() => shown.length === 3, 'the third is shown');
  assert.deepEqual((await server.take()).at(-1), { type: 'ack', seq: 3 });
  assert.deepEqual(shown, ['text 1', 'text 2', 'text 3']);
});

test('a handler that fails on a message gets it again, with the next attempt number; the messages behind it have none', async () => {
  const attempts: string[] = [];
  let isFailing = true;
  const onMessage = ({ id, attempt }: IncomingMessage): void => {
    attempts.push(`${id}:${attempt}`);
    if (isFailing) throw new Error('cannot handle this');
  };
  const first = start({ onMessage });
  await clock.until(() => server.logins === 1, 'logged in');
  server.sendNow(push(1), push(2));
  await resolved(first.client.ended, 'the first process ended');
  for (let process = 2; process <= 3; process++) {
    await resolved(start({ onMessage }).client.ended, `process ${process} ended`);
  }
  isFailing = false;
  start({ onMessage });
  await clock.until(() => attempts.length === 5, 'both are handled');
  assert.deepEqual(attempts, ['m1:1', 'm1:2', 'm1:3', 'm1:4', 'm2:1']);
});

test('a login has the newest message that the client has, also after a restart', async () => {
  await startHolding();
  assert.equal(server.lastLogin?.last, undefined);
  server.sendNow(push(1), push(2));
  await clock.until(() => isWritten('"type":"shown","epoch":"e1","seq":2'), 'both are recorded as shown');
  const stateFolder = await kill();
  const last = { epoch: 'e1', seq: 2, from: 'bob', id: 'm2' };
  await clock.advance(CLIENT.backoffBaseMs);
  await clock.until(() => server.logins === 2, 'connected again');
  assert.deepEqual(server.lastLogin?.last, last);
  start({ stateFolder });
  await clock.until(() => server.logins === 3, 'the next process is logged in');
  assert.deepEqual(server.lastLogin?.last, last);
});

test('a server with another epoch is reported, and what it pushes again is acked and not shown again', async () => {
  await startHolding();
  server.sendNow(push(1), push(2));
  await clock.until(() => isWritten('"type":"shown","epoch":"e1","seq":2'), 'both are recorded as shown');
  const stateFolder = await kill();
  server.welcome = { ...WELCOME, epoch: 'e2' };
  const { events } = start({ stateFolder });
  await clock.until(() => events.some(({ type }) => type === 'online'), 'online');
  assert.deepEqual(
    events.filter(({ type }) => type === 'new-epoch'),
    [{ type: 'new-epoch', epoch: 'e2', previous: 'e1' }],
  );
  await server.take();
  server.sendNow(push(1, { id: 'm2', body: 'text 2' }), push(2, { id: 'm9', body: 'a new one' }));
  await clock.until(() => shown.length === 3, 'the new one is shown');
  assert.deepEqual(shown, ['text 1', 'text 2', 'a new one']);
  await clock.settle();
  assert.deepEqual((await server.take()).at(-1), { type: 'ack', seq: 2 });
});

test('the journal stays bounded: settled messages are dropped from it', async () => {
  const { client } = start();
  const body = 'x'.repeat(60_000);
  const rounds = Math.ceil((CLIENT.rewriteBytes * 2.5) / body.length / 50);
  server.onFrame = (frame) => {
    if (frame.type !== 'message') return;
    server.sendNow({ type: 'stored', ids: [frame.id] }, { type: 'delivered', to: frame.to, ids: [frame.id] });
  };
  for (let round = 0; round < rounds; round++) {
    for (let count = 0; count < 50; count++) client.send('bob', body);
    await clock.until(() => client.queued === 0, 'all are stored');
  }
  await resolved(client.close(), 'closed');
  const { size } = await stat(await journalOf(join(folder, 'state')));
  assert.ok(size < CLIENT.rewriteBytes * 1.5, `the journal has ${size} bytes`);
  const next = start();
  await clock.until(() => server.logins === 2, 'the folder is read');
  await clock.settle();
  assert.equal(next.client.queued, 0);
});

test('a torn tail is cut off, after a copy is made (R19)', async () => {
  const first = start();
  await resolved(first.client.send('bob', 'hi').queued, 'queued');
  await resolved(first.client.close(), 'closed');
  await appendFile(await journalOf(join(folder, 'state')), '{"lsn":99,"type":"qu');
  const { client } = start();
  await clock.until(() => client.queued === 1, 'the folder is read');
  assert.ok((await readdir(join(folder, 'state', 'journal'))).some((name) => name.includes('.broken-')));
});

test('a damaged folder ends the client with the reason, and is not changed (R19)', async () => {
  const first = start();
  await resolved(first.client.send('bob', 'hi').queued, 'queued');
  await resolved(first.client.close(), 'closed');
  const path = await journalOf(join(folder, 'state'));
  const damaged = (await readFile(path, 'utf8')).replace('"hi"', '"ho"');
  await writeFile(path, damaged);
  const { client } = start();
  await resolved(client.ended, 'ended');
  const { reason, cause } = await client.ended;
  assert.equal(reason, 'failed');
  assert.match(String(cause), /000001\.ndjson is damaged at byte/);
  assert.equal(await readFile(path, 'utf8'), damaged);
});

test('the state folder of another user ends the client', async () => {
  const first = start();
  await resolved(first.client.send('bob', 'hi').queued, 'queued');
  await resolved(first.client.close(), 'closed');
  const { client } = start({ user: 'mallory' });
  await resolved(client.ended, 'ended');
  assert.match(String((await client.ended).cause), /belongs to the user alice, not mallory/);
});

test('a full disk rejects the message, and the client goes on', async () => {
  let isFull = false;
  const files: Files = {
    ...lockedByPath,
    append: async (path, options) => {
      const file = await lockedByPath.append(path, options);
      const write = async (bytes: Uint8Array): Promise<number> => {
        if (isFull) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
        return file.write(bytes);
      };
      return { ...file, write };
    },
  };
  const { client } = start({ files });
  await resolved(client.send('bob', '1').queued, 'queued');
  isFull = true;
  const rejected = client.send('bob', '2');
  let error: unknown;
  rejected.queued.catch((reason: unknown) => {
    error = reason;
  });
  await clock.until(() => error !== undefined, 'it is rejected');
  assert.match(String(error), /the disk is full/);
  await clock.until(() => server.received === 1, 'the first is sent');
  await server.send({ type: 'stored', ids: ['i1'] });
  assert.equal(client.queued, 0, 'an answer that cannot be saved can be requested again');
  isFull = false;
  await clock.advance(2_000);
  await resolved(client.send('bob', '3').queued, 'queued');
  await clock.until(() => server.received === 2, 'the others are sent');
  assert.deepEqual(
    (await server.take()).map((frame) => 'body' in frame && frame.body),
    ['1', '3'],
  );
});

test('a failure is reported when it is on disk: a message that was reported as failed is never sent again', async () => {
  let release = (): void => undefined;
  let isStuck = false;
  const files: Files = {
    ...lockedByPath,
    append: async (path, options) => {
      const file = await lockedByPath.append(path, options);
      const datasync = async (): Promise<void> => {
        if (isStuck) await new Promise<void>((resolve) => (release = resolve));
        return file.datasync();
      };
      return { ...file, datasync };
    },
  };
  const { events } = await startHolding({ files });
  const failed = () => events.some((event) => event.type === 'state' && event.state === 'failed');
  isStuck = true;
  await server.send({ type: 'error', code: 'unknown-user', message: 'no', retry: false, id: 'a1', to: 'bob' });
  await clock.until(() => isWritten('"type":"failed"'), 'it is written, and not yet synced');
  assert.equal(failed(), false);
  isStuck = false;
  release();
  await clock.until(failed, 'it is reported');
});

test('a client that is replaced while it shows a message finishes first: the newer one does not show it again', async () => {
  let finish = (): void => undefined;
  const older = await startHolding({
    onMessage: ({ body }) => {
      shown.push(body);
      return new Promise((resolve) => (finish = resolve));
    },
  });
  server.sendNow(push(1));
  await clock.until(() => shown.length === 1, 'the older one is showing');
  server.onLogin = () => server.transports[0]?.close(4501, 'replaced');
  const newer = start({ ids: 'b' });
  await clock.until(() => newer.events.some(({ type }) => type === 'locked'), 'the newer one finds the folder locked');
  await clock.settle();
  assert.equal(server.logins, 2);
  server.sendNow(push(1, { attempt: 2 }), push(2));
  await clock.advance(CLIENT.finishShowingMs - 1);
  assert.ok(!newer.events.some(({ type }) => type === 'opened'), 'the older one still holds the folder');
  finish();
  await resolved(older.client.ended, 'the older one has ended');
  await passes(() => shown.length === 2, 'the newer shows');
  assert.deepEqual(shown, ['text 1', 'text 2']);
});

test('a newer client takes over: the older one releases the folder when it is replaced, and nothing is shown twice (R6, R15)', async () => {
  const older = await startHolding();
  server.sendNow(push(1));
  await clock.until(() => shown.length === 1, 'the older shows');
  await server.take();

  server.welcome = { ...WELCOME, delivered: 0, pending: 2 };
  server.onLogin = () => server.transports[0]?.close(4501, 'replaced');
  server.net.listen(undefined);
  const newer = start({ ids: 'b' });
  newer.client.send('bob', 'early');
  await clock.until(() => newer.events.some(({ type }) => type === 'locked'), 'the newer one finds the folder locked');
  server.listen();
  await clock.advance(CLIENT.backoffBaseMs);
  assert.equal(server.logins, 2);
  server.sendNow(push(1, { attempt: 2 }), push(2));
  await resolved(older.client.ended, 'the older one has ended');
  assert.equal((await older.client.ended).reason, 'replaced');
  await passes(() => shown.length === 2, 'the newer shows');
  await clock.until(() => server.received >= 3, 'the newer sends');
  assert.deepEqual(shown, ['text 1', 'text 2']);
  assert.deepEqual(
    (await server.take()).flatMap((frame) => ('id' in frame ? [frame.id] : [])),
    ['a1', 'b1'],
  );
  const locked = newer.events.find((event) => event.type === 'locked');
  assert.match(locked?.holder ?? '', /^process \d+$/);
});

test('a folder that is not released in time ends the newer client with `locked`, naming the holder', async () => {
  await startHolding();
  const newer = start({ mode: 'send' }); // does not replace the older session
  await clock.until(() => server.logins === 2, 'the newer is logged in');
  await clock.settle();
  const early = newer.client.send('bob', 'hi');
  for (let waited = 0; waited <= CLIENT.takeoverMs; waited += CLIENT.lockRetryMs) {
    await clock.advance(CLIENT.lockRetryMs);
    for (let turn = 0; turn < 20; turn++) await clock.settle();
  }
  await resolved(newer.client.ended, 'the newer has ended');
  const { reason, cause } = await newer.client.ended;
  assert.equal(reason, 'locked');
  assert.match(String(cause), /is held by process \d+/);
  await assert.rejects(early.queued, /the client has ended: locked/);
});

test('offline and locked: an event names the holder, and both clients keep trying', async () => {
  await startHolding();
  server.net.listen(undefined);
  const newer = start();
  await clock.until(() => newer.events.some(({ type }) => type === 'locked'), 'it is reported');
  await clock.until(() => newer.events.some(({ type }) => type === 'offline'), 'it is offline');
  assert.ok(!newer.events.some(({ type }) => type === 'ended'));
});

/** Advances the clock step by step, waiting for the disk in between, until the condition holds. */
async function passes(done: () => boolean | Promise<boolean>, what: string): Promise<void> {
  await clock.until(async () => {
    await clock.advance(CLIENT.lockRetryMs);
    // The disk may be slow: no step before everything from the last one is done.
    for (let step = 0; step < 3; step++) {
      await clock.settle();
      await disk.idle();
    }
    return await done();
  }, what);
}

const has = (events: readonly ClientEvent[], type: ClientEvent['type']): boolean =>
  events.some((event) => event.type === type);

for (const [where, isReachable] of [
  ['logged in', true],
  ['offline, too,', false],
] as const) {
  test(`an offline client gives way to a newer one that is ${where} and takes over its queue (R6)`, async () => {
    const older = start({ ids: 'a' });
    await clock.until(() => has(older.events, 'online'), 'the older is online');
    server.net.listen(undefined);
    server.net.cable.cut();
    await clock.until(() => has(older.events, 'offline'), 'the older is offline');
    await resolved(older.client.send('bob', 'first').queued, 'queued');
    // The next attempt is far away after some failed ones.
    await clock.advance(20 * CLIENT.backoffBaseMs);
    if (isReachable) server.listen();
    const newer = start({ ids: 'b' });
    let end: string | undefined;
    older.client.ended.then(({ reason }) => {
      end = reason;
    });
    await passes(() => end !== undefined && has(newer.events, 'opened'), 'the folder changes hands');
    assert.equal(end, 'replaced');
    assert.ok(!has(newer.events, 'ended'));
    assert.equal(newer.client.queued, 1);
    assert.deepEqual(
      (await readdir(join(folder, 'state'))).filter((name) => name.startsWith('wanted')),
      [],
    );
  });
}

test('the takeover request of a dead process is removed and ignored', async () => {
  server.net.listen(undefined);
  const { events } = start();
  await clock.until(() => has(events, 'opened'), 'it has the folder');
  const file = { files: realFiles, path: join(folder, 'state', 'wanted-by-1'), format: 1 };
  await writeJsonFile(file, { pid: 1, started: 'long ago', boot: 'another' });
  const isGone = async (): Promise<boolean> => !(await readdir(join(folder, 'state'))).includes('wanted-by-1');
  await passes(isGone, 'the request is removed');
  assert.ok(!has(events, 'ended'));
});

test('a state folder is one outbox, however often it is opened; without one, each client is', async () => {
  const outboxes: (string | undefined)[] = [];
  server.onLogin = ({ outbox }) => void outboxes.push(outbox);
  server.listen();
  const options = { url: 'ws://memory', user: 'alice', token: 't', mode: 'send' } as const;
  for (const [index, stateFolder] of [folder, folder, undefined, undefined].entries()) {
    const ports = { dial: server.net.dial, clock, files: disk.with(lockedByPath), random: () => 0.5 };
    const client = connect(
      { ...options, ...(stateFolder && { stateFolder }) },
      { ...ports, newId: () => `id-${index}` },
    );
    await clock.until(() => outboxes.length === index + 1, 'the login');
    await resolved(client.close(), 'closed');
  }
  const [first, second, third, fourth] = outboxes;
  assert.ok(first !== undefined && third !== undefined && fourth !== undefined);
  assert.equal(first, second);
  assert.equal(new Set(outboxes).size, 3);
});
