/** `im devices` as people run it: on the server of the account, and on one elsewhere, where a user asks about the own ones. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { type Client, connect } from '../../src/client/api/client.js';
import { fileScope, im, makeHome } from '../harness/process.js';
import { jsonLines, serve } from './server.js';

const server = await serve(fileScope());
const [bobToken = ''] = (await server.im(['user', 'add', 'bob', '--keep'])).stdout.split('\n');

test('devices are listed and removed, by the operator here, and by their user elsewhere', async (t) => {
  assert.match(
    (await server.im(['devices', 'bob'])).stderr,
    /bob has no devices: there is one from the first login on/,
  );
  await server.im(['send', 'bob', 'one', '--as', 'alice']);
  assert.equal((await server.im(['listen', '--as', 'bob', '--count', '1'])).stdout, 'alice: one\n');
  await server.im(['send', 'bob', 'two', '--as', 'alice']);
  assert.equal(
    (await server.im(['listen', '--as', 'bob', '--device', 'desktop', '--count', '1'])).stdout,
    'alice: two\n',
  );

  const { stdout } = await server.im(['devices', 'bob']);
  assert.match(stdout, /^DEVICE +SEEN +BEHIND +CLIENT\ndesktop +\d+s +0 +\S+.*\nlisten +\d+s +1 +\S+.*\n$/);

  const env = { ...(await makeHome(t)), IM_TOKEN: bobToken };
  const own = await im(t, ['devices', '--as', 'bob', '--url', server.url, '--json'], { env });
  const lines = own.stdout.trim().split('\n');
  const listed = lines.map((line) => JSON.parse(line) as Record<'user' | 'device' | 'behind' | 'online', unknown>);
  assert.deepEqual(
    listed.map(({ user, device, behind, online }) => [user, device, behind, online]),
    [
      ['bob', 'desktop', 0, false],
      ['bob', 'listen', 1, false],
    ],
  );
  const others = await im(t, ['devices', 'alice', '--as', 'bob', '--url', server.url], { env });
  assert.equal(others.code, EXIT_CODES['credential-refused'].code);

  const removed = await im(t, ['devices', 'remove', 'listen', '--as', 'bob', '--url', server.url], { env });
  assert.equal(removed.code, 0);
  assert.match(removed.stderr, /^im: removed the device listen of bob\n {4}with a token it can log in again: .*\n$/);
  const again = await server.im(['devices', 'remove', 'listen', '--of', 'bob']);
  assert.equal(again.code, EXIT_CODES.refused.code);
  assert.match(again.stderr, /^im: bob has no device listen\n {4}im devices bob lists them\n$/);
});

test('im serve --max-devices: the device that was not seen for longest makes room; if all are online, a new one has none', async (t) => {
  const small = await serve(t, '--max-devices', '2');
  const token = (await small.im(['user', 'add', 'carol'])).stdout.trim();
  const login = (device: string) => {
    const client = connect({ url: small.url, user: 'carol', token, device, onMessage: () => undefined });
    t.after(() => client.close());
    return client;
  };
  const online = (client: Client) =>
    new Promise<void>((resolve) => client.subscribe((event) => event.type === 'online' && resolve()));
  const first = login('first');
  await online(first);
  await first.close();
  for (const device of ['second', 'third']) await online(login(device));
  assert.equal((await login('fourth').ended).reason, 'too-many-devices');
  const listed = jsonLines((await small.im(['devices', 'carol', '--json'])).stdout);
  assert.deepEqual(
    listed.map(({ device }) => device),
    ['second', 'third'],
  );
  assert.match((await small.im(['serve', '--max-devices', '65'])).stderr, /64/);
});

test('a device that is removed while it is online ends with 7, and says what to do', async () => {
  await server.im(['send', 'bob', 'three', '--as', 'alice']);
  const listening = server.start(['listen', '--as', 'bob', '--device', 'tablet']);
  await listening.line('three');
  assert.equal((await server.im(['devices', 'remove', 'tablet', '--of', 'bob'])).code, 0);
  const { code, stderr } = await listening.finished;
  assert.equal(code, EXIT_CODES.replaced.code);
  assert.match(stderr, /bob was logged out here\n.*the device tablet was removed\n.*log in again/);
});

test('without a server the devices are read from the data folder; removing one needs the server', async (t) => {
  const { im: local, process: running } = await serve(t);
  assert.match((await local(['devices', 'nobody'])).stderr, /there is no user nobody/);
  await local(['user', 'add', 'bob', '--keep']);
  await local(['send', 'bob', 'one', '--as', 'alice']);
  await local(['listen', '--as', 'bob', '--count', '1']);
  const served = jsonLines((await local(['devices', 'bob', '--json'])).stdout);
  assert.deepEqual(
    served.map(({ device }) => device),
    ['listen'],
  );
  running.child.kill('SIGTERM');
  await running.finished;
  assert.deepEqual(jsonLines((await local(['devices', 'bob', '--json'])).stdout), served);
  const empty = await local(['devices', 'alice']);
  assert.deepEqual([empty.code, empty.stdout], [0, '']);
  assert.match((await local(['devices', 'nobody'])).stderr, /there is no user nobody/);
  const { code, stderr } = await local(['devices', 'remove', 'listen', '--of', 'bob']);
  assert.equal(code, EXIT_CODES['not-stored'].code);
  assert.match(stderr, /no server runs on/);
});
