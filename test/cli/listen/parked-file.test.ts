import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, link, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Failure } from '../../../src/cli/errors/failure.js';
import { appendParked, checkParkedFile } from '../../../src/cli/listen/parked-file.js';

const folder = await mkdtemp(join(tmpdir(), 'im-parked-'));
after(() => rm(folder, { recursive: true }));

const inFolder = (name: string): string => join(folder, name);
const refused = (why: RegExp) => (error: unknown) =>
  error instanceof Failure && error.exit === 'usage' && why.test(error.why ?? '');

test('lines are appended to a file that only its owner can read', async () => {
  const path = inFolder('parked');
  await checkParkedFile(path);
  assert.equal(await readFile(path, 'utf8'), '');
  for (const id of ['a', 'b']) await appendParked(path, { id });
  assert.equal(await readFile(path, 'utf8'), '{"id":"a"}\n{"id":"b"}\n');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test('a file that was moved away is not written to any more', async () => {
  const path = inFolder('moved');
  await appendParked(path, { id: 'a' });
  await rename(path, `${path}.1`);
  await appendParked(path, { id: 'b' });
  assert.deepEqual(
    [await readFile(`${path}.1`, 'utf8'), await readFile(path, 'utf8')],
    ['{"id":"a"}\n', '{"id":"b"}\n'],
  );
});

test('a line that a crash has cut off is not continued', async () => {
  const path = inFolder('torn');
  await writeFile(path, '{"id":"a"}\n{"id', { mode: 0o600 });
  await appendParked(path, { id: 'b' });
  assert.equal(await readFile(path, 'utf8'), '{"id":"a"}\n{"id\n{"id":"b"}\n');
});

test('lines of several writers do not mix', async () => {
  const path = inFolder('shared');
  const ids = Array.from({ length: 20 }, (_, index) => `${index}`.padStart(20_000, 'x'));
  await Promise.all(ids.map((id) => appendParked(path, { id })));
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  assert.deepEqual(lines.map((line) => (JSON.parse(line) as { id: string }).id).sort(), ids.sort());
});

test('links, what is no file, and what others can write to, are refused, and stay as they are', async () => {
  const target = inFolder('target');
  await writeFile(target, 'precious', { mode: 0o600 });
  await symlink(target, inFolder('symbolic'));
  await symlink(inFolder('nowhere'), inFolder('dangling'));
  for (const name of ['symbolic', 'dangling'])
    await assert.rejects(appendParked(inFolder(name), {}), refused(/symbolic link/));
  await link(target, inFolder('hard'));
  await assert.rejects(appendParked(inFolder('hard'), {}), refused(/second name/));
  execFileSync('mkfifo', [inFolder('fifo')]);
  await assert.rejects(appendParked(inFolder('fifo'), {}), refused(/not a file/));
  await assert.rejects(appendParked('/dev/null', {}), refused(/not a file/));
  await assert.rejects(appendParked(folder, {}), refused(/EISDIR/));
  await writeFile(inFolder('open'), '');
  await chmod(inFolder('open'), 0o622);
  await assert.rejects(appendParked(inFolder('open'), {}), refused(/other accounts can write/));
  assert.equal(await readFile(target, 'utf8'), 'precious');
  await assert.rejects(stat(inFolder('nowhere')));
});
