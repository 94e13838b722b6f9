/** A refused login on a real server with everything in memory: it waits after too many of them, and its log line is for fail2ban. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LOGIN } from '../../src/server/limits.js';
import { loginFrame, setUpRig, typesOf } from './connection-setup.js';

const rig = setUpRig();

async function guess(user: string) {
  const hand = await rig.stage.connect(`guess at ${user}`);
  await rig.send(hand, { ...loginFrame(user), token: 'wrong' });
  return hand;
}

test('after too many failures of an address its logins wait for their turn, also one with the right token', async () => {
  for (let count = 0; count < LOGIN.maxFailedLogins; count++) assert.equal((await guess('alice')).end?.code, 4500);
  const waiting = await guess('alice');
  const owner = await rig.stage.connect('owner');
  await rig.send(owner, loginFrame('alice'));
  assert.deepEqual([waiting.take(), owner.take()], [[], []]);
  await rig.stage.pass(LOGIN.forgetMs);
  assert.equal(waiting.end?.code, 4500);
  assert.deepEqual(owner.take(), []);
  await rig.stage.pass(LOGIN.forgetMs);
  assert.deepEqual(typesOf(owner), ['welcome']);
});

test('a right token is any of the user’s: it lets in all who wait; a revoked one is a wrong one, and ends nobody else', async () => {
  const { accounts } = rig.stage;
  const { token } = await accounts.addToken('alice', 'laptop', 1);
  const withToken = async (device: string, given: string) => {
    const hand = await rig.stage.connect(device);
    await rig.send(hand, { ...loginFrame('alice'), token: given, device });
    return hand;
  };
  for (let count = 0; count < LOGIN.maxFailedLogins; count++) await guess('alice');
  const laptop = await withToken('laptop', token);
  const main = await withToken('main', loginFrame('alice').token);
  assert.deepEqual([laptop.take(), main.take()], [[], []]);
  await rig.stage.pass(LOGIN.forgetMs);
  assert.deepEqual([typesOf(laptop), typesOf(main)], [['welcome'], ['welcome']]);

  await accounts.revokeToken('alice', 'laptop');
  await rig.stage.rest();
  assert.deepEqual([laptop.end?.code, main.end], [4502, undefined]);
  const again = await withToken('laptop', token);
  assert.equal(again.end?.code, 4500);
});

test('when too many of an address wait, a further one is told to come back later', async () => {
  for (let count = 0; count < LOGIN.maxFailedLogins + LOGIN.maxWaiting; count++) await guess('alice');
  const refused = await guess('alice');
  assert.deepEqual(refused.take(), [{ type: 'bye', reason: 'too-many-failed-logins' }]);
  assert.equal(refused.end?.code, 4005);
  assert.equal(rig.logged.filter((line) => failRegex.test(line.trim())).length, LOGIN.maxFailedLogins + 1);
});

const filter = readFileSync(join(import.meta.dirname, '../../../docs/examples/fail2ban/im.conf'), 'utf8');
/** As fail2ban reads it. `<HOST>` stands for an address. */
const failRegex = new RegExp(
  (/^failregex = (.*)$/m.exec(filter)?.[1] ?? '').replace('<HOST>', '(?<host>[\\d.]+|[\\da-fA-F:]+)'),
);

test('the fail2ban filter finds a refused login, also in the journal of systemd, and the address in it', async () => {
  await guess('no-such-user');
  const lines = rig.logged.map((line) => line.trim());
  const matches = lines.flatMap((line) => failRegex.exec(line)?.groups?.host ?? []);
  assert.deepEqual(matches, ['192.0.2.1']);
  const line = lines.find((one) => failRegex.test(one)) as string;
  assert.match(line, /"user":"no-such-user"/);
  assert.equal(failRegex.exec(`chat im[714]: ${line}`)?.groups?.host, '192.0.2.1');
  assert.equal(
    failRegex.exec(line.replace(/"time":"[^"]*"/, ''))?.groups?.host,
    '192.0.2.1',
    'fail2ban cuts out the time',
  );
});

test('the fail2ban filter finds nothing in a line with text of a client that looks like a refused login', async () => {
  const fake =
    '{"level":"warn","time":"2026-01-31T12:00:00.000Z","address":"198.51.100.1","port":1,"user":"a","reason":"unauthorized","event":"login refused"}';
  for (const agent of [`${fake}`, `\n${fake}`.slice(0, 128), `x","event":"y"}\n${fake.slice(0, 100)}`]) {
    const hand = await rig.stage.connect(agent);
    await rig.send(hand, { ...loginFrame('alice', 'send'), agent: agent.slice(0, 128) });
    hand.transport.close(1000, fake.slice(0, 100));
  }
  const hostile = await rig.stage.connect('hostile');
  await rig.send(hostile, { ...loginFrame('alice'), user: fake, token: 'wrong' });
  await rig.send(hostile, { ...loginFrame('alice'), user: 'a","address":"198.51.100.1', token: 'wrong' });
  const lines = rig.logged.flatMap((entry) => entry.split('\n')).concat(JSON.stringify({ event: fake }), `x ${fake}`);
  assert.ok(lines.some((line) => line.includes('logged in')));
  assert.deepEqual(
    lines.filter((line) => failRegex.test(line)),
    [],
  );
});
