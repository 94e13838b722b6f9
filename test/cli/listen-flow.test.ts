import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exit } from '../../src/cli/exit-codes.js';
import { Failure } from '../../src/cli/failure.js';
import { listen } from '../../src/cli/listen-flow.js';
import type { IncomingMessage } from '../../src/client/events.js';
import { deferred } from '../harness/deferred.js';
import { createFakeClock } from '../harness/fake-clock.js';
import { FakeClient } from './fake-client.js';

interface Options {
  readonly count?: number;
  readonly timeoutMs?: number;
  readonly show?: (message: IncomingMessage) => Promise<boolean>;
}

function listening({ count, timeoutMs, show = async () => true }: Options) {
  const client = new FakeClient();
  const clock = createFakeClock();
  const signal = deferred<Exit>();
  let hand: (message: IncomingMessage) => Promise<void> = async () => {};
  const exit = listen({ user: 'bob', show, count, timeoutMs, clock, signal: signal.promise }, (onMessage) => {
    hand = onMessage;
    return client;
  });
  const push = (seq: number): Promise<void> =>
    hand({ epoch: 'e', seq, id: `x${seq}`, from: 'alice', body: 'hello', at: 0, attempt: 1 });
  return { client, clock, signal, exit, push };
}

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

test('time is up: a failure only when a count was asked for', async () => {
  const without = listening({ timeoutMs: 1_000 });
  await without.clock.advance(1_000);
  assert.equal(await without.exit, 'done');
  const short = listening({ timeoutMs: 1_000, count: 2 });
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
