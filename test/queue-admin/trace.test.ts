/** Traces of messages from the folder of a store, also after checkpoints and restarts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acquireLock } from '../../src/disk/lock.js';
import { type FileStore, openFileStore } from '../../src/file-store/store/file-store.js';
import { type Clock, systemClock } from '../../src/io/clock.js';
import { silentLog } from '../../src/io/log.js';
import { QUEUE } from '../../src/protocol/limits.js';
import { findTraces } from '../../src/queue-admin/folder-queues.js';
import { rangesOf } from '../../src/queue-admin/seq-ranges.js';
import type { Trace } from '../../src/queue-admin/trace.js';
import { isWithin } from '../../src/store/message-trail.js';
import type { Audit, PushTrail } from '../../src/store/store.js';
import { append } from '../harness/append.js';
import { MemoryDisk } from '../harness/files-memory.js';

const FOLDER = '/data';

/** A store on an in-memory disk, with a clock that tests set. It is closed and opened again between any two steps. */
class Rig {
  readonly disk = new MemoryDisk();
  now = 100;
  #store: FileStore | undefined;

  async store(): Promise<FileStore> {
    await this.#store?.close();
    const clock: Clock = { ...systemClock, now: () => this.now, every: () => ({ cancel() {} }) };
    const limits = { keptDelivered: 3, keptPushes: 4 };
    this.#store = await openFileStore({ folder: FOLDER, files: this.disk.files, clock, log: silentLog, limits });
    return this.#store;
  }

  async send(id: string, to = 'bob', from = 'alice'): Promise<void> {
    await append(await this.store(), { to, from, id, body: 'hi', at: this.now });
  }

  async trace(id: string, from?: string): Promise<Trace[]> {
    const unreadable = () => assert.fail('it can be read');
    return findTraces({ files: this.disk.files, folder: FOLDER, id, from, unreadable });
  }

  /** The events of bob's message with this id, one line each. */
  async story(id: string): Promise<string[]> {
    const [trace] = await this.trace(id);
    return (trace?.events ?? []).map(({ event, at, ...rest }) => [at, event, ...Object.values(rest)].join(' '));
  }
}

const trail = (session: string, ...pushes: [number, number][]): PushTrail => ({ session, pushes });

test('who waits is online as long as a session is open and the server runs, and was last here when it ended', async () => {
  const rig = new Rig();
  await rig.send('a');
  const store = await rig.store();
  const { fence } = await store.claim('bob');
  const presence = async (): Promise<unknown> => {
    const [{ waiting } = { waiting: undefined }] = await rig.trace('a');
    return waiting && [waiting.online, waiting.seenAt];
  };
  assert.deepEqual(await presence(), [false, 0]);
  await store.noteSession('bob', fence, 'began', 200);
  assert.deepEqual(await presence(), [false, 200], 'no server runs');
  const lock = await acquireLock({ folder: FOLDER, files: rig.disk.files, clock: systemClock });
  await lock.announce('ws://127.0.0.1:1');
  assert.deepEqual(await presence(), [true, 200]);
  const next = await rig.store();
  assert.deepEqual(await presence(), [false, 200], 'the server was killed, and started again');
  const again = await next.claim('bob');
  await next.noteSession('bob', again.fence, 'began', 300);
  assert.deepEqual(await presence(), [true, 300]);
  await next.noteSession('bob', again.fence, 'ended', 400);
  assert.deepEqual(await presence(), [false, 400]);
  await lock.release();
});

test('events are in the order of the journal, whatever the clock did', async () => {
  const rig = new Rig();
  rig.now = 5_000;
  await rig.send('a');
  const first = await rig.store();
  const { fence } = await first.claim('bob');
  await first.notePushed('bob', 1, fence, 4_000, trail('s1', [1, 3_900]));
  const second = await rig.store();
  const audit: Audit = { by: 'root', at: 9_000, run: 'r1', what: 'replay', user: 'bob', filter: '', done: 1, left: 0 };
  await second.audit({ ...audit, ranges: [1, 1] });
  const claim = await second.claim('bob');
  rig.now = 10;
  await second.settle('bob', 1, claim.fence, trail('s2', [1, 5]));
  await rig.store();
  assert.deepEqual(await rig.story('a'), [
    '5000 stored',
    '3900 pushed s1',
    '4000 not acked s1',
    '9000 replayed root r1',
    '5 pushed s2',
    '10 acked s2',
  ]);
});

