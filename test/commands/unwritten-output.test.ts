/** Output that cannot be written: what was done is done and its exit code stands; what was not printed is not acked. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { fileScope, PROGRAM, start } from '../harness/process.js';
import { jsonLines, serve } from './server.js';

const server = await serve(fileScope());
const home = server.env.HOME as string;
await server.im(['user', 'add', 'alice', ...'abcdefghi', '--keep']);

/** Runs shell, with the function `im`. @param input on stdin; undefined: it stays open. */
function shell(t: TestContext, script: string, input?: string) {
  const env = { ...server.env, NODE: process.execPath, IM: PROGRAM };
  const options = { program: 'sh', env, ...(input !== undefined && { input }) };
  return start(t, ['-c', `cd "$HOME"; im() { "$NODE" "$IM" "$@"; }\n${script}`], options).finished;
}

/** Shell that opens a pipe at 8 which nobody reads. */
const BROKEN_PIPE = 'mkfifo broken; exec 7<> broken 8> broken 7<&-; rm broken; ';

const send = (to: string, ...bodies: readonly string[]) =>
  server.im(['send', to, '--as', 'alice', '--stdin', 'lines', '--quiet'], { input: bodies.join('\n') });

async function undelivered(user: string): Promise<number> {
  return jsonLines((await server.im(['inspect-queue', user, '--json'])).stdout).length;
}

const noFullDisk = !existsSync('/dev/full');

for (const [user, more] of [
  ['a', ''],
  ['b', '--json'],
  ['c', "--format '{line}'"],
] as const) {
  test(`im listen ${more}: a message that cannot be printed is not acked (R12)`, { skip: noFullDisk }, async (t) => {
    await send(user, '1', '2', '3', '4', '5');
    const { stderr } = await shell(t, `for run in 1 2 3; do im listen --as ${user} ${more} > /dev/full; done`);
    assert.equal(stderr.match(/no space left on device/g)?.length, 3);
    assert.equal(await undelivered(user), 5);
    const { stdout } = await server.im(['listen', '--as', user, '--count', '5']);
    assert.equal(stdout, [1, 2, 3, 4, 5].map((body) => `alice: ${body}\n`).join(''));
  });
}

test('im connect --json: a message that cannot be printed is not acked (R12)', { skip: noFullDisk }, async (t) => {
  await send('d', 'hello');
  const { code } = await shell(t, 'im connect d --json > /dev/full');
  assert.equal(code, EXIT_CODES.unexpected.code);
  assert.equal(await undelivered('d'), 1);
});

test('a message that was cut off comes again whole, on a line of its own', async (t) => {
  // A limit of the size of files stands for the disk. The folders of im need less than these 64 KiB.
  const limit = 64 * 1024;
  const log = join(home, 'cut-off.log');
  const [first, second] = ['1'.repeat(20), '2'.repeat(60)];
  await send('e', first, second);
  const before = `${'x'.repeat(limit - 60)}\n`;
  await writeFile(log, before);
  // The unit of ulimit is 512 bytes in POSIX, 1024 in bash.
  const block = '$( (ulimit -f 1; head -c 4096 /dev/zero > probe) 2> probe.err; wc -c < probe)';
  const limited = await shell(
    t,
    `blocks=$(( ${limit} / ${block} )); ulimit -f $blocks; im listen --as e >> cut-off.log`,
  );
  assert.equal(limited.code, EXIT_CODES.unexpected.code, limited.stderr);
  assert.match(limited.stderr, /cannot be written\n +EFBIG/);
  assert.equal((await stat(log)).size, limit, 'the disk is full to the last byte');
  await shell(t, 'im listen --as e --count 1 >> cut-off.log');
  const lines = (await readFile(log, 'utf8')).slice(before.length).split('\n');
  const cutOff = lines[1] as string;
  assert.deepEqual(lines, [`alice: ${first}`, cutOff, `alice: ${second}`, '']);
  assert.ok(`alice: ${second}`.startsWith(cutOff));
});

test('a pipe that nobody reads changes no exit code', async (t) => {
  const refused = await shell(t, `${BROKEN_PIPE} im send nobody x --as alice 2>&8`);
  assert.equal(refused.code, EXIT_CODES.refused.code);
  const late = await shell(t, `${BROKEN_PIPE} im send f x --as alice --wait delivered --timeout 300ms >&8`);
  assert.equal(late.code, EXIT_CODES['not-delivered'].code);
});

test('im send --stdin lines | head -1 sends every line', async (t) => {
  const count = 5_000;
  const input = Array.from({ length: count }, (_, line) => `line ${line}\n`).join('');
  const { stdout, stderr } = await shell(
    t,
    '{ im send g --as alice --stdin lines; echo "code $?" >&2; } | head -1',
    input,
  );
  assert.equal(stdout.split('\n').length, 2, stdout);
  assert.equal(stderr, 'code 0\n');
  assert.equal(await undelivered('g'), count);
});

test('im send --exec CMD | head -1: the command runs to its end, and the report has all of it', async (t) => {
  const command = 'echo one; read line < gone; echo two; echo three; exit 3';
  const sending = `{ im send h --as alice --exec '${command}'; echo "code $?" >&2; }`;
  const { stderr } = await shell(t, `mkfifo gone; ${sending} | { head -1; exec <&-; echo now > gone; }`);
  assert.equal(stderr, 'code 3\n');
  const { stdout } = await server.im(['listen', '--as', 'h', '--count', '1']);
  assert.match(stdout, /exit code 3 .*\n +\| one\n +\| two\n +\| three\n/);
});

test('im purge purges nothing when the export cannot be written, and leaves no half export', async (t) => {
  await send('i', ...'123'.split('').map((digit) => digit.repeat(10_000)));
  const { code, stdout, stderr } = await shell(t, 'ulimit -f 8; im purge i --yes --export half.jsonl');
  assert.deepEqual([code, stdout], [EXIT_CODES.unexpected.code, '']);
  assert.match(
    stderr,
    /^im: half\.jsonl cannot be written: nothing was changed\n.*EFBIG.*\n.*another disk: --export FILE/,
  );
  assert.equal(existsSync(join(home, 'half.jsonl')), false);
  assert.equal(await undelivered('i'), 3);
});
