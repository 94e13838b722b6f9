import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { EXIT_CODES, exitCodeLines } from '../../src/cli/errors/exit-codes.js';
import { PROFILE_KEYS } from '../../src/cli/login/profile.js';
import { im, makeHome } from '../harness/process.js';

const root = join(import.meta.dirname, '../../..');

interface Manifest {
  readonly version: string;
  readonly commands: Readonly<Record<string, ManifestCommand>>;
}
interface ManifestCommand {
  readonly summary?: string;
  readonly examples?: readonly string[];
  readonly args: Readonly<Record<string, { readonly description?: string }>>;
  readonly flags: Readonly<Record<string, { readonly env?: string; readonly description?: string }>>;
}

const manifest = JSON.parse(await readFile(join(root, 'oclif.manifest.json'), 'utf8')) as Manifest;
const commands = Object.entries(manifest.commands);

test('oclif.manifest.json is up to date', async () => {
  await promisify(execFile)(process.execPath, [join(root, 'bin/manifest.js'), '--check']);
});

test('every command has a summary, and its help begins with examples', async (t) => {
  const env = await makeHome(t);
  for (const [id, { summary, examples }] of commands) {
    assert.ok(summary && examples && examples.length > 0, id);
  }
  const { stdout } = await im(t, ['send', '--help'], { env });
  const sections = [...stdout.matchAll(/^[A-Z ]+$/gm)].map(([header]) => header);
  assert.deepEqual(sections, ['EXAMPLES', 'USAGE', 'ARGUMENTS', 'FLAGS', 'GLOBAL FLAGS', 'DESCRIPTION']);
});

test('every example is shown after a prompt, and no bracket of a usage is empty', async (t) => {
  const env = await makeHome(t);
  for (const [id, { examples = [] }] of commands) {
    if (id === 'help') continue; // its own help is the list of commands
    const { stdout } = await im(t, [...id.split(':'), '--help'], { env });
    const [shown = '', rest = ''] = stdout.split(/^USAGE$/m);
    assert.equal([...shown.matchAll(/^ {2}\$ \S/gm)].length, examples.length, id);
    const [usage = ''] = rest.split(/^[A-Z ]+$/m);
    for (const [bracket] of usage.matchAll(/\[[^\]]*\]/g)) {
      assert.match(
        bracket,
        /^\[([A-Z]+(\.\.\.)?|GLOBAL FLAGS|--[a-z-]+( [^\s|]+(\|[^\s|]+)*)?( (\| )?--[a-z-]+( \S+)?)*)\]$/,
        `${id} ${bracket}`,
      );
    }
  }
});

test('every flag has a description, and an environment variable that no other flag of the command has', () => {
  for (const [id, { flags }] of commands) {
    const variables = Object.entries(flags).map(([name, { env, description }]) => {
      assert.ok(description, `${id} --${name}`);
      assert.match(env ?? '', /^(IM_[A-Z_]+|NO_COLOR)$/, `${id} --${name}`);
      return env;
    });
    assert.equal(new Set(variables).size, variables.length, id);
  }
});

test('no variable that --exec sets is that of a flag', () => {
  const variables = commands.flatMap(([, { flags }]) => Object.values(flags).map(({ env }) => env));
  for (const name of ['IM_ID', 'IM_FROM', 'IM_BODY', 'IM_SEQ', 'IM_AT', 'IM_ATTEMPT', 'IM_REPLAY']) {
    assert.ok(!variables.includes(name), name);
  }
});

test('no flag takes a secret', () => {
  for (const [id, { flags }] of commands) {
    assert.ok(!('token' in flags) && !('password' in flags), id);
  }
});

test('im help exit-codes prints the table', async (t) => {
  const { stdout, code } = await im(t, ['help', 'exit-codes'], { env: await makeHome(t) });
  assert.equal(code, 0);
  for (const line of exitCodeLines()) assert.ok(stdout.includes(line.trim()), line);
});

test('im help global-flags explains each flag that the help of a command only names', async (t) => {
  const env = await makeHome(t);
  const [named, explained] = await Promise.all([
    im(t, ['send', '--help'], { env }),
    im(t, ['help', 'global-flags'], { env }),
  ]);
  const [, part = ''] = /^GLOBAL FLAGS$(.*?)^[A-Z]+$/ms.exec(named.stdout) ?? [];
  const { flags } = manifest.commands['user:list'] as ManifestCommand;
  for (const [name, { env: variable = '' }] of Object.entries(flags)) {
    assert.match(part, new RegExp(`--${name}\\b`));
    assert.doesNotMatch(part, new RegExp(variable));
    assert.match(explained.stdout, new RegExp(`^ {2}--${name}\\b.*\\[env: ${variable}\\]`, 'm'));
  }
  const serve = await im(t, ['serve', '--help'], { env });
  assert.match(serve.stdout, /--data=DIR +\[env: IM_DATA\]/, 'a few are explained in place');
});

test('im --help names every key of the profile', async (t) => {
  const { stdout } = await im(t, ['--help'], { env: await makeHome(t) });
  const [, keys = ''] = /Its keys are (.*?)\./s.exec(stdout) ?? [];
  assert.deepEqual(keys.split(/,\s+|\s+and\s+/), [...PROFILE_KEYS]);
  assert.equal(stdout.match(/^ {2}devices /gm)?.length, 1, 'a command with further commands is listed once');
});

test('a misspelt command or flag gets a suggestion, without a question', async (t) => {
  const env = await makeHome(t);
  for (const [words, meant] of [
    [['snd', 'bob', 'hi'], 'im send'],
    [['user', 'ad', 'alice'], 'im user add'],
    [['usr', 'list'], 'im user list'],
    [['help', 'lisen'], 'im listen'],
  ] as const) {
    const { code, stdout, stderr } = await im(t, words, { env });
    assert.deepEqual([code, stdout], [EXIT_CODES.usage.code, '']);
    assert.match(stderr, new RegExp(`did you mean: ${meant}\n$`));
  }
  const flag = await im(t, ['send', 'bob', 'hi', '--jsn'], { env });
  assert.equal(flag.code, EXIT_CODES.usage.code);
  assert.match(flag.stderr, /did you mean --json\?/);
});

test('im runs with an empty environment, as under cron', async (t) => {
  const { code, stdout, stderr } = await im(t, ['--version'], { env: {} });
  assert.equal(code, 0, stderr);
  assert.match(stdout, new RegExp(`^im-toolkit/${manifest.version} `));
});

test('an error has at most three lines; DEBUG=im adds its stack', async (t) => {
  const words = ['send', 'Bad Name', 'hi'];
  const env = await makeHome(t);
  const short = await im(t, words, { env });
  assert.equal(short.code, EXIT_CODES.usage.code);
  assert.ok(short.stderr.trim().split('\n').length <= 3, short.stderr);
  const long = await im(t, words, { env: { ...env, DEBUG: 'im' } });
  assert.match(long.stderr, /\n {4}at /);
});

test('the description of a flag names its other names', () => {
  for (const command of Object.values(manifest.commands))
    for (const { aliases = [], description = '' } of Object.values(
      command.flags as Record<string, { aliases?: string[]; description?: string }>,
    ))
      for (const alias of aliases) assert.match(description, new RegExp(`--${alias} is the same`));
});
