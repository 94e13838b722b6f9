import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exit } from '../../src/cli/exit-codes.js';
import { Failure } from '../../src/cli/failure.js';
import type { Item } from '../../src/cli/message-source.js';
import { type SendJob, sendAll } from '../../src/cli/send-flow.js';
import { refuse } from '../../src/protocol/refusal.js';
import { deferred } from '../harness/deferred.js';
import { createFakeClock } from '../harness/fake-clock.js';
import { FakeClient } from './fake-client.js';
import { createFakeOutput } from './fake-output.js';

async function* portions(...bodies: (string | Item)[]): AsyncGenerator<readonly Item[]> {
  yield bodies.map((body, index) => (typeof body === 'string' ? { body, line: index + 1 } : body));
}

/** Starts sending, and waits until the client was given everything. */
async function sending(items: AsyncIterable<readonly Item[]>, more: Partial<SendJob> = {}, json = false) {
  const client = new FakeClient();
  const clock = createFakeClock();
  const output = createFakeOutput(json);
  const signal = deferred<Exit>();
  const job: SendJob = { from: 'alice', to: 'bob', items, isSingle: false, wait: 'stored', timeoutMs: 10_000, ...more };
  const done = sendAll(job, { client, output, clock, signal: signal.promise });
  const settled = { value: false };
  done.then(
    () => (settled.value = true),
    () => (settled.value = true),
  );
  await clock.settle();
  return { client, clock, output, signal, done, settled };
}

const fails = (exit: Exit, what: RegExp) => (error: unknown) =>
  error instanceof Failure && error.exit === exit && what.test([error.message, error.why, error.next].join('\n'));

test('an id is printed when its message is stored, not before', async () => {
  const { client, clock, output, done, settled } = await sending(portions('a', 'b'));
  assert.deepEqual(client.sent, [
    { id: 'id-1', to: 'bob', body: 'a' },
    { id: 'id-2', to: 'bob', body: 'b' },
  ]);
  client.stored(0);
  await clock.settle();
  assert.deepEqual(output.lines, ['id-1']);
  assert.equal(settled.value, false);
  client.stored(1, true);
  await done;
  assert.deepEqual(output.lines, ['id-1', 'id-2']);
  assert.deepEqual(output.notes, []);
});

test('with --json each state is an object', async () => {
  const { client, output, done } = await sending(portions('a', 'b'), { wait: 'delivered' }, true);
  client.stored(0);
  client.stored(1, true);
  client.delivered(0);
  client.delivered(1);
  await done;
  assert.deepEqual(
    output.lines.map((line) => JSON.parse(line)),
    [
      { id: 'id-1', to: 'bob', state: 'stored' },
      { id: 'id-2', to: 'bob', state: 'stored', duplicate: true },
      { id: 'id-1', to: 'bob', state: 'delivered' },
      { id: 'id-2', to: 'bob', state: 'delivered' },
    ],
  );
});

test('not stored in time: it ends at once, and says that the same id is safe', async () => {
  const { client, clock, done, settled } = await sending(portions('a'), { isSingle: true });
  client.tell({ type: 'offline', reason: 'lost', code: 1006, detail: 'connect ECONNREFUSED', retryInMs: 500 });
  await clock.advance(9_999);
  assert.equal(settled.value, false);
  const rejected = assert.rejects(done, fails('not-stored', /within 10s\n.*ECONNREFUSED\n.*--id id-1/));
  await clock.advance(1);
  await rejected;
});

test('a message is overdue for itself: those sent later have time left', async () => {
  const gate = deferred<void>();
  async function* slow(): AsyncGenerator<readonly Item[]> {
    yield [{ body: 'a', line: 1 }];
    await gate.promise;
    yield [{ body: 'b', line: 2 }];
  }
  const { client, clock, done } = await sending(slow());
  await clock.advance(9_000);
  client.stored(0);
  gate.resolve();
  await clock.settle();
  await clock.advance(9_000);
  assert.equal(client.sent.length, 2);
  client.stored(1);
  await done;
});

test('a mailbox that stays full is a refusal, not a lost connection', async () => {
  const { client, clock, done } = await sending(portions('a'), { isSingle: true });
  client.postponed(0, refuse('mailbox-full', { id: 'id-1', to: 'bob' }));
  const rejected = assert.rejects(done, fails('refused', /no room/));
  await clock.advance(10_000);
  await rejected;
});

test('stored and not delivered in time: do not send it again', async () => {
  const { client, clock, output, done } = await sending(portions('a'), { isSingle: true, wait: 'delivered' });
  client.stored(0);
  const rejected = assert.rejects(done, fails('not-delivered', /stored, but.*\n.*\n?.*do not send it again/));
  await clock.advance(10_000);
  await rejected;
  assert.deepEqual(output.lines, ['id-1']);
});

test('what is refused, or cannot be sent, does not stop the rest; the exit code is that of the first', async () => {
  const notUtf8: Item = { problem: 'is not UTF-8', exit: 'usage', line: 2 };
  const { client, output, done } = await sending(portions('a', notUtf8, 'c', 'd'));
  client.refused(0, refuse('too-large', { id: 'id-1', to: 'bob' }));
  client.stored(1);
  client.stored(2);
  await assert.rejects(done, fails('usage', /2 of 4/));
  assert.deepEqual(output.lines, ['id-2', 'id-3']);
  assert.deepEqual(output.notes, [
    'im: line 2 is not UTF-8',
    'im: line 1 was refused: the body is larger than 64 KiB of UTF-8',
  ]);
});

test('no more than two windows are pending, however much there is to send', async () => {
  const items = Array.from({ length: 5_000 }, (_, index): Item => ({ body: String(index), line: index + 1 }));
  async function* all(): AsyncGenerator<readonly Item[]> {
    yield items;
  }
  const { client, clock, output, done } = await sending(all());
  assert.equal(client.sent.length, 2_000);
  for (let index = 0; index < 5_000; index++) {
    if (index === client.sent.length) await clock.settle();
    client.stored(index);
  }
  await done;
  assert.equal(output.lines.length, 5_000);
});

test('when the client ends, reading standard input is given up', async () => {
  async function* endless(): AsyncGenerator<readonly Item[]> {
    yield [{ body: 'a', line: 1 }];
    await new Promise(() => {});
  }
  const { client, done } = await sending(endless());
  client.end({ reason: 'unauthorized', code: 4500 });
  await assert.rejects(done, fails('credential-refused', /alice was refused/));
});

test('a signal ends it with its own exit code', async () => {
  const { signal, done } = await sending(portions('a'));
  signal.resolve('interrupted');
  await assert.rejects(done, fails('interrupted', /ended before/));
});

test('nothing to send is no failure', async () => {
  const { done, output } = await sending(portions());
  await done;
  assert.deepEqual(output.lines, []);
});
