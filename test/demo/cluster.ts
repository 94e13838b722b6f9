/**
 * `npm run demo:cluster`: a PostgreSQL in a temporary folder, two real servers on it, and alice and bob, who chat across them while one
 * of them is killed. Prints what happens and how long it takes, and ends with 1 if a promise was broken. Nothing is left of it,
 * however it ends.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { untilSignal } from '../../src/cli/app/signals.js';
import { DemoServer } from '../../src/cli/demo/demo-server.js';
import { Sandbox } from '../../src/cli/demo/sandbox.js';
import { exitCode } from '../../src/cli/errors/exit-codes.js';
import { startPostgres } from '../harness/postgres/postgres-node.js';
import { PROGRAM } from '../harness/process.js';
import { Chatter } from './chatter.js';
import { startLoadBalancer } from './load-balancer.js';

/** Each sends so many in the calm, and so many around the kill. */
const CALM = 20;
const STORMY = 300;
/** The server is killed when it has confirmed so many of the latter. */
const KILLED_AFTER = 100;

const say = (text: string): void => console.log(text);
const show = (text: string): void => say(`  ${text}`);
/** What has to be ended, the newest first. */
const ends: (() => unknown)[] = [];

/** Runs a part of the demo, and says how long it took. */
async function part<T>(title: string, run: () => Promise<T>): Promise<T> {
  say(title);
  const startedAt = performance.now();
  const result = await run();
  show(`(${seconds(performance.now() - startedAt)})`);
  say('');
  return result;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

async function tell(): Promise<void> {
  const sandbox = await Sandbox.open(PROGRAM);
  ends.unshift(() => sandbox.close());

  const database = await part('A PostgreSQL, in a temporary folder.', async () => {
    const node = await startPostgres();
    ends.unshift(() => node.remove());
    const address = new URL(await node.newDatabase());
    sandbox.env.PGPASSWORD = address.password; // not a part of the address: a process list shows that
    address.password = '';
    const [{ version } = { version: '' }] = await node.query<{ version: string }>(
      "SELECT current_setting('server_version') AS version",
    );
    show(`version ${version}; commits wait for the disk`);
    return address.href;
  });
  const flags = ['--database', database, '--single-node'];

  const servers = await part('Two servers on it, and a load balancer in front of them.', async () => {
    const started = [await DemoServer.start(sandbox, '0', flags), await DemoServer.start(sandbox, '0', flags)] as const;
    for (const { words, announced } of started) {
      show(`$ im ${words.join(' ')}`);
      show(announced);
    }
    return started;
  });
  const [one, two] = servers;
  const balancer = await startLoadBalancer([one.url, two.url]);
  ends.unshift(() => balancer.close());

  const [forAlice = '', forBob = ''] = await part(
    'Two users, whom the operator adds through the load balancer.',
    async () => {
      const file = join(sandbox.folder, 'operator.token');
      const operator = await sandbox.run(['database', 'operator', ...flags]);
      await writeFile(file, operator.join('\n'), { mode: 0o600 });
      show('$ im database operator … > operator.token');
      show(`$ im user add alice bob --url ${balancer.url} --as operator --token-file operator.token`);
      return sandbox.run([
        'user',
        'add',
        'alice',
        'bob',
        '--url',
        balancer.url,
        '--as',
        'operator',
        '--token-file',
        file,
      ]);
    },
  );

  // Two connections that follow each other go to different servers.
  const { folder } = sandbox;
  const alice = new Chatter('alice', { url: balancer.url, token: forAlice, folder });
  await alice.until(() => alice.isOnline);
  const bob = new Chatter('bob', { url: balancer.url, token: forBob, folder });
  await bob.until(() => bob.isOnline);
  ends.unshift(() => Promise.all([alice.close(), bob.close()]));

  await part(`Alice and bob are at different servers. Each writes ${CALM} messages.`, async () => {
    await Promise.all([alice.chat(bob, CALM), bob.chat(alice, CALM)]);
    show(`all ${2 * CALM} have arrived`);
  });

  await part(`Each writes ${STORMY} more. Meanwhile one server is killed.`, async () => {
    const chatting = Promise.all([alice.chat(bob, STORMY), bob.chat(alice, STORMY)]);
    await alice.until(() => alice.stored >= CALM + KILLED_AFTER);
    await one.kill();
    const killedAt = performance.now();
    show(`$ kill -9 ${one.pid}`);
    await Promise.race([alice.until(() => alice.losses > 0), bob.until(() => bob.losses > 0)]);
    const [away, there] = alice.losses > 0 ? [alice, bob] : [bob, alice];
    show(`${away.user} was there. ${there.user} does not notice`);
    await away.until(() => away.isOnline);
    show(`${away.user} is back after ${seconds(performance.now() - killedAt)}, at the other server`);
    await chatting;
    assert.equal(there.losses, 0, `${there.user} must not lose the connection`);
    show(`all ${2 * STORMY} have arrived`);
  });

  for (const [from, to] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    assert.deepEqual(to.received, from.sent, `${to.user} must get what ${from.user} sent, once and in order`);
  }
  say(
    `Every check passed: of ${alice.sent.length + bob.sent.length} messages none was lost, none came twice, and all came in order.`,
  );
}

const signal = untilSignal();
try {
  const end = await Promise.race([tell().then(() => 'done' as const), signal]);
  process.exitCode = exitCode(end);
} catch (error) {
  console.error(`The demo failed: ${(error as Error).message}`);
  process.exitCode = exitCode('unexpected');
} finally {
  for (const end of ends) await end();
}
