/** Runs the examples in docs/examples against a real server over real sockets. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect, type IncomingMessage } from '../../src/client/client.js';
import { openTarget, type Target } from '../conformance/target.js';
import { type Running, type Scope, start } from '../harness/process.js';

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

function example(t: Scope, name: string, user: string, words: readonly string[]): Running {
  const path = join(import.meta.dirname, `../../docs/examples/${name}.js`);
  const env = { IM_TOKEN: target.tokenOf(user) };
  return start(t, [path, target.url, user, ...words], { program: process.execPath, env, input: '' });
}

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
  assert.match(again.stderr, /refused: user dave exists already/);
});
