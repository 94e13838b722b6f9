/** How `im send` ends when messages are not answered in time, and after a signal. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SourceItem } from '../../../src/cli/send/message-source.js';
import type { SendJob } from '../../../src/cli/send/send.js';
import { SENDING } from '../../../src/cli/send/send-limits.js';
import { errorFrame } from '../../../src/protocol/error-frames.js';
import { deferred } from '../../harness/deferred.js';
import { batches, fails, offline, online, sending } from './sending.js';

test('a message that is not stored in time ends it at once, and the failure shows how to repeat it', async () => {
  const { client, clock, done, settled } = await sending(batches('a'), { isSingle: true });
  client.emit({ type: 'offline', reason: 'lost', code: 1006, detail: 'connect ECONNREFUSED', retryInMs: 500 });
  await clock.advance(9_999);
  assert.equal(settled.value, false);
  const rejected = assert.rejects(done, fails('not-stored', /within 10s\n.*ECONNREFUSED\n.*--id id-1/));
  await clock.advance(1);
  await rejected;
});

test('each message has its own deadline', async () => {
  const gate = deferred<void>();
  async function* slow(): AsyncGenerator<readonly SourceItem[]> {
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

test('a mailbox that stays full ends it as a refusal', async () => {
  const { client, clock, done } = await sending(batches('a'), { isSingle: true });
  client.postponed(0, errorFrame('mailbox-full', { id: 'id-1', to: 'bob' }));
  const rejected = assert.rejects(done, fails('refused', /your share of it, is full/));
  await clock.advance(10_000);
  await rejected;
});

test('a message that is not delivered in time: the failure says not to send it again', async () => {
  const { client, clock, output, done } = await sending(batches('a'), { isSingle: true, wait: 'delivered' });
  client.stored(0);
  const rejected = assert.rejects(done, fails('not-delivered', /stored, but.*\n.*\n?.*do not send it again/));
  await clock.advance(10_000);
  await rejected;
  assert.deepEqual(output.lines, ['id-1']);
});

test('retryFor: no message is overdue while the server cannot be reached, up to that time', async () => {
  const { client, clock, done, settled } = await sending(batches('a'), { retryForMs: 60_000 });
  client.emit(offline);
  await clock.advance(50_000);
  client.emit(online);
  await clock.advance(9_999); // timeoutMs begins again with the connection
  client.emit(offline);
  await clock.advance(59_999);
  assert.equal(settled.value, false);
  const rejected = assert.rejects(done, fails('not-stored', /ECONNREFUSED/));
  await clock.advance(1);
  await rejected;
});

test('retryFor: an online server that does not answer has only timeoutMs', async () => {
  const { client, clock, done } = await sending(batches('a'), { retryForMs: 60_000 });
  client.emit(online);
  const rejected = assert.rejects(done, fails('not-stored', /has not answered/));
  await clock.advance(10_000);
  await rejected;
});

test('retryFor shorter than timeoutMs: it ends when that time is over, counted from each message', async () => {
  const { client, clock, done, settled } = await sending(batches('a'), { isSingle: true, retryForMs: 3_000 });
  client.emit(offline);
  await clock.advance(2_999);
  assert.equal(settled.value, false);
  const rejected = assert.rejects(done, fails('not-stored', /within 3s\n.*ECONNREFUSED/));
  await clock.advance(1);
  await rejected;

  const gate = deferred<void>();
  async function* late(): AsyncGenerator<readonly SourceItem[]> {
    await gate.promise;
    yield [{ body: 'b', line: 1 }];
  }
  const second = await sending(late(), { retryForMs: 3_000 });
  second.client.emit(offline);
  await second.clock.advance(60_000);
  gate.resolve();
  await second.clock.settle();
  await second.clock.advance(2_999);
  assert.equal(second.settled.value, false, 'a message of a long pause has its own time');
  second.client.emit(online);
  second.client.stored(0);
  await second.done;
});

test('on a terminal it says after a moment what it waits for, once for each reason', async () => {
  const told = async (more: Partial<SendJob>, isTerminal: boolean) => {
    const job = { isSingle: true, wait: 'delivered' as const, ...more };
    const { client, clock, output, done } = await sending(batches('a'), job, false, undefined, isTerminal);
    client.emit(offline);
    await clock.advance(SENDING.quietMs - 1);
    assert.deepEqual(output.notes, []);
    await clock.advance(5_000);
    client.emit(online);
    client.stored(0);
    await clock.advance(2_000);
    client.delivered(0);
    await done;
    assert.equal(clock.timers, 0);
    return output.notes;
  };
  assert.deepEqual(await told({}, true), [
    'im: the server cannot be reached: connect ECONNREFUSED; waiting for up to 10s',
    'im: bob has not received the message yet; waiting for up to 10s',
  ]);
  assert.deepEqual(await told({ announces: false }, true), [], '--quiet');
  assert.deepEqual(await told({}, false), [], 'a script');
});

test('when the client ends, it ends too, though standard input is open', async () => {
  async function* endless(): AsyncGenerator<readonly SourceItem[]> {
    yield [{ body: 'a', line: 1 }];
    await new Promise(() => {});
  }
  const { client, done } = await sending(endless());
  client.end({ reason: 'unauthorized', code: 4500 });
  await assert.rejects(done, fails('credential-refused', /alice was refused/));
});

test('a signal ends it when the messages sent so far are answered, and the failure names the last line', async () => {
  const { client, clock, signal, done, settled } = await sending(batches('a', 'b'));
  client.emit(online);
  client.stored(0);
  signal.resolve('interrupted');
  await clock.settle();
  assert.equal(settled.value, false);
  client.stored(1);
  await assert.rejects(done, fails('interrupted', /^interrupted after line 2; 2 messages stored$/m));
});

test('after a signal the answers are waited for only so long', async () => {
  const { client, clock, signal, done } = await sending(batches('a', 'b'));
  client.emit(online);
  client.stored(0);
  signal.resolve('terminated');
  const rejected = assert.rejects(
    done,
    fails(
      'terminated',
      /^terminated after line 2; 1 message stored\n1 message unanswered, the first is line 2: the server has not answered$/m,
    ),
  );
  await clock.advance(SENDING.lastAnswersMs);
  await rejected;
});

test('a signal while offline ends it at once', async () => {
  const { signal, done } = await sending(batches('a'), { isSingle: true });
  signal.resolve('interrupted');
  await assert.rejects(
    done,
    fails(
      'interrupted',
      /^interrupted; 0 messages stored\n1 message unanswered, the first is the message to bob: .*\n.*--id id-1/,
    ),
  );
});

test('a refusal outranks a late delivery, whichever came first', async () => {
  const { client, clock, done } = await sending(batches('a', 'b'), { wait: 'delivered' });
  client.stored(0);
  const rejected = assert.rejects(done, fails('refused', /^2 of 2 messages failed/));
  await clock.advance(9_999);
  client.refused(1, errorFrame('id-conflict', { id: 'id-2', to: 'bob' }));
  await clock.advance(1);
  await rejected;
});

test('a late delivery does not stop the input', async () => {
  const gate = deferred<void>();
  async function* slow(): AsyncGenerator<readonly SourceItem[]> {
    yield [{ body: 'a', line: 1 }];
    await gate.promise;
    yield [{ body: 'b', line: 2 }];
  }
  const { client, clock, output, done } = await sending(slow(), { wait: 'delivered' });
  client.stored(0);
  await clock.advance(10_000);
  assert.match(output.notes.join(), /line 1 is stored, but was not delivered within 10s/);
  gate.resolve();
  await clock.settle();
  client.stored(1);
  client.delivered(1);
  await assert.rejects(done, fails('not-delivered', /^1 of 2 messages failed/));
});
