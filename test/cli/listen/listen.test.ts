import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exit } from '../../../src/cli/errors/exit-codes.js';
import { Failure } from '../../../src/cli/errors/failure.js';
import { listen } from '../../../src/cli/listen/listen.js';
import type { UnmatchedMessages } from '../../../src/cli/listen/unmatched-messages.js';
import type { ClientEvent, IncomingMessage } from '../../../src/client/events.js';
import { deferred } from '../../harness/deferred.js';
import { createFakeClock } from '../../harness/fake-clock.js';
import { FakeClient } from '../fake-client.js';
import { createFakeOutput } from '../fake-output.js';

interface Options {
  readonly from?: readonly string[];
  readonly count?: number;
  readonly timeoutMs?: number;
  readonly show?: (message: IncomingMessage) => Promise<boolean>;
}

function listening({ from, count, timeoutMs, show = async () => true }: Options) {
  const client = new FakeClient();
  const clock = createFakeClock();
  const output = createFakeOutput();
  const signal = deferred<Exit>();
  const kept: number[] = [];
  const aside: UnmatchedMessages = {
    async keep({ seq }) {
      const isNew = !kept.includes(seq);
      kept.push(seq);
      return isNew;
    },
    async close() {},
  };
  const only = from && { from, aside };
  let hand: (message: IncomingMessage) => Promise<void> = async () => {};
  const ports = { output, clock, signal: signal.promise };
  const exit = listen({ user: 'bob', show, only, count, timeoutMs }, ports, (onMessage) => {
    hand = onMessage;
    return client;
  });
  const push = (seq: number, from = 'alice'): Promise<void> =>
    hand({ epoch: 'e', seq, id: `x${seq}`, from, body: 'hello', at: 0, attempt: 1 });
  return { client, clock, signal, exit, push, kept, notes: output.notes };
}

const ONLINE: ClientEvent = {
  type: 'online',
  welcome: {
    type: 'welcome',
    v: 1,
    user: 'bob',
    session: 's',
    epoch: 'e',
    delivered: 0,
    pending: 0,
    heartbeatMs: 1,
    idleMs: 1,
    window: 1,
    maxBodyBytes: 1,
    at: 0,
  },
};
const OFFLINE: ClientEvent = { type: 'offline', reason: 'lost', code: 1006, detail: 'refused', retryInMs: 1_000 };

const fails = (exit: Exit, what: RegExp) => (error: unknown) =>
  error instanceof Failure && error.exit === exit && what.test(error.message);

test('it ends with 0 after --count messages, and begins no further one', async () => {
  const { client, exit, push } = listening({ count: 2 });
  await push(1);
  assert.equal(client.isClosed, false);
  await push(2);
  assert.equal(client.isClosed, true, 'closed before the client can begin the next');
  assert.equal(await exit, 'done');
});

test('what an earlier process has shown does not count', async () => {
  const { client, exit, push } = listening({ count: 1, show: async ({ seq }) => seq > 1 });
  await push(1);
  assert.equal(client.isClosed, false);
  await push(2);
  assert.equal(await exit, 'done');
});

test('what others send than those who are listened to is kept, acked and not counted', async () => {
  const shown: number[] = [];
  const show = async ({ seq }: IncomingMessage) => shown.push(seq) > 0;
  const { exit, push, kept, notes } = listening({ from: ['alice', 'carol'], count: 2, show });
  await push(1, 'alice');
  await push(2, 'mallory');
  await push(2, 'mallory');
  await push(3, 'carol');
  assert.equal(await exit, 'done');
  assert.deepEqual(
    [shown, kept],
    [
      [1, 3],
      [2, 2],
    ],
  );
  assert.deepEqual(notes, ['1 from others kept, unread: im connect bob shows them']);
});

test('what cannot be kept is not acked', async () => {
  const client = new FakeClient();
  const output = createFakeOutput();
  const full = new Error('disk full');
  const aside: UnmatchedMessages = { keep: () => Promise.reject(full), close: async () => {} };
  const only = { from: ['alice'], aside };
  let hand: (message: IncomingMessage) => Promise<void> = async () => {};
  const ports = { output, clock: createFakeClock(), signal: new Promise<Exit>(() => {}) };
  const exit = listen({ user: 'bob', show: async () => true, only }, ports, (onMessage) => {
    hand = onMessage;
    return client;
  });
  await assert.rejects(hand({ epoch: 'e', seq: 1, id: 'x', from: 'mallory', body: 'hello', at: 0, attempt: 1 }), full);
  client.end({ reason: 'failed', cause: full });
  await assert.rejects(exit, fails('data-unusable', /bob/));
});

test('that the connection is gone is said once, and that it is back', async () => {
  const { client, signal, exit, notes } = listening({});
  client.emit(ONLINE);
  client.emit(OFFLINE);
  client.emit(OFFLINE);
  client.emit(ONLINE);
  signal.resolve('terminated');
  await exit;
  assert.deepEqual(notes, ['offline: refused; next attempt in 1s', 'online as bob']);
});

test('time is up: a failure when the server was not reached', async () => {
  const { client, clock, exit } = listening({ timeoutMs: 1_000 });
  client.emit(OFFLINE);
  const rejected = assert.rejects(exit, fails('not-stored', /the server was not reached within 1s/));
  await clock.advance(1_000);
  await rejected;
});

test('time is up: a failure when a count was asked for, and not otherwise', async () => {
  const without = listening({ timeoutMs: 1_000 });
  without.client.emit(ONLINE);
  await without.clock.advance(1_000);
  assert.equal(await without.exit, 'done');
  const short = listening({ timeoutMs: 1_000, count: 2 });
  short.client.emit(ONLINE);
  await short.push(1);
  const rejected = assert.rejects(short.exit, fails('not-stored', /1 of 2 messages came within 1s/));
  await short.clock.advance(1_000);
  await rejected;
});

test('a signal ends it with its own exit code', async () => {
  const { client, signal, exit } = listening({});
  signal.resolve('terminated');
  assert.equal(await exit, 'terminated');
  assert.equal(client.isClosed, true);
});

test('what showing a message throws is what it fails with', async () => {
  const failure = new Failure('unexpected', 'the command ended with 3');
  const { client, exit, push } = listening({
    show: async () => {
      throw failure;
    },
  });
  await assert.rejects(push(1));
  client.end({ reason: 'failed', cause: failure });
  await assert.rejects(exit, failure);
});

test('a newer login ends it', async () => {
  const { client, exit } = listening({});
  client.end({ reason: 'replaced', code: 4501 });
  await assert.rejects(exit, fails('replaced', /bob/));
});