test('a trace has stored, pushes without an ack, the ack, and a replay', async () => {
  const rig = new Rig();
  await rig.send('a');
  rig.now = 200;
  await rig.send('b');
  const first = await rig.store();
  const { fence } = await first.claim('bob');
  await first.notePushed('bob', 2, fence, 350, trail('s1', [1, 300], [2, 310]));
  const second = await rig.store();
  const claim = await second.claim('bob');
  rig.now = 450;
  await second.settle('bob', 2, claim.fence, trail('s2', [2, 400]));
  const audit: Audit = { by: 'root', at: 600, run: 'r1', what: 'replay', user: 'bob', filter: '', done: 1, left: 0 };
  await second.audit({ ...audit, ranges: [2, 2] });
  await second.audit({ ...audit, run: 'r2', user: 'carol', ranges: [1, 9] });
  await rig.store();
  assert.deepEqual(await rig.story('a'), [
    '100 stored',
    '300 pushed s1',
    '350 not acked s1',
    '400 pushed s2',
    '450 acked s2',
  ]);
  assert.deepEqual(await rig.story('b'), [
    '200 stored',
    '310 pushed s1',
    '350 not acked s1',
    '400 pushed s2',
    '450 acked s2',
    '600 replayed root r1',
  ]);
});

test('an ack of several batches has the push time of each message', async () => {
  const rig = new Rig();
  for (const id of ['a', 'b', 'c']) await rig.send(id);
  const store = await rig.store();
  const { fence } = await store.claim('bob');
  rig.now = 130;
  await store.settle('bob', 3, fence, trail('s1', [1, 110], [3, 120]));
  assert.deepEqual(await rig.story('a'), ['100 stored', '110 pushed s1', '130 acked s1']);
  assert.deepEqual(
    (await rig.story('c')).filter((line) => line.includes('pushed')),
    ['120 pushed s1'],
  );
});

test('a session that ends while its ack is in flight has acked', async () => {
  const rig = new Rig();
  for (const id of ['a', 'b']) await rig.send(id);
  const store = await rig.store();
  const { fence } = await store.claim('bob');
  rig.now = 130;
  const settled = store.settle('bob', 1, fence, trail('s1', [2, 110]));
  await store.notePushed('bob', 2, fence, 131, trail('s1', [2, 110]));
  await settled;
  assert.deepEqual(await rig.story('a'), ['100 stored', '110 pushed s1', '130 acked s1']);
  assert.deepEqual(await rig.story('b'), ['100 stored', '110 pushed s1', '131 not acked s1']);
});

test('unknown events are left out: acks without a trail, messages that are no longer kept', async () => {
  const rig = new Rig();
  for (const id of ['a', 'b', 'c', 'd', 'e']) await rig.send(id);
  const store = await rig.store();
  const { fence } = await store.claim('bob');
  rig.now = 150;
  await store.settle('bob', 2, fence);
  assert.deepEqual(await rig.story('a'), ['100 stored', '150 acked']);
  await store.settle('bob', 5, fence, trail('s1', [5, 140]));
  await rig.store();
  const [forgotten] = await rig.trace('a');
  assert.deepEqual(forgotten, {
    to: 'bob',
    seq: 1,
    id: 'a',
    from: 'alice',
    status: 'delivered',
    events: [],
  });
  assert.deepEqual(await rig.story('c'), ['100 stored', '140 pushed s1', '150 acked s1']);
});

test('the same id of two senders, or in two mailboxes, has several traces', async () => {
  const rig = new Rig();
  await rig.send('x');
  await rig.send('x', 'bob', 'carol');
  await rig.send('x', 'dave');
  const traces = await rig.trace('x');
  assert.deepEqual(
    traces.map(({ to, from, seq }) => `${from} → ${to} ${seq}`),
    ['alice → bob 1', 'carol → bob 2', 'alice → dave 1'],
  );
  assert.equal((await rig.trace('x', 'carol')).length, 1);
  assert.deepEqual(await rig.trace('y'), []);
});

