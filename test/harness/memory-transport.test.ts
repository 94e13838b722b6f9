/** Tests of the memory transport and the fake clock themselves. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { Transport, TransportEvents } from '../../src/io/transport.js';
import { WIRE } from '../../src/protocol/limits.js';
import { createFakeClock, type FakeClock } from './fake-clock.js';
import { createMemoryNet, type MemoryNet } from './memory-transport.js';

let clock: FakeClock;
let net: MemoryNet;
let events: string[];

beforeEach(() => {
  clock = createFakeClock();
  net = createMemoryNet(clock);
  events = [];
});

const recorder = (who: string): TransportEvents & { opened(): void } => ({
  opened: () => events.push(`${who} opened`),
  received: (text) => events.push(`${who} ${text}`),
  closed: (code) => events.push(`${who} closed ${code}`),
});

async function connected(): Promise<{ client: Transport; server: Transport }> {
  let server: Transport | undefined;
  net.listen((transport, peer) => {
    server = transport;
    peer.trust();
    return recorder('server');
  });
  const client = net.dial('ws://memory', recorder('client'));
  await clock.settle();
  assert.ok(server);
  assert.deepEqual(events.splice(0), ['client opened']);
  return { client, server };
}

test('texts arrive in order, followed by the close frame and its echo', async () => {
  const { client } = await connected();
  client.send('1');
  client.send('2');
  client.close(1000, '');
  client.send('never');
  await clock.settle();
  assert.deepEqual(events, ['server 1', 'server 2', 'server closed 1000', 'client closed 1000']);
  assert.equal(clock.timers, 0);
});

test('a cut loses texts in flight and closes both ends', async () => {
  const { client } = await connected();
  client.send('lost');
  net.cable.hold('client');
  await clock.settle();
  net.cable.cut();
  await clock.settle();
  assert.deepEqual(events, ['client closed 1006', 'server closed 1006']);
  assert.equal(net.cable.isOver, true);
});

test('a half-open connection loses everything silently', async () => {
  const { client, server } = await connected();
  net.cable.lose();
  client.send('lost');
  server.send('lost');
  client.cut();
  await clock.settle();
  assert.deepEqual(events, ['client closed 1006']);
  assert.equal(client.bufferedBytes, 4);
});

test('held texts arrive at their release, and delayed ones after the latency', async () => {
  const { client } = await connected();
  net.cable.hold('client');
  client.send('1');
  await clock.settle();
  assert.deepEqual(events, []);
  net.cable.release('client');
  net.cable.delayMs = 5;
  client.send('2');
  await clock.advance(4);
  assert.deepEqual(events, ['server 1']);
  await clock.advance(1);
  assert.deepEqual(events, ['server 1', 'server 2']);
  assert.deepEqual(net.cable.arrived('client'), ['1', '2']);
});

test('a paused receiver makes the buffer of the sender grow (backpressure)', async () => {
  const { client, server } = await connected();
  server.pause();
  client.send('wait');
  await clock.settle();
  assert.equal(client.bufferedBytes, 4);
  server.resume();
  assert.deepEqual(events, ['server wait']);
  assert.equal(client.bufferedBytes, 0);
});

test('a dial without a listener fails, and in a black hole it stays pending', async () => {
  net.dial('ws://memory', recorder('first'));
  await clock.settle();
  net.isBlackHole = true;
  const transport = net.dial('ws://memory', recorder('second'));
  await clock.advance(60_000);
  assert.deepEqual(events, ['first closed 1006']);
  transport.close(1000, '');
  await clock.settle();
  assert.deepEqual(events, ['first closed 1006', 'second closed 1006']);
});

test('before trust only maxBytesBeforeLogin are read (R1)', async () => {
  net.listen(() => recorder('server'));
  const transport = net.dial('ws://memory', recorder('client'));
  await clock.settle();
  transport.send('x'.repeat(WIRE.maxBytesBeforeLogin + 1));
  await clock.settle();
  assert.deepEqual(events, ['client opened', 'client closed 1009', 'server closed 1009']);
});

test('timers run in order, each at its own time, with promises and deferred work in between', async () => {
  clock.after(10, () => events.push(`late ${clock.monotonic()}`));
  clock.every(4, () => void Promise.resolve().then(() => clock.defer(() => events.push(`every ${clock.monotonic()}`))));
  const cancelled = clock.after(5, () => events.push('cancelled'));
  cancelled.cancel();
  clock.jump(3_600_000);
  await clock.advance(10);
  assert.deepEqual(events, ['every 4', 'every 8', 'late 10']);
  assert.equal(clock.now(), Date.UTC(2030, 0, 1) + 3_600_010);
});
