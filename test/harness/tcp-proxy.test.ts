/** Each fault of the proxy, and that nothing of it is left after `heal`. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.js';

interface Rig {
  readonly proxy: TcpProxy;
  /** What the server has got in all. */
  readonly got: () => string;
  /** Sends, and resolves with the echo. */
  say(client: Socket, text: string): Promise<string>;
  client(): Promise<Socket>;
}

/** A proxy before a server that answers with what it got. */
async function rig(t: TestContext): Promise<Rig> {
  let got = '';
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('data', (chunk) => {
      got += chunk;
      socket.write(chunk);
    });
    socket.on('end', () => socket.end('bye'));
    socket.on('error', () => {
      // Some tests break it.
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const proxy = await startTcpProxy((server.address() as AddressInfo).port);
  t.after(() => {
    proxy.close();
    server.close();
  });
  return {
    proxy,
    got: () => got,
    async say(client, text) {
      client.write(text);
      return String(((await once(client, 'data')) as [Buffer])[0]);
    },
    async client() {
      const client = connect(proxy.port, '127.0.0.1');
      await once(client, 'connect');
      t.after(() => client.destroy());
      return client;
    },
  };
}

test('without faults everything passes, also an end in one direction', async (t) => {
  const { client, say, proxy } = await rig(t);
  const one = await client();
  assert.equal(await say(one, 'hello'), 'hello');
  assert.equal(proxy.connections, 1);
  one.end();
  assert.equal(String(((await once(one, 'data')) as [Buffer])[0]), 'bye');
  await once(one, 'close');
});

test('delay: bytes arrive later, in order', async (t) => {
  const { client, say, proxy } = await rig(t);
  const one = await client();
  proxy.delay(30);
  const began = performance.now();
  one.write('a');
  let text = await say(one, 'b');
  while (text.length < 2) text += String(((await once(one, 'data')) as [Buffer])[0]);
  assert.equal(text, 'ab');
  assert.ok(performance.now() - began >= 59); // both ways; timers may fire 1 ms early
});

test('black hole: nothing arrives, and everything after heal', async (t) => {
  const { client, say, proxy, got } = await rig(t);
  const one = await client();
  await say(one, 'before');
  proxy.blackHole();
  one.write(' held');
  const other = await client(); // accepted, as by the kernel of a frozen server
  const answered = say(other, ' other');
  // What goes round outside the proxy is a barrier for what does not go through it.
  const direct = await rig(t);
  await direct.say(await direct.client(), 'x');
  assert.equal(got(), 'before');
  const echo = once(one, 'data');
  await proxy.heal();
  assert.equal(String(((await echo) as [Buffer])[0]), ' held');
  assert.equal(await answered, ' other');
});

test('black hole towards the client: the server gets it, its answer waits, and a reset loses it', async (t) => {
  const { client, say, proxy, got } = await rig(t);
  const one = await client();
  await say(one, 'a');
  proxy.blackHole('toClient');
  one.write('commit');
  while (got() !== 'acommit') await new Promise(setImmediate);
  const broken = once(one, 'error') as Promise<[NodeJS.ErrnoException]>;
  let answer = '';
  one.on('data', (chunk) => {
    answer += chunk;
  });
  proxy.reset();
  assert.equal((await broken)[0].code, 'ECONNRESET');
  await proxy.heal();
  assert.equal(answer, '');
  assert.equal(await say(await client(), 'again'), 'again');
});

test('refuse: open connections stay, new ones are refused until heal', async (t) => {
  const { client, say, proxy } = await rig(t);
  const one = await client();
  proxy.refuse();
  await assert.rejects(client(), { code: 'ECONNREFUSED' });
  assert.equal(await say(one, 'still here'), 'still here');
  await proxy.heal();
  assert.equal(await say(await client(), 'new'), 'new');
});

test('retarget: later connections go elsewhere; one to nobody is broken', async (t) => {
  const { client, say, proxy } = await rig(t);
  const one = await client();
  const other = await rig(t);
  other.proxy.refuse();
  proxy.retarget(other.proxy.port);
  const [error] = (await once(connect(proxy.port, '127.0.0.1'), 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNRESET');
  await other.proxy.heal();
  assert.equal(await say(await client(), 'there'), 'there');
  assert.equal(other.got(), 'there');
  assert.equal(await say(one, 'here'), 'here');
});

test('a slow receiver holds the sender back, and gets everything', async (t) => {
  const { client, proxy, got } = await rig(t);
  const one = await client();
  proxy.blackHole('toServer');
  const text = 'x'.repeat(8_000_000);
  one.pause();
  one.write(text);
  await proxy.heal();
  one.resume();
  let length = 0;
  for await (const chunk of one) {
    length += (chunk as Buffer).length;
    if (length === text.length) break;
  }
  assert.equal(got().length, text.length);
});
