/** Who may have put something into a folder: other accounts are told by owner and mode, as ssh does. */
import assert from 'node:assert/strict';
import { chmod, chown, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { claimFolder, distrust, isTrusted, NotTrusted, refuseUntrusted } from '../../src/io/permissions.js';

const [ALICE, MALLORY, ROOT] = [1_000, 1_001, 0];
const isRoot = process.geteuid?.() === 0;
const skip = process.platform === 'win32' && 'no modes';

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'im-permissions-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

test('what another account owns or can write to is not trusted; root uses that of any account, and all use that of root', () => {
  const table: readonly [owner: number, mode: number, uid: number, isTrusted: boolean][] = [
    [ALICE, 0o700, ALICE, true],
    [ALICE, 0o755, ALICE, true],
    [ALICE, 0o770, ALICE, false],
    [ALICE, 0o702, ALICE, false],
    [ALICE, 0o1777, ALICE, false],
    [MALLORY, 0o700, ALICE, false],
    [MALLORY, 0o755, ALICE, false],
    [ROOT, 0o755, ALICE, true],
    [ROOT, 0o1777, ALICE, false],
    [ALICE, 0o700, ROOT, true],
    [ALICE, 0o777, ROOT, false],
    [ROOT, 0o700, ROOT, true],
    [ROOT, 0o1777, ROOT, false],
  ];
  for (const [owner, mode, uid, expected] of table) {
    assert.equal(distrust('/srv/im', owner, mode, uid) === undefined, expected, `${owner} ${mode.toString(8)} ${uid}`);
  }
  assert.match(distrust('/srv/im', MALLORY, 0o700, ALICE) ?? '', /^\/srv\/im belongs to account 1001/);
  assert.match(distrust('/srv/im', ALICE, 0o770, ALICE) ?? '', /chmod go-w '\/srv\/im'; or/);
});

test('a folder that others can write to is refused, and left as it is; an empty own one is made private', {
  skip,
}, async (t) => {
  const folder = await folderOf(t);
  await chmod(folder, 0o775);
  await claimFolder(folder);
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
  await writeFile(join(folder, 'store.json'), '');
  await claimFolder(folder);
  await chmod(folder, 0o775);
  const refused = (error: unknown) => error instanceof NotTrusted && error.message.includes(folder);
  await assert.rejects(claimFolder(folder), refused);
  await assert.rejects(refuseUntrusted(folder), refused);
  assert.equal((await stat(folder)).mode & 0o777, 0o775);
  await chmod(folder, 0o755);
  await claimFolder(folder);
  assert.equal((await stat(folder)).mode & 0o777, 0o755);
});

test('root uses a folder of another account, but not one that all can write to', {
  skip: !isRoot && 'not root',
}, async (t) => {
  const folder = join(await folderOf(t), 'of-alice');
  await mkdir(folder, { mode: 0o700 });
  await chown(folder, ALICE, ALICE);
  await claimFolder(folder);
  assert.ok(await isTrusted(folder));
  await chmod(folder, 0o777);
  await assert.rejects(claimFolder(folder), NotTrusted);
  assert.equal((await stat(folder)).mode & 0o777, 0o777, 'it is not root’s');
});
