/** `/readyz` and the log of a real `im serve` when nothing can be stored: a full disk, no file descriptors, no data folder. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { makeHome, type Scope } from '../harness/process.js';
import { serveIn } from './server.js';

/** A server with bob, and what its log and its operations port say. */
async function watched(t: Scope, env: Record<string, string>, ...flags: readonly string[]) {
  const server = await serveIn(t, env, '--ops-port', '0', ...flags);
  const { ops } = JSON.parse(await server.process.line('listening')) as { ops: string };
  assert.equal((await server.im(['user', 'add', 'bob', '--keep'])).code, 0);
  const lines = createInterface({ input: server.process.child.stderr });
  const events: string[] = [];
  lines.on('line', (line) => events.push((JSON.parse(line) as { event: string }).event));
  const happens = async (event: string): Promise<void> => {
    while (!events.includes(event)) await once(lines, 'line');
  };
  const ready = async (): Promise<string> => (await (await fetch(`${ops}/readyz`)).text()).trim();
  const count = (event: string): number => events.filter((one) => one === event).length;
  return { ...server, happens, ready, count };
}

const isRootOnLinux = process.platform === 'linux' && process.getuid?.() === 0;

/** The folder of a file system of this size; undefined if that is not possible here. */
async function mountDisk(t: Scope, size: string): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'im-test-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    await rm(folder, { recursive: true });
    return undefined;
  }
  t.after(async () => {
    execFileSync('umount', ['-l', folder]);
    await rm(folder, { recursive: true });
  });
  return folder;
}

/** The folder of a file system on a file, which can be frozen: then whatever writes to it hangs. Undefined if that is not possible here. */
async function mountFreezable(t: Scope): Promise<string | undefined> {
  const [image, folder] = [await mkdtemp(join(tmpdir(), 'im-test-')), await mkdtemp(join(tmpdir(), 'im-test-'))];
  const run = (program: string, ...words: readonly string[]): boolean =>
    spawnSync(program, words, { stdio: 'ignore' }).status === 0;
  const file = join(image, 'disk');
  await writeFile(file, '');
  await truncate(file, 64 * 1024 * 1024);
  const isMounted = run('mkfs.ext4', '-q', file) && run('mount', '-o', 'loop', file, folder);
  t.after(async () => {
    run('fsfreeze', '--unfreeze', folder);
    if (isMounted) run('umount', '-l', folder);
    for (const path of [folder, image]) await rm(path, { recursive: true });
  });
  const canFreeze = isMounted && run('fsfreeze', '--freeze', folder) && run('fsfreeze', '--unfreeze', folder);
  return canFreeze ? folder : undefined;
}

const hasPrlimit = existsSync('/usr/bin/prlimit');

// Each waits until a server has looked again, and has its own: so side by side.
describe('health', { concurrency: true }, () => {
  test('a full disk: not ready, said once in the log; ready again by itself', { skip: !isRootOnLinux }, async (t) => {
    const disk = await mountDisk(t, '4m');
    if (disk === undefined) return t.skip('nothing can be mounted here');
    const { im, happens, ready, count } = await watched(t, { ...(await makeHome(t)), IM_DATA: join(disk, 'data') });
    assert.equal(await ready(), 'ok');
    const filler = join(disk, 'filler');
    await assert.rejects(writeFile(filler, Buffer.alloc(8 * 1024 * 1024)), { code: 'ENOSPC' });
    const body = 'x'.repeat(16_000); // more than fits into the last page of the journal
    const sent = await im(['send', 'bob', body, '--as', 'bob', '--timeout', '1s']);
    assert.equal(sent.code, EXIT_CODES['not-stored'].code, sent.stderr);
    await happens('disk-full');
    assert.equal(await ready(), 'not ready: the disk is full');
    await rm(filler);
    await happens('disk-has-space');
    assert.equal(await ready(), 'ok');
    assert.deepEqual([count('disk-full'), count('disk-has-space')], [1, 1]);
    // For MAILBOX.heldBackMs later messages of the sender wait for the refused one.
    const again = await im(['send', 'bob', body, '--as', 'bob', '--timeout', '30s']);
    assert.equal(again.code, 0, again.stderr);
  });

  test('a disk that hangs: not ready, said once in the log; the message is stored when it answers', {
    skip: !isRootOnLinux,
  }, async (t) => {
    const disk = await mountFreezable(t);
    if (disk === undefined) return t.skip('no file system can be frozen here');
    const server = await watched(t, { ...(await makeHome(t)), IM_DATA: join(disk, 'data') });
    execFileSync('fsfreeze', ['--freeze', disk]);
    const sent = server.im(['send', 'bob', 'hi', '--as', 'bob', '--timeout', '60s']);
    await server.happens('disk-hangs');
    assert.equal(await server.ready(), 'not ready: the disk does not answer');
    execFileSync('fsfreeze', ['--unfreeze', disk]);
    await server.happens('disk-answers');
    assert.equal(await server.ready(), 'ok');
    assert.equal((await sent).code, 0, (await sent).stderr);
    assert.deepEqual([server.count('disk-hangs'), server.count('disk-answers')], [1, 1]);
  });

  test('no file descriptor and no data folder: not ready, said once in the log', { skip: !hasPrlimit }, async (t) => {
    const { process: server, data, happens, ready, count } = await watched(t, await makeHome(t));
    const limit = (files: number): void => {
      execFileSync('prlimit', ['--pid', String(server.child.pid), `--nofile=${files}:`]);
    };
    assert.equal(await ready(), 'ok'); // and the connection stays open for the next question
    limit(10);
    await happens('no-descriptors');
    assert.equal(await ready(), 'not ready: no file descriptor is left');
    limit(1_000);
    await happens('descriptors-free');
    assert.equal(await ready(), 'ok');
    await rename(data, `${data}.away`);
    await happens('folder-gone');
    assert.equal(await ready(), 'not ready: the data folder is gone');
    await rename(`${data}.away`, data);
    await happens('folder-back');
    assert.equal(await ready(), 'ok');
    for (const event of ['no-descriptors', 'descriptors-free', 'folder-gone', 'folder-back'])
      assert.equal(count(event), 1);
    server.child.kill('SIGTERM');
    assert.equal((await server.finished).code, 0);
  });
});
