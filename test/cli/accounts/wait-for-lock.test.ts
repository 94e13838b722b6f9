/** Waiting for a folder that another process holds: how long, and for whom. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { lockDataFolder } from '../../../src/cli/accounts/wait-for-lock.js';
import { acquireLock, FolderLocked } from '../../../src/disk/lock.js';
import { createFakeClock } from '../../harness/fake-clock.js';

/** A folder that is held, and a process that wants to lock it and has failed once. */
async function held(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'im-test-'));
  t.after(() => rm(folder, { recursive: true }));
  const clock = createFakeClock();
  const holder = await acquireLock({ folder, clock });
  t.after(() => holder.release());
  const waiting = lockDataFolder(folder, clock);
  waiting.catch(() => undefined);
  const untilWaiting = () => clock.until(() => clock.timers === 1, 'the next try');
  await untilWaiting();
  return { clock, holder, waiting, untilWaiting };
}

test('a data folder that another command uses is locked when that command is done', async (t) => {
  const { clock, holder, waiting, untilWaiting } = await held(t);
  await clock.advance(1_000);
  await untilWaiting();
  await holder.release();
  await clock.advance(1_000);
  await (await waiting).release();
});

test('nobody waits for a server that says where it listens', async (t) => {
  const { clock, holder, waiting } = await held(t);
  await holder.announce('ws://127.0.0.1:1');
  await clock.advance(1_000);
  await assert.rejects(waiting, (error) => error instanceof FolderLocked && error.holder?.url === 'ws://127.0.0.1:1');
});

test('a command that does not end is not waited for without end', async (t) => {
  const { clock, waiting } = await held(t);
  await clock.advance(3_600_000);
  await assert.rejects(waiting, FolderLocked);
});
