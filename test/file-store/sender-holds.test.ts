/** Who waits behind a message that was refused for now, and for how long (R16). */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, test } from 'node:test';
import { openFileStore } from '../../src/file-store/file-store.js';
import { SenderHolds } from '../../src/file-store/sender-holds.js';
import { systemClock } from '../../src/io/clock.js';
import { type Files, realFiles } from '../../src/io/files.js';
import { silentLog } from '../../src/io/log.js';
import { type NewMessage, StoreUnavailable } from '../../src/store/store.js';

const message = (from: string, id: string, at: number): NewMessage => ({ to: 'dave', from, id, body: '', at });

let held: SenderHolds;

beforeEach(() => {
  held = new SenderHolds();
});

test('nobody waits when nothing was refused', () => {
  assert.equal(held.blockerOf(message('alice', 'm1', 0)), undefined);
});

test('later messages of that sender wait, with the reason of the refused one; other senders do not', () => {
  const error = new Error('no space');
  held.refused(message('alice', 'm1', 100), error);
  assert.equal(held.blockerOf(message('alice', 'm2', 100))?.error, error);
  assert.equal(held.blockerOf(message('bob', 'm2', 100)), undefined);
});

test('the refused one itself does not wait, and when it comes again nobody waits behind it any more', () => {
  held.refused(message('alice', 'm1', 100));
  assert.equal(held.blockerOf(message('alice', 'm1', 101)), undefined);
  assert.equal(held.blockerOf(message('alice', 'm2', 101)), undefined);
});

test('of several that are refused together the others wait behind the one that is told of last', () => {
  held.refused(message('alice', 'm2', 100));
  held.refused(message('alice', 'm1', 100));
  assert.ok(held.blockerOf(message('alice', 'm2', 100)));
  assert.equal(held.blockerOf(message('alice', 'm1', 100)), undefined);
});

test('a sender that gives the refused one up waits for 10 s', () => {
  held.refused(message('alice', 'm1', 100));
  assert.ok(held.blockerOf(message('alice', 'm2', 10_099)));
  assert.equal(held.blockerOf(message('alice', 'm2', 10_100)), undefined);
});

test('a clock that is set back by an hour makes nobody wait for an hour', () => {
  held.refused(message('alice', 'm1', 3_600_000));
  assert.equal(held.blockerOf(message('alice', 'm2', 0)), undefined);
});

test('at most 1,000 senders are remembered: the oldest goes first', () => {
  for (let count = 0; count <= 1_000; count++) held.refused(message(`user${count}`, 'm1', 0));
  assert.equal(held.blockerOf(message('user0', 'm2', 0)), undefined);
  assert.ok(held.blockerOf(message('user1', 'm2', 0)));
});

test('what a full disk refused keeps its place, too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'im-held-back-'));
  let isFull = false;
  const files: Files = {
    ...realFiles,
    async append(path, options) {
      const file = await realFiles.append(path, options);
      const full = async (): Promise<never> => {
        throw Object.assign(new Error('no space left on the device'), { code: 'ENOSPC' });
      };
      return { ...file, write: (bytes) => (isFull ? full() : file.write(bytes)) };
    },
  };
  const storage = { fullDiskRetryMs: 0 };
  const store = await openFileStore({ folder, files, clock: systemClock, log: silentLog, storage });
  try {
    isFull = true;
    const refused = ['m1', 'm2'].map((id) => store.append(message('alice', id, 0)));
    for (const appending of refused) await assert.rejects(appending, StoreUnavailable);
    isFull = false;
    await assert.rejects(store.append(message('alice', 'm2', 1)), StoreUnavailable);
    assert.deepEqual(await store.append(message('alice', 'm1', 2)), { outcome: 'stored', seq: 1 });
    assert.deepEqual(await store.append(message('alice', 'm2', 3)), { outcome: 'stored', seq: 2 });
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
});
