/** How `im send` ends when not everything is answered in time, or nobody wants it to go on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SourceItem } from '../../../src/cli/send/message-source.js';
import { SENDING } from '../../../src/cli/send/send-limits.js';
import { errorFrame } from '../../../src/protocol/error-frames.js';
import { deferred } from '../../harness/deferred.js';
import { fails, offline, online, portions, sending } from './sending.js';

test('not stored in time: it ends at once, and says that the same id is safe', async () => {
  const { client, clock, done, settled } = await sending(portions('a'), { isSingle: true });
  client.emit({ type: 'offline', reason: 'lost', code: 1006, detail: 'connect ECONNREFUSED', retryInMs: 500 });
  await clock.advance(9_999);
  assert.equal(settled.value, false);
  const rejected = assert.rejects(done, fails('not-stored', /within 10s\n.*ECONNREFUSED\n.*--id id-1/));
  await clock.advance(1);
  await rejected;
});

test('a message is overdue for itself: those sent later have time left', async () => {
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

test('a mailbox that stays full is a refusal, not a lost connection', async () => {
  const { client, clock, done } = await sending(portions('a'), { isSingle: true });
  client.postponed(0, errorFrame('mailbox-full', { id: 'id-1', to: 'bob' }));
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

test('retryFor: while the server is out of reach no message is overdue, for so long', async () => {
  const { client, clock, done, settled } = await sending(portions('a'), { retryForMs: 60_000 });
  client.emit(offline);
  await clock.advance(50_000);
  client.emit(online);
  await clock.advance(9_999); // It has its own time again.
  client.emit(offline);
  await clock.advance(59_999);
  assert.equal(settled.value, false);
  const rejected = assert.rejects(done, fails('not-stored', /ECONNREFUSED/));
  await clock.advance(1);
  await rejected;
});

test('retryFor: a server that is there and does not answer is not waited for any longer', async () => {
  const { client, clock, done } = await sending(portions('a'), { retryForMs: 60_000 });
  client.emit(online);
  const rejected = assert.rejects(done, fails('not-stored', /has not answered/));
  await clock.advance(10_000);
  await rejected;
});

test('when the client ends, reading standard input is given up', async () => {
  async function* endless(): AsyncGenerator<readonly SourceItem[]> {
    yield [{ body: 'a', line: 1 }];
    await new Promise(() => {});
  }
  const { client, done } = await sending(endless());
  client.end({ reason: 'unauthorized', code: 4500 });
  await assert.rejects(done, fails('credential-refused', /alice was refused/));
});

test('a signal ends it when what was sent is answered, and it says where', async () => {
  const { client, clock, signal, done, settled } = await sending(portions('a', 'b'));
  client.emit(online);
  client.stored(0);
  signal.resolve('interrupted');
  await clock.settle();
  assert.equal(settled.value, false);
  client.stored(1);
  await assert.rejects(done, fails('interrupted', /^interrupted after line 2; 2 messages are stored$/m));
});

test('a signal does not wait for ever', async () => {
  const { client, clock, signal, done } = await sending(portions('a', 'b'));
  client.emit(online);
  client.stored(0);
  signal.resolve('terminated');
  const rejected = assert.rejects(
    done,
    fails(
      'terminated',
      /^terminated after line 2; 1 message is stored\n1 not answered, line 2 first: the server has not answered$/m,
    ),
  );
  await clock.advance(SENDING.lastAnswersMs);
  await rejected;
});

test('a signal while the server is out of reach ends it at once', async () => {
  const { signal, done } = await sending(portions('a'), { isSingle: true });
  signal.resolve('interrupted');
  await assert.rejects(
    done,
    fails(
      'interrupted',
      /^interrupted; 0 messages are stored\n1 not answered, the message to bob first: .*\n.*--id id-1/,
    ),
  );
});

test('refused is worse than not delivered in time, whichever came first', async () => {
  const { client, clock, done } = await sending(portions('a', 'b'), { wait: 'delivered' });
  client.stored(0);
  const rejected = assert.rejects(done, fails('refused', /^2 of 2 messages failed/));
  await clock.advance(9_999);
  client.refused(1, errorFrame('id-conflict', { id: 'id-2', to: 'bob' }));
  await clock.advance(1);
  await rejected;
});

test('what is not delivered in time stops nothing', async () => {
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
