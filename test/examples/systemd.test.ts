/** Runs what the systemd units in docs/examples start, and compares their exit codes with the table. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { sharedPostgres } from '../harness/postgres/shared.js';
import { signed } from '../io/certificate.js';
import { makeSandbox, type Sandbox } from './sandbox.js';
import { begin } from './shell.js';

const folder = join(import.meta.dirname, '../../../docs/examples/systemd');
/** A drop-in of system/im.service. */
const ON_DATABASE = 'system/im-database.conf';

/** Settings and their values, in their order. */
async function settingsOf(path: string): Promise<(readonly [name: string, value: string])[]> {
  const lines = (await readFile(join(folder, path), 'utf8')).split('\n');
  return lines.flatMap((line) => {
    const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
}

/** Of a repeated setting, the last value. */
const readUnit = async (path: string): Promise<Map<string, string>> => new Map(await settingsOf(path));

/** The command that a unit starts, changed to run in this home. */
async function commandOf(path: string, { home }: Sandbox): Promise<string> {
  const command = (await readUnit(path)).get('ExecStart') ?? '';
  assert.match(command, /^\/usr\/local\/bin\/im /);
  return command
    .replace('/usr/local/bin/im', 'im')
    .replace('/var/lib/im', join(home, 'served'))
    .replaceAll('/etc/im', home)
    .replace('9464', '0')
    .replace('0.0.0.0', '127.0.0.1')
    .replaceAll('%h', home);
}

test('the units start a server and a listener', async (t) => {
  const sandbox = await makeSandbox(t);
  const { home, env } = sandbox;
  const run = (command: string) => begin(t, command, { folder: home, env });
  const machine = run(await commandOf('system/im.service', sandbox));
  await machine.line((line) => line.startsWith('listening on ') && line.endsWith('/served'));
  await machine.end();

  const own = run(await commandOf('user/im.service', sandbox));
  await own.line((line) => line.startsWith('listening on '));
  await mkdir(join(home, 'bin'));
  await writeFile(join(home, 'bin/on-message'), '#!/bin/sh\necho "told by $IM_FROM: $IM_BODY"\n');
  await chmod(join(home, 'bin/on-message'), 0o755);
  const listening = run(await commandOf('user/im-listen.service', sandbox));
  await listening.line((line) => line.includes('added ops'));
  assert.equal((await run('im send ops hello').ended).code, 0);
  await listening.line((line) => line === 'told by you: hello');
});

test('with its drop-in the unit of a server uses a database, and its password is in a file', async (t) => {
  const sandbox = await makeSandbox(t);
  const { home } = sandbox;
  const postgres = await sharedPostgres();
  t.after(() => postgres.close());
  const url = new URL(await postgres.newDatabase());
  await writeFile(join(home, 'pgpass'), `*:*:*:im:${url.password}\n`, { mode: 0o600 });
  await writeFile(join(home, 'fullchain.pem'), signed.cert);
  await writeFile(join(home, 'privkey.pem'), signed.key, { mode: 0o600 });
  url.password = '';
  const variables = (await settingsOf(ON_DATABASE)).flatMap(([name, value]) => {
    const [, variable = '', of = ''] = (name === 'Environment' && /^(\w+)=(.*)$/.exec(value)) || [];
    return variable === '' ? [] : [[variable, of.replaceAll('/etc/im', home)] as const];
  });
  const unit = Object.fromEntries(variables);
  assert.match(unit.IM_DATABASE_URL ?? '', /^postgresql:/);
  const command = await commandOf(ON_DATABASE, sandbox);
  const serve = (IM_DATABASE_URL: string) => {
    const env = { ...sandbox.env, ...unit, IM_DATABASE_URL, IM_SERVE_SINGLE_NODE: '1' };
    return begin(t, command, { folder: home, env });
  };
  const server = serve(url.href);
  await server.line((line) => line.startsWith('listening on wss://') && line.includes(url.pathname));
  await server.end();
  url.port = '1';
  assert.equal((await serve(url.href).ended).code, EXIT_CODES['not-stored'].code, 'away: it is restarted');
});

test('systemd understands the unit of a machine, with and without its drop-in', async (t) => {
  const { home } = await makeSandbox(t);
  const [unit, dropIns] = [join(home, 'im.service'), join(home, 'im.service.d')];
  await mkdir(dropIns);
  const install = async (path: string, to: string) => {
    const text = await readFile(join(folder, path), 'utf8');
    await writeFile(to, text.replaceAll('/usr/local/bin/im', process.execPath));
  };
  const verify = () => spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' });
  await install('system/im.service', unit);
  const alone = verify();
  if (alone.error) return t.skip('no systemd-analyze');
  assert.equal(alone.stderr, '');
  await install(ON_DATABASE, join(dropIns, 'database.conf'));
  assert.equal(verify().stderr, '');
});

test('systemctl reload sends the signal that renews the certificate', async () => {
  for (const path of ['system/im.service', 'user/im.service'])
    assert.equal((await readUnit(path)).get('ExecReload'), '/bin/kill -HUP $MAINPID', path);
});

test('the units do not restart after exit codes that a restart cannot fix', async () => {
  const codesOf = async (path: string, setting: string): Promise<number[]> =>
    ((await readUnit(path)).get(setting) ?? '').split(' ').map(Number);
  const { usage, replaced, terminated } = EXIT_CODES;
  const forServer = [usage.code, EXIT_CODES['data-unusable'].code];
  assert.deepEqual(await codesOf('system/im.service', 'RestartPreventExitStatus'), forServer);
  assert.deepEqual(await codesOf(ON_DATABASE, 'RestartPreventExitStatus'), forServer);
  assert.deepEqual(await codesOf('user/im.service', 'RestartPreventExitStatus'), forServer);
  assert.deepEqual(await codesOf('user/im-listen.service', 'RestartPreventExitStatus'), [
    usage.code,
    EXIT_CODES['credential-refused'].code,
    replaced.code,
    EXIT_CODES['data-unusable'].code,
  ]);
  assert.deepEqual(await codesOf('user/im-listen.service', 'SuccessExitStatus'), [terminated.code]);
});
