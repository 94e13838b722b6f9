/** The lock of a folder: one writer at a time (storage 11). */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { acquireLock, FolderLocked, readLock } from '../../src/disk/lock.js';
import { identifyByProc, identifyByPs, isAlive } from '../../src/disk/process-identity.js';
import { type Files, realFiles } from '../../src/io/files.js';
import { isFolderLocked, lockFolder } from '../../src/io/folder-lock.js';

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
async function holdElsewhere(folder: string, platform: NodeJS.Platform) {
  const child = fork(join(import.meta.dirname, 'lock-holder.js'), [folder, platform]);
  await once(child, 'message');
  return {
    pid: child.pid,
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** As macOS locks, without abstract sockets: so do containers on Linux see each other. */
const PLATFORMS: readonly NodeJS.Platform[] = process.platform === 'linux' ? ['linux', 'darwin'] : [process.platform];

for (const platform of PLATFORMS) {
  const files: Files = {
    ...realFiles,
    lock: (path) => lockFolder(path, platform),
    isLocked: (path) => isFolderLocked(path, platform),
  };
  const acquire = (folder: string) => acquireLock({ folder, files, clock });
  const read = (folder: string) => readLock(folder, files);

  test(`lock on ${platform}: a second writer is refused, with the name of the holder`, () =>
    inFolder(async (folder) => {
      const lock = await acquire(folder);
      await assert.rejects(acquire(folder), (error: unknown) => {
        assert.ok(error instanceof FolderLocked);
        assert.equal(error.holder?.pid, process.pid);
        assert.equal(error.message, `${folder} is in use by process ${process.pid} since 2023-11-14T22:13:20.000Z`);
        return true;
      });
      await lock.release();
      await (await acquire(folder)).release();
      assert.equal(await read(folder), undefined);
      assert.deepEqual(await readdir(folder), []);
    }));

  test(`lock on ${platform}: another process is refused, and the lock of a killed one is taken over`, () =>
    inFolder(async (folder) => {
      const other = await holdElsewhere(folder, platform);
      await assert.rejects(acquire(folder), (error: unknown) => {
        assert.ok(error instanceof FolderLocked);
        assert.equal(error.holder?.pid, other.pid);
        return true;
      });
      assert.equal((await read(folder))?.url, 'ws://holder');
      await other.kill();
      assert.equal(await read(folder), undefined);
      const lock = await acquire(folder);
      assert.equal((await read(folder))?.pid, process.pid);
      assert.deepEqual(
        (await readdir(folder)).filter((name) => name.endsWith('.sock')),
        ['lock-2.sock'],
      );
      await lock.release();
    }));

  test(`lock on ${platform}: of many concurrent attempts one succeeds, also over the lock of a dead process`, () =>
    inFolder(async (folder) => {
      const dead = await holdElsewhere(folder, platform);
      await dead.kill();
      const tries = await Promise.allSettled(Array.from({ length: 20 }, () => acquire(folder)));
      const locks = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      assert.equal(locks.length, 1);
      for (const one of tries) if (one.status === 'rejected') assert.ok(one.reason instanceof FolderLocked, one.reason);
      await locks[0]?.release();
      assert.equal(await read(folder), undefined);
    }));

  test(`lock on ${platform}: an unreadable lock file is ignored`, () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, 'lock'), '{"pid":');
      const lock = await acquire(folder);
      assert.equal((await read(folder))?.pid, process.pid);
      await lock.release();
    }));
}

test('a holder that others cannot see by name is seen by its socket in the folder', () =>
  inFolder(async (folder) => {
    const other = await holdElsewhere(folder, 'darwin');
    await assert.rejects(acquireLock({ folder, clock }), FolderLocked);
    assert.equal((await readLock(folder))?.pid, other.pid);
    await other.kill();
    await (await acquireLock({ folder, clock })).release();
  }));

test('a folder with a path that is too long for a socket is locked as well', () =>
  inFolder(async (folder) => {
    const long = join(folder, 'x'.repeat(120), 'y'.repeat(120));
    const lock = await acquireLock({ folder: long, clock });
    await assert.rejects(acquireLock({ folder: long, clock }), FolderLocked);
    assert.equal((await readLock(long))?.pid, process.pid);
    await lock.release();
    assert.deepEqual(await readdir(long), []);
  }));

test('a long path needs no folder for temporary files', { skip: process.platform !== 'linux' }, () =>
  inFolder(async (folder) => {
    const { TMPDIR } = process.env;
    const long = join(folder, 'x'.repeat(120));
    for (const temporary of [join(folder, 'missing'), join(folder, 't'.repeat(90))]) {
      process.env.TMPDIR = temporary;
      try {
        const lock = await acquireLock({ folder: long, clock });
        assert.deepEqual((await readdir(long)).sort(), ['lock', 'lock-1.sock'], 'others see it');
        await assert.rejects(acquireLock({ folder: long, clock }), FolderLocked);
        await lock.release();
        assert.deepEqual(await readdir(long), []);
        await (await acquireLock({ folder: long, clock })).release();
      } finally {
        if (TMPDIR === undefined) delete process.env.TMPDIR;
        else process.env.TMPDIR = TMPDIR;
      }
    }
    assert.deepEqual(await readdir(folder), ['x'.repeat(120)]);
  }),
);

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
    await lock.announce(URL, { fingerprint: 'AB:CD', secret: 's' });
    const { url, fingerprint, secret } = (await readLock(folder)) ?? {};
    assert.deepEqual([url, fingerprint, secret], [URL, 'AB:CD', 's']);
    await assert.rejects(acquireLock({ folder, clock }), (error: FolderLocked) => {
      assert.deepEqual([error.holder?.url, error.holder?.secret], [URL, undefined], 'an error may be logged');
      return true;
    });
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