test('of many sessions only the newest are in the trace', async () => {
  const rig = new Rig();
  await rig.send('a');
  for (let session = 1; session <= 6; session++) {
    const store = await rig.store();
    const { fence } = await store.claim('bob');
    await store.notePushed('bob', 1, fence, session * 1_000, trail(`s${session}`, [1, session * 1_000 - 1]));
  }
  await rig.store();
  assert.deepEqual((await rig.story('a')).filter((line) => line.includes('not acked')).length, 4);
  assert.match((await rig.story('a')).at(-1) ?? '', /^6000 not acked s6$/);
});

test('ranges contain the given seqs, up to the maximum number of ranges', () => {
  assert.deepEqual(rangesOf([]), []);
  assert.deepEqual(rangesOf([3, 4, 5, 7, 9, 10]), [3, 5, 7, 7, 9, 10]);
  assert.deepEqual(
    [2, 3, 5, 6, 7, 8, 10].map((seq) => isWithin([3, 5, 7, 7, 9, 10], seq)),
    [false, true, true, false, true, false, true],
  );
  const sparse = rangesOf(Array.from({ length: 100 }, (_, index) => index * 2 + 1));
  const { maxAuditRanges } = QUEUE;
  assert.equal(sparse.length, 2 * maxAuditRanges);
  assert.deepEqual(sparse.slice(-2), [2 * maxAuditRanges - 1, 2 * maxAuditRanges - 1]);
});

test('with several devices each event names its device, and those are named that have not acked the message', async () => {
  const rig = new Rig();
  const first = await rig.store();
  const { fence: main } = await first.claim('bob');
  await first.noteSession('bob', main, 'began', 50);
  await rig.send('a');
  const second = await rig.store();
  const devices = ['main', 'desktop', 'tablet'];
  const [{ fence: old = 0 } = {}, { fence: desktop = 0 } = {}, { fence: tablet = 0 } = {}] = await Promise.all(
    devices.map((device) => second.claim('bob', { device })),
  );
  await second.notePushed('bob', 1, old, 150, trail('s1', [1, 140]));
  await second.notePushed('bob', 1, tablet, 155, trail('s2', [1, 145]));
  rig.now = 160;
  await second.settle('bob', 1, desktop, trail('s3', [1, 146]));
  await rig.store();
  assert.deepEqual(await rig.story('a'), [
    '100 stored',
    '140 pushed main s1',
    '150 not acked main s1',
    '145 pushed tablet s2',
    '155 not acked tablet s2',
    '146 pushed desktop s3',
    '160 acked desktop s3',
  ]);
  assert.deepEqual((await rig.trace('a'))[0]?.behind, ['main', 'tablet']);
  const third = await rig.store();
  for (const device of ['main', 'tablet']) await third.settle('bob', 1, (await third.claim('bob', { device })).fence);
  await rig.store();
  assert.equal((await rig.trace('a'))[0]?.behind, undefined);
});

test('a message that was purged and restored has two traces: where it was purged, and who put it back', async () => {
  const rig = new Rig();
  await rig.send('a');
  rig.now = 200;
  await (await rig.store()).purge('bob', [1], 200);
  const restored = { by: 'root', at: 300 };
  await append(await rig.store(), { to: 'bob', from: 'alice', id: 'a', body: 'hi', at: 100, restored });
  const traces = async () =>
    (await rig.trace('a')).map(({ seq, status, waiting, events }) => [
      seq,
      status,
      waiting?.before,
      events.map(({ event, at, ...rest }) => [at, event, ...Object.values(rest)].join(' ')).join(', '),
    ]);
  await rig.store();
  assert.deepEqual(await traces(), [
    [1, 'purged', undefined, '100 stored, 200 purged'],
    [2, 'undelivered', 0, '100 stored, 300 restored root'],
  ]);
  const store = await rig.store();
  const { fence } = await store.claim('bob');
  rig.now = 400;
  await store.settle('bob', 2, fence, trail('s1', [2, 390]));
  await rig.store();
  assert.deepEqual((await traces())[1], [
    2,
    'delivered',
    undefined,
    '100 stored, 300 restored root, 390 pushed s1, 400 acked s1',
  ]);
});
