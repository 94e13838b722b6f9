/** Runs what the systemd units in docs/examples start, and compares their exit codes with the table. */
import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { makeSandbox, type Sandbox } from './sandbox.js';
import { begin } from './shell.js';

const folder = join(import.meta.dirname, '../../../docs/examples/systemd');

/** Settings and their values; of a repeated setting, the last one. */
async function readUnit(path: string): Promise<Map<string, string>> {
  const lines = (await readFile(join(folder, path), 'utf8')).split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** The command that a unit starts, changed to run in this home. */
async function commandOf(path: string, { home }: Sandbox): Promise<string> {
  const command = (await readUnit(path)).get('ExecStart') ?? '';
  assert.match(command, /^\/usr\/local\/bin\/im /);
  return command
    .replace('/usr/local/bin/im', 'im')
    .replace('/var/lib/im', join(home, 'served'))
    .replace('9464', '0')
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

test('the drop-in for a database names no data folder, and lets the server start again while the database is away', async () => {
  const dropIn = 'system/im-database.conf';
  const text = await readFile(join(folder, dropIn), 'utf8');
  const unit = await readUnit(dropIn);
  assert.match(text, /^ExecStart=\nExecStart=.* serve /m);
  assert.doesNotMatch(unit.get('ExecStart') ?? '', /--data|--database/);
  assert.match(unit.get('Environment') ?? '', /^PGPASSFILE=/);
  assert.doesNotMatch(text, /:[^/@\s]+@/, 'a password');
  assert.equal(unit.get('StartLimitIntervalSec'), '0');
  assert.deepEqual((unit.get('RestartPreventExitStatus') ?? '').split(' ').map(Number), [
    EXIT_CODES.usage.code,
    EXIT_CODES['data-unusable'].code,
  ]);
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
  assert.deepEqual(await codesOf('user/im.service', 'RestartPreventExitStatus'), forServer);
  assert.deepEqual(await codesOf('user/im-listen.service', 'RestartPreventExitStatus'), [
    usage.code,
    EXIT_CODES['credential-refused'].code,
    replaced.code,
    EXIT_CODES['data-unusable'].code,
  ]);
  assert.deepEqual(await codesOf('user/im-listen.service', 'SuccessExitStatus'), [terminated.code]);
});
