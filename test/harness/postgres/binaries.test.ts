/** Which PostgreSQL the tests run on, and what they say when there is none. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { findBinaries, MIN_POSTGRES } from './binaries.js';

const folder = await mkdtemp(join(tmpdir(), 'im-test-'));
after(() => rm(folder, { recursive: true }));

/** A folder with programs that only tell their version. */
async function programs(name: string, version: number, names = ['initdb', 'postgres']): Promise<string> {
  const path = join(folder, name, 'bin');
  await mkdir(path, { recursive: true });
  for (const program of names) {
    await writeFile(join(path, program), `#!/bin/sh\necho 'postgres (PostgreSQL) ${version}.3 (Debian)'\n`, {
      mode: 0o755,
    });
  }
  return path;
}

const none = { env: { PATH: '' }, installed: [], npm: () => undefined };

test('the newest of the system, then what is in PATH, then the npm package', async () => {
  const [old, older] = [await programs('16', 16), await programs('15', 15)];
  const path = await programs('path', 17);
  const npm = await programs('npm', 18);
  const all = { env: { PATH: path }, installed: [older, old], npm: () => npm };
  assert.deepEqual(await findBinaries(all), { folder: old, version: 16 });
  assert.deepEqual(await findBinaries({ ...all, installed: [] }), { folder: path, version: 17 });
  assert.deepEqual(await findBinaries({ ...none, npm: () => npm }), { folder: npm, version: 18 });
});

test('pg_config comes first, unless it belongs to a client library alone', async () => {
  const [chosen, installed] = [await programs('chosen', 15), await programs('17', 17)];
  const path = join(folder, 'config');
  await mkdir(path);
  const config = (bin: string) => writeFile(join(path, 'pg_config'), `#!/bin/sh\necho ${bin}\n`, { mode: 0o755 });
  const all = { ...none, env: { PATH: path }, installed: [installed] };
  await config(chosen);
  assert.equal((await findBinaries(all)).folder, chosen);
  await config(await programs('client', 17, ['psql']));
  assert.equal((await findBinaries(all)).folder, installed);
});

test('IM_TEST_POSTGRES chooses a folder, or npm, and nothing else is taken instead', async () => {
  const [installed, other, npm] = [await programs('18', 18), await programs('other', 15), await programs('npm', 18)];
  const chosen = (IM_TEST_POSTGRES: string) =>
    findBinaries({ env: { PATH: '', IM_TEST_POSTGRES }, installed: [installed], npm: () => npm });
  assert.equal((await chosen(other)).folder, other);
  assert.equal((await chosen('npm')).folder, npm);
  assert.equal((await chosen('')).folder, installed);
  await assert.rejects(chosen('/no/such'), /No PostgreSQL[\s\S]*\/no\/such: has no program initdb/);
});

test('none, or only one that is too old: an error that says what was looked at and what to do', async () => {
  await assert.rejects(findBinaries(none), /^Error: No PostgreSQL 15 or newer.*\nInstall one .*\n.*IM_TEST_POSTGRES/);
  const old = await programs('14', MIN_POSTGRES - 1);
  const broken = await programs('broken', 17);
  await writeFile(join(broken, 'postgres'), '#!/bin/sh\necho missing library >&2; exit 127\n');
  await assert.rejects(findBinaries({ ...none, installed: [old, broken] }), ({ message }: Error) => {
    assert.match(message, /\/14\/bin: is PostgreSQL 14\n/);
    assert.match(message, /\/broken\/bin: postgres --version failed: [\s\S]*missing library/);
    return true;
  });
});
