import assert from 'node:assert/strict';
import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Finding, runChecks } from '../../../src/cli/doctor/doctor.js';
import { assessDurability, assessSharing, assessSpace, checkDurability } from '../../../src/cli/doctor/doctor-disk.js';
import { checkFolder, checkNode, nearestFolder } from '../../../src/cli/doctor/doctor-machine.js';
import { assessClock } from '../../../src/cli/doctor/doctor-server.js';
import { assessCertificate, checkTlsFiles } from '../../../src/cli/doctor/doctor-tls.js';
import { certificate, signed } from '../../io/certificate.js';
import { createFakeOutput } from '../fake-output.js';

async function folderOf(t: { after(run: () => Promise<void>): void }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'im-test-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

test('each finding is one escaped line; the first problem sets the exit code', async () => {
  const findings: Finding[] = [
    { check: 'node', state: 'ok', message: '20' },
    { check: 'data', state: 'warning', message: 'a\u001b[2J', next: 'do' },
    { check: 'server', state: 'problem', message: 'away', exit: 'not-stored', facts: { url: 'ws://x' } },
    { check: 'identity', state: 'problem', message: 'who', exit: 'credential-refused' },
  ];
  const text = createFakeOutput();
  assert.equal(await runChecks([async () => findings], text), 'not-stored');
  assert.deepEqual(text.lines, [
    'ok       node        20',
    'warning  data        a^[[2J - do',
    'problem  server      away',
    'problem  identity    who',
  ]);
  const json = createFakeOutput(true);
  await runChecks(
    findings.map((finding) => async () => [finding]),
    json,
  );
  assert.equal(json.lines[2], '{"check":"server","state":"problem","message":"away","url":"ws://x"}');
});

test('a warning does not change the exit code', async () => {
  const check = async (): Promise<Finding[]> => [{ check: 'clock', state: 'warning', message: 'late' }];
  assert.equal(await runChecks([check], createFakeOutput()), 'done');
});

test('a Node older than the package requires is a problem', () => {
  const stateOf = (running: string) => checkNode(running, '>=20.19.0', '0.1.0').state;
  for (const running of ['20.19.0', '20.19.1', '20.20.0', '24.0.0', '26.1.0']) assert.equal(stateOf(running), 'ok');
  for (const running of ['20.18.9', '20.9.0', '18.99.0', '9.0.0']) assert.equal(stateOf(running), 'problem');
});

test('a folder that is foreign, readable by others or no folder is reported', async (t) => {
  const folder = await folderOf(t);
  const { uid } = await stat(folder);
  assert.equal((await checkFolder('data', join(folder, 'none'), uid)).state, 'ok');
  assert.equal((await checkFolder('data', folder, uid)).state, 'ok');
  assert.equal((await checkFolder('data', folder, uid + 1)).state, 'problem');
  await chmod(folder, 0o750);
  const open = await checkFolder('data', folder, uid);
  assert.deepEqual([open.state, open.next], ['warning', `chmod -R go= '${folder}'`]);
  await chmod(folder, 0o720);
  assert.equal((await checkFolder('data', folder, uid)).state, 'problem', 'others can write');
  await chmod(folder, 0o700);
  await writeFile(join(folder, 'file'), '');
  const file = await checkFolder('data', join(folder, 'file'), uid);
  assert.deepEqual([file.state, file.exit], ['problem', 'data-unusable']);
  assert.equal(file.next, 'repair it, or name another folder: --data DIR');
  await mkdir(join(folder, 'others'), { mode: 0o700 });
  if (uid === 0) await chown(join(folder, 'others'), 1, 1);
  assert.equal((await checkFolder('data', join(folder, 'others'), 0)).state, 'warning', 'root may, but should not');
});

const isRoot = process.getuid?.() === 0;

test('a folder that is missing and cannot be made is a warning', { skip: isRoot && 'root may' }, async (t) => {
  const folder = await folderOf(t);
  const { uid } = await stat(folder);
  await chmod(folder, 0o500);
  const { state, next } = await checkFolder('state', join(folder, 'a/b'), uid);
  assert.deepEqual([state, next], ['warning', 'name another folder: XDG_STATE_HOME=DIR']);
});

test('room: low free space is a warning, hardly any a problem', () => {
  const stateOf = (freeBytes: number) => assessSpace('/srv', freeBytes).state;
  assert.deepEqual(
    [stateOf(1e9), stateOf(1e9 - 1), stateOf(5e7), stateOf(5e7 - 1)],
    ['ok', 'warning', 'warning', 'problem'],
  );
});

test('durability: slow, too fast and in memory are warnings', () => {
  const stateOf = (us: number, isInMemory = false) => assessDurability('/srv', us, isInMemory).state;
  assert.deepEqual([stateOf(10), stateOf(20_000)], ['ok', 'ok']);
  assert.deepEqual([stateOf(9), stateOf(20_001), stateOf(100, true)], ['warning', 'warning', 'warning']);
});

test('sharing: a file system that other machines may have mounted is a warning, and named', () => {
  const NFS = 0x6969;
  const CIFS = -0x00acb2be; // 0xff534d42 where statfs gives 32 bits
  const EXT4 = 0xef53;
  assert.deepEqual([assessSharing('/srv', EXT4).state, assessSharing('/srv', NFS).state], ['ok', 'warning']);
  assert.match(assessSharing('/srv', NFS).message, /on NFS: .* may not be seen by other machines/);
  assert.match(assessSharing('/srv', CIFS).message, /on CIFS/);
});

test('durability is measured in the folder, and leaves no file there', async (t) => {
  const folder = await folderOf(t);
  const { state, facts } = await checkDurability(folder);
  assert.notEqual(state, 'problem');
  assert.equal(typeof facts?.medianUs, 'number');
  assert.deepEqual(await readdir(folder), []);
  const gone = await checkDurability(join(folder, 'none'));
  assert.deepEqual([gone.state, gone.exit], ['problem', 'data-unusable']);
});

test('for a missing folder the nearest existing parent is checked', async (t) => {
  const folder = await folderOf(t);
  assert.equal(await nearestFolder(join(folder, 'a/b/c')), folder);
  assert.equal(await nearestFolder(folder), folder);
});

test('clocks may differ by half a minute, or by the time of the answer', () => {
  assert.equal(assessClock(-30_000, 5).state, 'ok');
  assert.equal(assessClock(40_000, 50_000).state, 'ok');
  assert.match(assessClock(3_600_400, 5).message, /1h ahead/);
  assert.match(assessClock(-90_000, 5).message, /90s behind/);
  assert.equal(assessClock(-90_000, 5).state, 'warning');
});

test('a certificate: little time left is a warning, in proportion to its lifetime, and so is none', () => {
  const now = Date.UTC(2030, 0, 31);
  const dayOf = (days: number): string => new Date(now + days * 24 * 3_600_000).toUTCString();
  const stateOf = (age: number, left: number) =>
    assessCertificate({ validFrom: dayOf(-age), validTo: dayOf(left) }, now).state;
  assert.deepEqual([stateOf(60, 30), stateOf(1, 14), stateOf(351, 14), stateOf(5, 1)], ['ok', 'ok', 'ok', 'ok']);
  assert.deepEqual([stateOf(351, 13.9), stateOf(5, 0.9), stateOf(90, -1)], ['warning', 'warning', 'warning']);
  const { message, facts } = assessCertificate({ validFrom: dayOf(-1), validTo: dayOf(9.5) }, now);
  assert.equal(message, "the server's is valid until 2030-02-09, for 9 more days");
  assert.equal(facts?.daysLeft, 9);
});

test('TLS files that im serve would refuse are a problem, as there', async (t) => {
  const folder = await folderOf(t);
  const [IM_SERVE_TLS_CERT, IM_SERVE_TLS_KEY] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await writeFile(IM_SERVE_TLS_CERT, certificate.cert);
  await writeFile(IM_SERVE_TLS_KEY, certificate.key, { mode: 0o600 });
  const found = async () => (await checkTlsFiles({ IM_SERVE_TLS_CERT, IM_SERVE_TLS_KEY }))[0];
  assert.equal((await found())?.state, 'ok');
  await writeFile(IM_SERVE_TLS_KEY, signed.key);
  const { state, exit, message } = (await found()) as Finding;
  assert.deepEqual([state, exit], ['problem', 'usage']);
  assert.match(message, /is not the key of the certificate in/);
  assert.deepEqual(await checkTlsFiles({}), []);
});
