/** The lock of a folder: one writer at a time (storage 11). */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { acquireLock, FolderLocked, readLock } from '../../src/disk/lock.js';
import { acquireLockFile } from '../../src/disk/lock-fallback.js';
import { identifyByProc, identifyByPs, isAlive } from '../../src/disk/process-identity.js';
import { MemoryDisk } from '../harness/files-memory.js';

const clock = { now: () => 1_700_000_000_000 };
const URL = 'ws://127.0.0.1:4690';

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'im-lock-'));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Starts another process, which holds the lock until it is killed. */
async function holdElsewhere(folder: string, abstractSockets: boolean) {
  const child = fork(join(import.meta.dirname, 'lock-holder.js'), [folder, String(abstractSockets)]);
  await once(child, 'message');
  return {
    pid: child.pid,
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

for (const abstractSockets of [true, false]) {
  const how = abstractSockets ? 'lock with an abstract socket' : 'lock with files';

  test(`${how}: a second writer is refused, with the name of the holder`, () =>
    inFolder(async (folder) => {
      const lock = await acquireLock({ folder, clock, abstractSockets });
      await assert.rejects(acquireLock({ folder, clock, abstractSockets }), (error: unknown) => {
        assert.ok(error instanceof FolderLocked);
        assert.equal(error.holder?.pid, process.pid);
        assert.equal(error.message, `${folder} is in use by process ${process.pid} since 2023-11-14T22:13:20.000Z`);
        return true;
      });
      await lock.release();
      await (await acquireLock({ folder, clock, abstractSockets })).release();
      assert.equal(await readLock(folder), undefined);
    }));

  test(`${how}: another process is refused, and the lock of a killed one is taken over`, () =>
    inFolder(async (folder) => {
      const other = await holdElsewhere(folder, abstractSockets);
      await assert.rejects(acquireLock({ folder, clock, abstractSockets }), (error: unknown) => {
        assert.ok(error instanceof FolderLocked);
        assert.equal(error.holder?.pid, other.pid);
        return true;
      });
      assert.equal((await readLock(folder))?.url, 'ws://holder');
      await other.kill();
      assert.equal(await readLock(folder), undefined);
      const lock = await acquireLock({ folder, clock, abstractSockets });
      assert.equal((await readLock(folder))?.pid, process.pid);
      await lock.release();
    }));

  test(`${how}: of many concurrent attempts one succeeds, also over the lock of a dead process`, () =>
    inFolder(async (folder) => {
      const dead = await holdElsewhere(folder, abstractSockets);
      await dead.kill();
      const tries = await Promise.allSettled(
        Array.from({ length: 20 }, () => acquireLock({ folder, clock, abstractSockets })),
      );
      const locks = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      assert.equal(locks.length, 1);
      for (const one of tries) if (one.status === 'rejected') assert.ok(one.reason instanceof FolderLocked, one.reason);
      await locks[0]?.release();
      assert.equal(await readLock(folder), undefined);
    }));

  test(`${how}: an unreadable lock file is ignored`, () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, 'lock'), '{"pid":');
      const lock = await acquireLock({ folder, clock, abstractSockets });
      assert.equal((await readLock(folder))?.pid, process.pid);
      await lock.release();
    }));
}

test('a folder has one lock, whatever path leads to it', () =>
  inFolder(async (folder) => {
    const data = join(folder, 'data');
    const lock = await acquireLock({ folder: data, clock });
    await symlink(data, join(folder, 'link'));
    await assert.rejects(acquireLock({ folder: join(folder, 'link'), clock }), FolderLocked);
    await lock.release();
  }));

test('the holder announces its url; reading the lock changes nothing (R19)', () =>
  inFolder(async (folder) => {
    assert.equal(await readLock(folder), undefined);
    const lock = await acquireLock({ folder, clock });
    assert.equal((await readLock(folder))?.url, undefined);
    await lock.announce(URL);
    assert.equal((await readLock(folder))?.url, URL);
    assert.equal((await stat(join(folder, 'lock'))).mode & 0o777, 0o600);
    const before = await readFile(join(folder, 'lock'));
    await readLock(folder);
    assert.deepEqual(await readFile(join(folder, 'lock')), before);
    await lock.release();
    assert.equal(await readLock(folder), undefined);
  }));

test('a process is distinguished from a later one with the same pid', async () => {
  for (const identify of [identifyByProc, identifyByPs]) {
    const self = await identify(process.pid);
    assert.ok(self?.started);
    assert.equal(await isAlive(self, identify), true);
    assert.equal(await isAlive({ ...self, started: 'earlier' }, identify), false);
    assert.equal(await isAlive({ ...self, boot: 'another' }, identify), false);
  }
});

test('lock with files: a slow process does not take a lock that was released and taken again meanwhile', async () => {
  const disk = new MemoryDisk();
  await disk.files.makeFolder('/data');
  const alive = new Set([2, 3, 4]);
  const identify = async (pid: number) => (alive.has(pid) ? { pid } : undefined);
  const hold = (pid: number) => acquireLockFile(disk.files, '/data', { pid }, identify);
  alive.add(1);
  await hold(1);
  alive.delete(1); // dead, but its file remains
  let isPaused = false;
  disk.watch = async (operation) => {
    if (operation !== 'link' || isPaused) return undefined;
    isPaused = true; // the slow process has seen the dead one's file, and is about to create the next
    const quick = await hold(2);
    await quick?.release();
    assert.ok(await hold(3));
    return undefined;
  };
  assert.equal(await hold(4), undefined, 'process 3 holds the lock');
  assert.ok(isPaused);
  assert.equal(await hold(2), undefined);
  assert.deepEqual(disk.paths(), ['/data/lock-3']);
});
