import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exit } from '../../../src/cli/errors/exit-codes.js';
import { Failure } from '../../../src/cli/errors/failure.js';
import { type BatchHandler, listen } from '../../../src/cli/listen/listen.js';
import type { UnmatchedMessages } from '../../../src/cli/listen/unmatched-messages.js';
import type { ClientEvent, IncomingMessage } from '../../../src/client/events.js';
import { deferred } from '../../harness/deferred.js';
import { createFakeClock } from '../../harness/fake-clock.js';
import { FakeClient } from '../fake-client.js';
import { createFakeOutput } from '../fake-output.js';

interface Options {
  readonly from?: readonly string[];
  readonly count?: number;
  readonly drain?: boolean;
  readonly timeoutMs?: number;
  readonly show?: (message: IncomingMessage) => Promise<boolean>;
}

function listening({ from, count, drain, timeoutMs, show = async () => true }: Options) {
  const client = new FakeClient();
  const clock = createFakeClock();
  const output = createFakeOutput();
  const signal = deferred<Exit>();
  const kept: number[] = [];
  const unmatched: UnmatchedMessages = {
    async keep({ seq }) {
      const isNew = !kept.includes(seq);
      kept.push(seq);
      return isNew;
    },
    async close() {},
  };
  const only = from && { from, unmatched };
  let handler: BatchHandler = { onMessages: async () => {}, maxBatch: () => 1 };
  const ports = { output, clock, signal: signal.promise };
  const showAll = async (messages: readonly IncomingMessage[]): Promise<number> => {
    let shown = 0;
    for (const message of messages) if (await show(message)) shown += 1;
    return shown;
  };
  const exit = listen(
    { user: 'bob', device: 'listen', show: showAll, only, count, drain, timeoutMs },
    ports,
    (given) => {
      handler = given;
      return client;
    },
  );
  const push = async (seq: number, from = 'alice'): Promise<void> =>
    handler.onMessages([{ epoch: 'e', seq, id: `x${seq}`, from, body: 'hello', at: 0, attempt: 1 }]);
  /** How many messages the client may hand over next. */
  const room = (): number => handler.maxBatch();
  return { room, client, clock, signal, exit, push, kept, notes: output.notes };
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

test('after --count messages it ends with 0 and takes no further message', async () => {
  const { client, exit, push, room } = listening({ count: 2 });
  assert.equal(room(), 2);
  await push(1);
  assert.equal(room(), 1);
  assert.equal(client.isClosed, false);
  await push(2);
  assert.equal(client.isClosed, true, 'closed before the client can begin the next');
  assert.equal(await exit, 'done');
});

test('a message that an earlier process has shown does not count', async () => {
  const { client, exit, push } = listening({ count: 1, show: async ({ seq }) => seq > 1 });
  await push(1);
  assert.equal(client.isClosed, false);
  await push(2);
  assert.equal(await exit, 'done');
});

test('messages of other senders are kept, acked and not counted', async () => {
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
  assert.deepEqual(notes, ['kept 1 unread message from others; to read: im connect bob']);
});

test('a message of another sender that cannot be kept is not acked', async () => {
  const client = new FakeClient();
  const output = createFakeOutput();
  const full = new Error('disk full');
  const unmatched: UnmatchedMessages = { keep: () => Promise.reject(full), close: async () => {} };
  const only = { from: ['alice'], unmatched };
  let deliver: BatchHandler['onMessages'] = async () => {};
  const ports = { output, clock: createFakeClock(), signal: new Promise<Exit>(() => {}) };
  const exit = listen({ user: 'bob', device: 'listen', show: async () => 1, only }, ports, ({ onMessages }) => {
    deliver = onMessages;
    return client;
  });
  const message = { epoch: 'e', seq: 1, id: 'x', from: 'mallory', body: 'hello', at: 0, attempt: 1 };
  await assert.rejects(async () => deliver([message]), full);
  client.end({ reason: 'failed', cause: full });
  await assert.rejects(exit, fails('data-unusable', /bob/));
});

test('a lost connection is reported once, and its return too', async () => {
  const { client, signal, exit, notes } = listening({});
  client.emit(ONLINE);
  client.emit(OFFLINE);
  client.emit(OFFLINE);
  client.emit(ONLINE);
  signal.resolve('terminated');
  await exit;
  assert.deepEqual(notes, ['offline: refused; next attempt in 1s', 'online as bob']);
});

test('a timeout is a failure when the server was not reached', async () => {
  const { client, clock, exit } = listening({ timeoutMs: 1_000 });
  client.emit(OFFLINE);
  const rejected = assert.rejects(exit, fails('not-stored', /the server was not reached within 1s/));
  await clock.advance(1_000);
  await rejected;
});

test('a timeout is a failure when --count is not reached, and not without --count', async () => {
  const without = listening({ timeoutMs: 1_000 });
  without.client.emit(ONLINE);
  await without.clock.advance(1_000);
  assert.equal(await without.exit, 'done');
  const short = listening({ timeoutMs: 1_000, count: 2 });
  short.client.emit(ONLINE);
  await short.push(1);
  const rejected = assert.rejects(short.exit, fails('not-stored', /received 1 of 2 messages within 1s/));
  await short.clock.advance(1_000);
  await rejected;
});

test('with --drain it ends when everything that waited was shown, and --count is only a limit', async () => {
  const { client, exit, push } = listening({ drain: true, count: 3 });
  client.emit(ONLINE);
  await push(1);
  assert.equal(client.isClosed, false);
  client.emit({ type: 'caught-up' });
  assert.equal(await exit, 'done');
  const limited = listening({ drain: true, count: 1 });
  await limited.push(1);
  assert.equal(await limited.exit, 'done');
});

test('a timeout before everything was drained is a failure', async () => {
  const { client, clock, exit, push } = listening({ drain: true, timeoutMs: 1_000 });
  client.emit(ONLINE);
  await push(1);
  const rejected = assert.rejects(exit, fails('not-stored', /received 1 message within 1s, and not all that waited/));
  await clock.advance(1_000);
  await rejected;
});

test('without --drain it goes on when it has caught up', async () => {
  const { client, signal, exit } = listening({});
  client.emit(ONLINE);
  client.emit({ type: 'caught-up' });
  assert.equal(client.isClosed, false);
  signal.resolve('terminated');
  assert.equal(await exit, 'terminated');
});

test('a signal ends it with the exit code of that signal', async () => {
  const { client, signal, exit } = listening({});
  signal.resolve('terminated');
  assert.equal(await exit, 'terminated');
  assert.equal(client.isClosed, true);
});

test('an error of showing a message is the failure it ends with', async () => {
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

test('a newer login ends it with the exit code for that', async () => {
  const { client, exit } = listening({});
  client.end({ reason: 'replaced', code: 4501 });
  await assert.rejects(exit, fails('replaced', /bob/));
});
