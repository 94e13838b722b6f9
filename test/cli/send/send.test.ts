import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SourceItem } from '../../../src/cli/send/message-source.js';
import { SENDING } from '../../../src/cli/send/send-limits.js';
import { errorFrame } from '../../../src/protocol/error-frames.js';
import { WIRE } from '../../../src/protocol/limits.js';
import { batches, fails, sending } from './sending.js';

test('an id is printed when its message is stored, not before', async () => {
  const { client, clock, output, done, settled } = await sending(batches('a', 'b'));
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
  const { client, output, done } = await sending(batches('a', 'b'), { wait: 'delivered' }, true);
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

const notUtf8: SourceItem = { problem: 'is not UTF-8', line: 2 };

test('a line that cannot be sent stops the input; messages already sent are waited for', async () => {
  const { client, clock, output, done, settled } = await sending(batches('a', notUtf8, 'c'));
  assert.deepEqual([client.sent.map(({ body }) => body), settled.value], [['a'], false]);
  client.stored(0);
  await assert.rejects(
    done,
    fails('refused', /^stopped after line 2; 1 message stored, 1 failed\n+.*line 2; --keep-going/m),
  );
  await clock.settle();
  assert.deepEqual([output.lines, output.notes], [['id-1'], ['im: line 2 is not UTF-8']]);
});

test('a refusal stops the input, also while the pipe stays open; messages already sent are waited for', async () => {
  async function* endless(): AsyncGenerator<readonly SourceItem[]> {
    yield* batches('a', 'b', 'c');
    await new Promise(() => {});
  }
  const { client, clock, output, done, settled } = await sending(endless());
  client.stored(0);
  client.refused(1, errorFrame('id-conflict', { id: 'id-2', to: 'bob' }));
  await clock.settle();
  assert.equal(settled.value, false);
  client.stored(2);
  await assert.rejects(done, fails('refused', /^stopped after line 3; 2 messages stored/));
  assert.deepEqual(output.lines, ['id-1', 'id-3']);
});

test('of a thousand refusals only the first are printed', async () => {
  const items = Array.from({ length: 1_000 }, (_, index): SourceItem => ({ body: 'x', line: index + 1 }));
  const { client, output, done } = await sending(batches(...items));
  for (const index of items.keys())
    client.refused(index, errorFrame('unknown-user', { id: `id-${index + 1}`, to: 'bob' }));
  await assert.rejects(done, fails('refused', /1000 of 1000/));
  assert.equal(output.notes.length, SENDING.maxPrintedFailures);
});

test('with keepGoing the lines after a refused one are sent', async () => {
  const { client, output, done } = await sending(batches('a', notUtf8, 'c', 'd'), { keepGoing: true });
  client.refused(0, errorFrame('too-large', { id: 'id-1', to: 'bob' }));
  client.stored(1);
  client.stored(2);
  await assert.rejects(done, fails('refused', /2 of 4/));
  assert.deepEqual(output.lines, ['id-2', 'id-3']);
  assert.deepEqual(output.notes, [
    'im: line 2 is not UTF-8',
    'im: line 1 was refused: the body is larger than 64 KiB of UTF-8',
  ]);
});

test('several targets: each gets each line, also when one of them is refused', async () => {
  const { client, output, done } = await sending(batches('a'), {
    targets: ['bob', 'nobody', 'carol'],
    isSingle: true,
  });
  assert.deepEqual(
    client.sent.map(({ to }) => to),
    ['bob', 'nobody', 'carol'],
  );
  client.stored(0);
  client.refused(1, errorFrame('unknown-user', { id: 'id-2', to: 'nobody' }));
  client.stored(2);
  await assert.rejects(done, fails('refused', /1 of 3 messages failed/));
  assert.deepEqual(output.lines, ['id-1', 'id-3']);
  assert.deepEqual(output.notes, [
    'im: the message to nobody was refused: there is no such user; im user add NAME adds one',
  ]);
});

test('a line can name its target', async () => {
  const named: SourceItem = { to: 'carol', body: 'b', line: 1 };
  const { client, output, done } = await sending(batches(named), { targets: [] });
  assert.deepEqual(client.sent, [{ id: 'id-1', to: 'carol', body: 'b' }]);
  client.refused(0, errorFrame('unknown-user', { id: 'id-1', to: 'carol' }));
  await assert.rejects(done, fails('refused', /^1 of 1 message failed/));
  assert.deepEqual(output.notes, ['im: line 1 to carol was refused: there is no such user; im user add NAME adds one']);
});

test('quiet: no ids are printed', async () => {
  const { client, output, done } = await sending(batches('a'), { quiet: true });
  client.stored(0);
  await done;
  assert.deepEqual([output.lines, output.notes], [[], []]);
});

test('the same message on two lines is sent once', async () => {
  const twice: SourceItem[] = [1, 2].map((line) => ({ body: 'a', id: 'x', line }));
  const { client, clock, done, settled } = await sending(batches(...twice));
  client.stored(0);
  await clock.settle();
  assert.equal(settled.value, true);
  await done;
});

test('no more than SENDING.maxPending messages are pending at a time', async () => {
  const items = Array.from({ length: 5_000 }, (_, index): SourceItem => ({ body: String(index), line: index + 1 }));
  async function* all(): AsyncGenerator<readonly SourceItem[]> {
    yield items;
  }
  const { client, clock, output, done } = await sending(all());
  assert.equal(client.sent.length, SENDING.maxPending);
  for (let index = 0; index < 5_000; index++) {
    if (index === client.sent.length) await clock.settle();
    client.stored(index);
  }
  await done;
  assert.equal(output.lines.length, 5_000);
});

test('the client sends what it has before it gets further lines', async () => {
  const items = Array.from({ length: SENDING.maxPending + 1 }, (_, index) => String(index));
  const { client, clock, done } = await sending(batches(...items));
  client.stored(0);
  let atFlush = 0;
  clock.defer(() => {
    atFlush = client.sent.length; // a client sends at the end of a turn
  });
  await clock.settle();
  assert.deepEqual([atFlush, client.sent.length], [SENDING.maxPending, SENDING.maxPending + 1]);
  for (let index = 1; index < items.length; index++) client.stored(index);
  await done;
});

test('nothing to send is no failure', async () => {
  const { done, output } = await sending(batches());
  await done;
  assert.deepEqual(output.lines, []);
});

test('no more than SENDING.maxPendingUnits of bodies are pending at a time', async () => {
  const items = Array.from(
    { length: 1_000 },
    (_, index): SourceItem => ({ body: 'x'.repeat(WIRE.maxBodyBytes), line: index + 1 }),
  );
  const { client, clock, done } = await sending(batches(...items));
  assert.equal(client.sent.length, SENDING.maxPendingUnits / WIRE.maxBodyBytes);
  for (const index of items.keys()) {
    if (index === client.sent.length) await clock.settle();
    client.stored(index);
  }
  await done;
});

test('when nobody reads the ids any more, everything is still sent, and the exit code is that of the messages', async () => {
  const { client, clock, output, done } = await sending(batches('a', 'b'), {}, false, 'EPIPE');
  client.stored(0);
  await clock.settle();
  client.stored(1);
  await done;
  assert.deepEqual([client.sent.length, output.notes], [2, []]);
});

test('ids that cannot be printed stop nothing, but it is not a success', async () => {
  const { client, output, done } = await sending(batches('a', 'b'), {}, false, 'ENOSPC');
  client.stored(0);
  client.stored(1);
  await assert.rejects(done, fails('unexpected', /^2 messages stored, but some ids .*\nENOSPC.*\ndo not send again/));
  assert.deepEqual(output.notes, ['im: no more ids are printed: ENOSPC: write']);
});

test('a message that fails counts more than an id that cannot be printed', async () => {
  const { client, done } = await sending(batches('a', 'b'), { keepGoing: true }, false, 'ENOSPC');
  client.stored(0);
  client.refused(1, errorFrame('unknown-user', { id: 'id-2', to: 'bob' }));
  await assert.rejects(done, fails('refused', /1 of 2 messages failed/));
});
