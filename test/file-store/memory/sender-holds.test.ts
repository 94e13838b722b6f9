/** Which messages are refused after one that was refused for now, and for how long (R16). */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, test } from 'node:test';
import { SenderHolds } from '../../../src/file-store/memory/sender-holds.js';
import { openFileStore } from '../../../src/file-store/store/file-store.js';
import { systemClock } from '../../../src/io/clock.js';
import { type Files, realFiles } from '../../../src/io/files.js';
import { silentLog } from '../../../src/io/log.js';
import { MAILBOX } from '../../../src/store/limits.js';
import { StoreUnavailable } from '../../../src/store/store.js';
import { append, type SentMessage } from '../../harness/append.js';

const message = (from: string, id: string, at: number): SentMessage => ({ to: 'dave', from, id, body: '', at });

let holds: SenderHolds;

beforeEach(() => {
  holds = new SenderHolds();
});

test('without a refusal nothing is blocked', () => {
  assert.equal(holds.blockerOf(message('alice', 'm1', 0)), undefined);
});

test('a refusal blocks later messages of its sender, with the same error, and no other sender', () => {
  const error = new Error('no space');
  holds.refused(message('alice', 'm1', 100), error);
  assert.equal(holds.blockerOf(message('alice', 'm2', 100))?.error, error);
  assert.equal(holds.blockerOf(message('bob', 'm2', 100)), undefined);
});

test('the refused message itself is not blocked, and ends the hold when it is sent again', () => {
  holds.refused(message('alice', 'm1', 100));
  assert.equal(holds.blockerOf(message('alice', 'm1', 101)), undefined);
  assert.equal(holds.blockerOf(message('alice', 'm2', 101)), undefined);
});

test('of several refused messages the one that is passed last blocks the others', () => {
  holds.refused(message('alice', 'm2', 100));
  holds.refused(message('alice', 'm1', 100));
  assert.ok(holds.blockerOf(message('alice', 'm2', 100)));
  assert.equal(holds.blockerOf(message('alice', 'm1', 100)), undefined);
});

test('a refusal whose message is never sent again blocks its sender for heldBackMs', () => {
  holds.refused(message('alice', 'm1', 100));
  assert.ok(holds.blockerOf(message('alice', 'm2', 100 + MAILBOX.heldBackMs - 1)));
  assert.equal(holds.blockerOf(message('alice', 'm2', 100 + MAILBOX.heldBackMs)), undefined);
});

test('a clock that is set back does not extend a hold', () => {
  holds.refused(message('alice', 'm1', 3_600_000));
  assert.equal(holds.blockerOf(message('alice', 'm2', 0)), undefined);
});

test('at most heldBackSenders senders are held: the oldest is dropped', () => {
  for (let count = 0; count <= MAILBOX.heldBackSenders; count++) holds.refused(message(`user${count}`, 'm1', 0));
  assert.equal(holds.blockerOf(message('user0', 'm2', 0)), undefined);
  assert.ok(holds.blockerOf(message('user1', 'm2', 0)));
});

test('a message that a full disk refused is not overtaken by a later one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'im-sender-holds-'));
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
    const refused = ['m1', 'm2'].map((id) => append(store, message('alice', id, 0)));
    for (const appending of refused) await assert.rejects(appending, StoreUnavailable);
    isFull = false;
    await assert.rejects(append(store, message('alice', 'm2', 1)), StoreUnavailable);
    assert.deepEqual(await append(store, message('alice', 'm1', 2)), { outcome: 'stored', seq: 1 });
    assert.deepEqual(await append(store, message('alice', 'm2', 3)), { outcome: 'stored', seq: 2 });
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
});
