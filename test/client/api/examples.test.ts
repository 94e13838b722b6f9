/** Runs the examples in docs/examples, and the program in docs/library.md, as they ship, against a real server over real sockets. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect, type IncomingMessage } from '../../../src/client/api/client.js';
import { openTarget, type Target } from '../../conformance/target.js';
import { type Running, type Scope, start } from '../../harness/process.js';

let target: Target;
let folder: string;

before(async () => {
  target = await openTarget();
  folder = await mkdtemp(join(tmpdir(), 'im-examples-'));
});

after(async () => {
  await target.close();
  await rm(folder, { recursive: true });
});

const root = join(import.meta.dirname, '../../../..');
const examples = join(root, 'docs/examples');

function program(t: Scope, path: string, token: string, words: readonly string[]): Running {
  return start(t, [path, ...words], { program: process.execPath, env: { IM_TOKEN: token }, input: '' });
}

const example = (t: Scope, name: string, user: string, words: readonly string[]): Running =>
  program(t, join(examples, `${name}.mjs`), target.tokenOf(user), [target.url, user, ...words]);

/** The words of the command in the first lines of an example, after its name. */
async function wordsOf(name: string): Promise<string[]> {
  const text = await readFile(join(examples, name), 'utf8');
  const command = new RegExp(`^ \\*     IM_TOKEN=… node ${name} (.+)$`, 'm').exec(text)?.[1];
  assert.ok(command, `${name} shows how to run it`);
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
}

test('an example without arguments prints how to run it; with a wrong token it fails', async (t) => {
  const names = (await readdir(examples)).filter((name) => name.endsWith('.mjs'));
  assert.equal(names.length, 3);
  await Promise.all(
    names.map(async (name) => {
      const path = join(examples, name);
      const [, user = '', ...words] = await wordsOf(name);
      const here = words.map((word) => word.replace(/^\.\//, `${folder}/`));
      const [bare, wrong] = await Promise.all([
        program(t, path, 'any', []).finished,
        program(t, path, 'wrong', [target.url, user, ...here]).finished,
      ]);
      assert.equal(bare.code, 2, name);
      assert.match(bare.stderr, new RegExp(`^usage: IM_TOKEN=… node ${name} URL [^\n]+\n$`));
      assert.equal(wrong.code, 1, name);
      assert.match(wrong.stdout + wrong.stderr, /unauthorized/, name);
    }),
  );
});

test('the program in docs/library.md prints what it says', async (t) => {
  const [, code = ''] = /^```js\n(.*?)^```$/ms.exec(await readFile(join(root, 'docs/library.md'), 'utf8')) ?? [];
  const here = code.replace('ws://127.0.0.1:4690', target.url).replace('./bob-state', join(folder, 'library-state'));
  // Within the package, so that its name means the package itself.
  const path = join(root, 'build', `library-${process.pid}.mjs`);
  t.after(() => rm(path));
  await writeFile(path, here);
  const { code: exit, stdout, stderr } = await program(t, path, target.tokenOf('bob'), []).finished;
  assert.equal(exit, 0, stderr);
  for (const line of ['bob: note to self', 'note-1 is stored', 'note-1 is delivered'])
    assert.match(stdout, new RegExp(line));
});

test('the echo bot answers each message once, also when it is killed in between; send-and-wait waits until delivery', async (t) => {
  const received: IncomingMessage[] = [];
  let check = (): void => undefined;
  const receives = (count: number): Promise<void> =>
    new Promise((resolve) => {
      check = () => {
        if (received.length >= count) resolve();
      };
      check();
    });
  const onMessage = (message: IncomingMessage): void => {
    received.push(message);
    check();
  };
  const alice = connect({ url: target.url, user: 'alice', token: target.tokenOf('alice'), onMessage });
  t.after(() => alice.close());

  const bot = example(t, 'echo-bot', 'bob', [folder]);
  await bot.line('online as bob');
  const first = await example(t, 'send-and-wait', 'alice', ['bob', 'hi', 'x-1']).finished;
  assert.equal(first.stdout, 'stored: the server has it on disk\ndelivered: bob has it\n');
  await receives(1);
  bot.child.kill('SIGKILL');
  await bot.finished;

  const next = example(t, 'echo-bot', 'bob', [folder]);
  await next.line('online as bob');
  const again = await example(t, 'send-and-wait', 'alice', ['bob', 'hi', 'x-1']).finished;
  assert.equal(again.stdout, 'the server had it before\ndelivered: bob has it\n');
  const second = await example(t, 'send-and-wait', 'alice', ['bob', 'are you there?', 'x-2']).finished;
  assert.equal(second.code, 0);
  await receives(2);
  assert.deepEqual(
    received.map(({ body }) => body),
    ['you said: hi', 'you said: are you there?'],
  );
  next.child.kill('SIGTERM');
  assert.match((await next.finished).stdout, /ended: closed/);
});

test('send-and-wait reports an unknown user', async (t) => {
  const { code, stderr } = await example(t, 'send-and-wait', 'alice', ['nobody', 'hi']).finished;
  assert.equal(code, 1);
  assert.match(stderr, /there is no such user/);
});

test('add-users prints the tokens of new users, and why it is refused', async (t) => {
  const { code, stdout } = await example(t, 'add-users', 'operator', ['dave', 'erin']).finished;
  assert.equal(code, 0);
  assert.match(stdout, /^dave \S+\nerin \S+\n$/);
  const again = await example(t, 'add-users', 'operator', ['dave']).finished;
  assert.equal(again.code, 1);
  assert.match(again.stderr, /^refused, nothing was changed: user dave exists already/);
});
