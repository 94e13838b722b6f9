/** The harness itself: a test bed that lies proves nothing. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { Transport, TransportEvents } from '../../src/io/transport.js';
import { createFakeClock, type FakeClock } from './fake-clock.js';
import { createMemoryNet, type MemoryNet } from './memory-transport.js';

let clock: FakeClock;
let net: MemoryNet;
let said: string[];

beforeEach(() => {
  clock = createFakeClock();
  net = createMemoryNet(clock);
  said = [];
});

const tell = (who: string): TransportEvents & { opened(): void } => ({
  opened: () => said.push(`${who} opened`),
  received: (text) => said.push(`${who} ${text}`),
  closed: (code) => said.push(`${who} closed ${code}`),
});

async function connected(): Promise<{ client: Transport; server: Transport }> {
  let server: Transport | undefined;
  net.listen((transport, peer) => {
    server = transport;
    peer.trust();
    return tell('server');
  });
  const client = net.dial('ws://memory', tell('client'));
  await clock.settle();
  assert.ok(server);
  assert.deepEqual(said.splice(0), ['client opened']);
  return { client, server };
}

test('texts arrive in order, then the close frame, then its echo', async () => {
  const { client } = await connected();
  client.send('1');
  client.send('2');
  client.close(1000, '');
  client.send('never');
  await clock.settle();
  assert.deepEqual(said, ['server 1', 'server 2', 'server closed 1000', 'client closed 1000']);
  assert.equal(clock.timers, 0);
});

test('a cut loses what is travelling and tells both ends', async () => {
  const { client } = await connected();
  client.send('lost');
  net.cable.hold('client');
  await clock.settle();
  net.cable.cut();
  await clock.settle();
  assert.deepEqual(said, ['client closed 1006', 'server closed 1006']);
  assert.equal(net.cable.isOver, true);
});

test('a half-open peer swallows everything and tells nobody', async () => {
  const { client, server } = await connected();
  net.cable.lose();
  client.send('lost');
  server.send('lost');
  client.cut();
  await clock.settle();
  assert.deepEqual(said, ['client closed 1006']);
  assert.equal(client.bufferedBytes, 4);
});

test('what is held arrives at its release, and a delay takes its time', async () => {
  const { client } = await connected();
  net.cable.hold('client');
  client.send('1');
  await clock.settle();
  assert.deepEqual(said, []);
  net.cable.release('client');
  net.cable.delayMs = 5;
  client.send('2');
  await clock.advance(4);
  assert.deepEqual(said, ['server 1']);
  await clock.advance(1);
  assert.deepEqual(said, ['server 1', 'server 2']);
  assert.deepEqual(net.cable.arrived('client'), ['1', '2']);
});

test('who pauses is felt by the sender', async () => {
  const { client, server } = await connected();
  server.pause();
  client.send('wait');
  await clock.settle();
  assert.equal(client.bufferedBytes, 4);
  server.resume();
  assert.deepEqual(said, ['server wait']);
  assert.equal(client.bufferedBytes, 0);
});

test('a dial fails when nobody listens, and never ends in a black hole', async () => {
  net.dial('ws://memory', tell('first'));
  await clock.settle();
  net.isBlackHole = true;
  const transport = net.dial('ws://memory', tell('second'));
  await clock.advance(60_000);
  assert.deepEqual(said, ['first closed 1006']);
  transport.close(1000, '');
  await clock.settle();
  assert.deepEqual(said, ['first closed 1006', 'second closed 1006']);
});

test('before trust an end reads 4 KiB and no more (R1)', async () => {
  net.listen(() => tell('server'));
  const transport = net.dial('ws://memory', tell('client'));
  await clock.settle();
  transport.send('x'.repeat(4_097));
  await clock.settle();
  assert.deepEqual(said, ['client opened', 'client closed 1009', 'server closed 1009']);
});

test('timers run in order at their own time, and the promises between them', async () => {
  clock.after(10, () => said.push(`late ${clock.monotonic()}`));
  clock.every(4, () => void Promise.resolve().then(() => clock.defer(() => said.push(`every ${clock.monotonic()}`))));
  const cancelled = clock.after(5, () => said.push('cancelled'));
  cancelled.cancel();
  clock.jump(3_600_000);
  await clock.advance(10);
  assert.deepEqual(said, ['every 4', 'every 8', 'late 10']);
  assert.equal(clock.now(), Date.UTC(2030, 0, 1) + 3_600_010);
});
