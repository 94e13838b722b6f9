/** The whole client, without a state folder, against a scripted server. */
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import {
  type Client,
  ClientEnded,
  type ClientEvent,
  type ClientOptions,
  connect,
  type IncomingMessage,
  NotTracked,
  SendRefused,
  Unsendable,
} from '../../../src/client/api/client.js';
import { operate } from '../../../src/client/api/operator-client.js';
import { CLIENT } from '../../../src/client/limits.js';
import { CLOSES } from '../../../src/protocol/close-codes.js';
import { encode } from '../../../src/protocol/codec.js';
import { WIRE } from '../../../src/protocol/limits.js';
import { createFakeClock, type FakeClock } from '../../harness/fake-clock.js';
import { push, ScriptedServer, WELCOME } from '../scripted-server.js';

let clock: FakeClock;
let server: ScriptedServer;
let events: ClientEvent[];
let shown: IncomingMessage[];

beforeEach(() => {
  clock = createFakeClock();
  server = new ScriptedServer(clock);
  events = [];
  shown = [];
});

async function login(options: Partial<ClientOptions> = {}): Promise<Client> {
  let ids = 0;
  const client = connect(
    {
      url: 'ws://memory',
      user: 'alice',
      token: 't',
      onMessage: (message) => {
        shown.push(message);
      },
      ...options,
    },
    { dial: server.net.dial, clock, random: () => 0.5, newId: () => `i${++ids}` },
  );
  client.subscribe((event) => events.push(event));
  await clock.settle();
  return client;
}

const states = () => events.flatMap((event) => (event.type === 'state' ? [`${event.id} ${event.state}`] : []));
const eventTypes = () => events.map(({ type }) => type);
const bodies = () => shown.map(({ body }) => body);
const refusal = { type: 'error', code: 'mailbox-full', message: 'full', retry: true } as const;

describe('sending', () => {
  test('a message goes through queued, stored and delivered (R17)', async () => {
    const client = await login();
    const message = client.send('bob', 'hi');
    await message.queued;
    assert.deepEqual(await server.take(), [{ type: 'message', id: 'i1', to: 'bob', body: 'hi' }]);
    assert.equal(client.queued, 1);

    await server.send({ type: 'stored', ids: ['i1'] });
    assert.deepEqual(await message.stored, { duplicate: false });
    assert.equal(client.queued, 0);
    await server.send({ type: 'delivered', to: 'bob', ids: ['i1'] });
    await message.delivered;
    assert.deepEqual(states(), ['i1 queued', 'i1 stored', 'i1 delivered']);
  });

  test('messages of one turn of the event loop are sent as one package', async () => {
    const client = await login();
    for (const body of ['1', '2', '3']) client.send('bob', body);
    await clock.settle();
    assert.equal(server.texts.length, 2); // the login, and this
    assert.equal((await server.take()).length, 3);
  });

  test('messages from before the login are sent after it, in order', async () => {
    server.net.listen(undefined);
    const client = await login();
    client.send('bob', '1');
    client.send('bob', '2');
    server.listen();
    await clock.advance(CLIENT.backoffBaseMs);
    assert.deepEqual(
      (await server.take()).map((frame) => frame.type === 'message' && frame.body),
      ['1', '2'],
    );
  });

  test('at most `window` messages are unanswered', async () => {
    server.welcome = { ...WELCOME, window: 2 };
    const client = await login();
    for (const body of ['1', '2', '3']) client.send('bob', body);
    assert.equal((await server.take()).length, 2);
    await server.send({ type: 'stored', ids: ['i1'] });
    assert.deepEqual(await server.take(), [{ type: 'message', id: 'i3', to: 'bob', body: '3' }]);
  });

  test('after a lost connection unanswered messages are sent again with the same ids, and the status of stored ones is requested', async () => {
    const client = await login();
    const first = client.send('bob', '1');
    const second = client.send('bob', '2');
    await server.take();
    await server.send({ type: 'stored', ids: ['i1'] });
    await server.cut();
    await clock.advance(CLIENT.backoffBaseMs);
    assert.equal(server.logins, 2);
    assert.deepEqual(await server.take(), [
      { type: 'status', to: 'bob', ids: ['i1'] },
      { type: 'message', id: 'i2', to: 'bob', body: '2' },
    ]);
    await server.send(
      { type: 'stored', ids: ['i1'] },
      { type: 'delivered', to: 'bob', ids: ['i1'] },
      { type: 'stored', ids: ['i2'], duplicates: ['i2'] },
    );
    await first.delivered;
    assert.deepEqual(await second.stored, { duplicate: true }); // R8
  });

  test('track() requests the status of messages of an earlier process, once in each session', async () => {
    const client = await login();
    client.send('bob', '1');
    await server.take();
    client.track([
      { to: 'bob', id: 'old1' },
      { to: 'bob', id: 'old2' },
      { to: 'bob', id: 'i1' },
    ]);
    assert.deepEqual(await server.take(), [{ type: 'status', to: 'bob', ids: ['old1', 'old2'] }]);
    client.track([{ to: 'bob', id: 'old1' }]);
    assert.deepEqual(await server.take(), []);
    await server.send({ type: 'delivered', to: 'bob', ids: ['old1'] });
    assert.ok(states().includes('old1 delivered'));
    await server.cut();
    await clock.advance(CLIENT.backoffBaseMs);
    assert.deepEqual((await server.take())[0], { type: 'status', to: 'bob', ids: ['old2'] });
  });

  test('a lost delivered is found: the server is asked about the oldest message of each recipient now and then, and after news about the rest', async () => {
    const client = await login();
    const sent = [client.send('bob', '1'), client.send('carol', '2'), client.send('bob', '3')];
    await server.take();
    await server.send({ type: 'stored', ids: ['i1', 'i2', 'i3'] });
    const requests = async () => (await server.take()).filter(({ type }) => type === 'status');
    const askedNow = async (ms: number) => {
      await clock.advance(ms);
      await server.send({ type: 'heartbeat' });
      return requests();
    };
    const oldest = [
      { type: 'status', to: 'bob', ids: ['i1'] },
      { type: 'status', to: 'carol', ids: ['i2'] },
    ];
    assert.deepEqual(await askedNow(CLIENT.askAgainMs - 1), []);
    assert.deepEqual(await askedNow(1), oldest);
    await server.send({ type: 'stored', to: 'bob', ids: ['i1'] }, { type: 'stored', to: 'carol', ids: ['i2'] });
    assert.deepEqual(await askedNow(CLIENT.askAgainMs), [], 'the pause is twice as long');
    assert.deepEqual(await askedNow(CLIENT.askAgainMs), oldest);
    await server.send({ type: 'delivered', to: 'bob', ids: ['i1'] }, { type: 'stored', to: 'carol', ids: ['i2'] });
    assert.deepEqual(await requests(), [{ type: 'status', to: 'bob', ids: ['i3'] }]);
    await server.send({ type: 'delivered', to: 'bob', ids: ['i3'] }, { type: 'delivered', to: 'carol', ids: ['i2'] });
    await Promise.all(sent.map(({ delivered }) => delivered));
    assert.deepEqual(await requests(), []);
  });

  test('backpressure: at most about maxBufferedBytes are sent to a server that does not read; the rest follows when it does', async () => {
    const client = await login();
    server.onFrame = (frame) => {
      if (frame.type === 'message') server.sendNow({ type: 'stored', ids: [frame.id] });
    };
    server.net.cable.hold('client');
    const body = 'x'.repeat(50_000);
    for (let turn = 0; turn < 10; turn++) {
      for (let count = 0; count < 10; count++) client.send('bob', body);
      await clock.settle();
    }
    server.net.cable.release('client');
    const buffered = server.texts.reduce((bytes, text) => bytes + text.length, 0);
    assert.ok(buffered < CLIENT.maxBufferedBytes + body.length * 2, `${buffered} bytes were sent`);
    assert.equal((await server.take()).length, 100);
  });

  test('a final refusal fails the message, with its error frame', async () => {
    const client = await login();
    const message = client.send('nobody', 'hi');
    await server.take();
    const error = { type: 'error', code: 'unknown-user', message: 'no', retry: false, id: 'i1', to: 'nobody' } as const;
    await server.send(error);
    await assert.rejects(
      message.stored,
      (thrown) => thrown instanceof SendRefused && thrown.refusal.code === error.code,
    );
    await assert.rejects(message.delivered, SendRefused);
    assert.deepEqual(states(), ['i1 queued', 'i1 failed']);
  });

  test('a retryable refusal stops the queue of the recipient: the first message is retried alone, then the rest follows in order (R16)', async () => {
    const client = await login();
    for (const body of ['1', '2', '3']) client.send('bob', body);
    await server.take();
    client.send('bob', '4');
    client.send('carol', '5');
    await server.send({ ...refusal, id: 'i1', to: 'bob' });
    await server.send({ ...refusal, id: 'i2', to: 'bob' }, { ...refusal, id: 'i3', to: 'bob' });
    assert.deepEqual(
      (await server.take()).map((frame) => 'id' in frame && frame.id),
      ['i4', 'i5'],
    );
    await server.send({ ...refusal, id: 'i4', to: 'bob' }, { type: 'stored', ids: ['i5'] });
    assert.ok(states().includes('i1 queued'));

    await clock.advance(CLIENT.backoffBaseMs);
    assert.deepEqual(
      (await server.take()).map((frame) => 'id' in frame && frame.id),
      ['i1'],
    );
    await server.send({ ...refusal, id: 'i1', to: 'bob' });
    await clock.advance(CLIENT.backoffBaseMs * 2);
    assert.deepEqual(
      (await server.take()).map((frame) => 'id' in frame && frame.id),
      ['i1'],
    );
    await server.send({ type: 'stored', ids: ['i1'] });
    assert.deepEqual(
      (await server.take()).map((frame) => 'id' in frame && frame.id),
      ['i2', 'i3', 'i4'],
    );
  });

  test('a client with a state folder leaves no messages', () => {
    const options = { url: 'ws://127.0.0.1:9', user: 'alice', token: 't', stateFolder: '/nowhere', leaves: () => true };
    assert.throws(
      () => connect({ ...options, onMessage: () => undefined }),
      /leaves needs a client without a state folder/,
    );
  });

  test('send() throws Unsendable for an invalid or too large message', async () => {
    const client = await login();
    assert.throws(() => client.send('Bob', 'hi'), { field: 'to', code: 'invalid' });
    assert.throws(() => client.send('bob', 'hi', { id: 'a b' }), { field: 'id', code: 'invalid' });
    assert.throws(() => client.send('bob', 'hi', { re: 'a b' }), { field: 're', code: 'invalid' });
    assert.throws(() => client.send('bob', '\ud800'), { field: 'body', code: 'invalid' });
    assert.throws(() => client.send('bob', 'x'.repeat(65_537)), { field: 'body', code: 'too-large' });
    assert.throws(() => client.send('bob', '\u0001'.repeat(60_000)), { field: 'body', code: 'too-large' });
    client.send('bob', '\u0001'.repeat(40_000));
    client.send('bob', 'x'.repeat(65_536), { id: 'twice' });
    assert.throws(() => client.send('carol', 'x'.repeat(65_536), { id: 'twice' }), Unsendable);
    assert.throws(() => client.send('bob', 'other words', { id: 'twice' }), Unsendable);
    assert.equal((await server.take()).length, 2);
  });

  test('send() refuses a body that is larger than the server announced in `welcome`, naming its limit', async () => {
    server.welcome = { ...WELCOME, maxBodyBytes: 1_000 };
    const client = await login();
    client.send('bob', 'x'.repeat(1_000));
    assert.equal((await server.take()).length, 1);
    const tooLarge = { name: 'Unsendable', field: 'body', code: 'too-large', message: /1001 bytes .* 1000/ };
    assert.throws(() => client.send('bob', 'x'.repeat(1_001)), tooLarge);
    await server.cut();
    assert.throws(() => client.send('bob', 'x'.repeat(1_001)), tooLarge, 'also while it is offline again');
  });

  test('the limit of the new server holds for messages that a listener sends on `online`', async () => {
    server.welcome = { ...WELCOME, maxBodyBytes: 1_000 };
    const client = await login({ mode: 'send' });
    let error: unknown;
    client.subscribe((event) => {
      if (event.type !== 'online') return;
      try {
        client.send('bob', 'x'.repeat(101));
      } catch (thrown) {
        error = thrown;
      }
    });
    server.welcome = { ...WELCOME, maxBodyBytes: 100 };
    await server.cut();
    await clock.advance(CLIENT.backoffBaseMs);
    assert.ok(error instanceof Unsendable && error.code === 'too-large');
  });

  test('a queued message that is larger than the server takes fails at once, and those behind it are sent', async () => {
    server.net.listen(undefined);
    const client = await login();
    const tooLarge = client.send('bob', 'x'.repeat(1_001));
    const next = client.send('bob', 'x'.repeat(1_000));
    const other = client.send('carol', 'hi');
    server.welcome = { ...WELCOME, maxBodyBytes: 1_000, window: 1 };
    server.listen();
    await clock.advance(CLIENT.backoffBaseMs);
    assert.equal(client.queued, 2);
    const failed = events.find((event) => event.type === 'state' && event.state === 'failed');
    assert.ok(failed?.type === 'state' && failed.refusal);
    const { message, ...refusal } = failed.refusal;
    assert.deepEqual(refusal, {
      type: 'error',
      code: 'too-large',
      retry: false,
      id: tooLarge.id,
      to: 'bob',
      field: 'body',
    });
    assert.match(message, /1001 bytes .* 1000/);
    await assert.rejects(tooLarge.stored, SendRefused);
    for (const { id } of [next, other]) {
      assert.deepEqual(
        (await server.take()).map((frame) => 'id' in frame && frame.id),
        [id],
      );
      await server.send({ type: 'stored', ids: [id] });
    }
    await server.cut();
    await clock.advance(CLIENT.backoffBaseMs);
    assert.deepEqual(
      states().filter((state) => state.startsWith(`${tooLarge.id} `)),
      ['i1 queued', 'i1 failed'],
    );
  });

  test('a message that was refused for now fails when the next server takes no body of its size', async () => {
    const client = await login();
    client.send('bob', 'x'.repeat(1_001));
    client.send('bob', 'hi');
    await server.take();
    await server.send({ ...refusal, id: 'i1', to: 'bob' }, { ...refusal, id: 'i2', to: 'bob' });
    server.welcome = { ...WELCOME, maxBodyBytes: 1_000 };
    await server.cut();
    await clock.advance(CLIENT.backoffBaseMs * 2);
    assert.deepEqual(await server.take(), [{ type: 'message', id: 'i2', to: 'bob', body: 'hi' }]);
    assert.ok(states().includes('i1 failed'));
  });

  test('a server may announce more than WIRE.maxBodyBytes: then the size of a frame is the limit', async () => {
    server.welcome = { ...WELCOME, maxBodyBytes: WIRE.maxMessageBytes * 2 };
    const client = await login();
    const wrapping = encode({ type: 'message', id: 'x', to: 'bob', body: '' }).length;
    const longest = WIRE.maxMessageBytes - wrapping;
    server.decodes = false;
    client.send('bob', 'x'.repeat(longest), { id: 'x' });
    await clock.settle();
    assert.equal(server.texts.at(-1)?.length, WIRE.maxMessageBytes);
    const tooLarge = { field: 'body', code: 'too-large', message: new RegExp(`${WIRE.maxMessageBytes + 1} .*JSON`) };
    assert.throws(() => client.send('bob', 'x'.repeat(longest + 1), { id: 'y' }), tooLarge);
    assert.throws(() => client.send('bob', 'x'.repeat(WIRE.maxMessageBytes + 1)), { code: 'too-large' });
  });

  test('a message that is repeated while it is on its way is sent once, and send() returns the same object', async () => {
    const client = await login();
    const first = client.send('bob', 'hi', { id: 'x' });
    assert.equal(client.send('bob', 'hi', { id: 'x' }), first);
    assert.equal((await server.take()).length, 1);
    await server.send({ type: 'stored', ids: ['x'] });
    assert.equal(client.send('bob', 'hi', { id: 'x' }), first);
    assert.equal(first.stage, 'stored');
    assert.throws(() => client.send('bob', 'other words', { id: 'x' }), Unsendable, 'also when it is stored');
    await server.send({ type: 'delivered', to: 'bob', ids: ['x'] });
    client.send('bob', 'hi', { id: 'x' });
    assert.equal((await server.take()).length, 1, 'after delivery the server recognises it (R8)');
  });

  test('with trackDelivery: false a stored message is forgotten: its status is not requested after a reconnect', async () => {
    const client = await login({ trackDelivery: false });
    const stored = client.send('bob', 'hi', { id: 'x' });
    await server.take();
    await server.send({ type: 'stored', ids: ['x'] });
    await stored.stored;
    await assert.rejects(stored.delivered, NotTracked);
    assert.notEqual(client.send('bob', 'hi', { id: 'x' }), stored);
    assert.equal((await server.take()).length, 1, 'the server recognises it (R8)');
    await server.send({ type: 'stored', ids: ['x'], duplicates: ['x'] });
    await server.cut();
    await clock.advance(CLIENT.backoffBaseMs);
    assert.equal(server.logins, 2);
    assert.deepEqual(await server.take(), []);
  });

  test('a client that ends with queued messages rejects their promises, and nobody has to handle them', async () => {
    const client = await login();
    const watched = client.send('bob', '1');
    watched.stored.then(
      () => assert.fail('stored'),
      () => undefined,
    );
    client.send('bob', '2');
    const closed = client.close();
    await clock.settle();
    await closed;
    await assert.rejects(watched.delivered, ClientEnded);
    assert.throws(() => client.send('bob', '3'), ClientEnded);
  });
});

describe('catching up', () => {
  const caughtUp = () => eventTypes().filter((type) => type === 'caught-up').length;

  test('it is told once, at once if nothing waited at the login', async () => {
    await login();
    assert.equal(caughtUp(), 1);
    await server.send(push(1));
    await server.cut();
    await clock.advance(CLIENT.backoffBaseMs);
    assert.equal(caughtUp(), 1);
  });

  test('what waited at the login has to be shown, also if it shows nothing; what comes later need not be', async () => {
    server.welcome = { ...WELCOME, delivered: 4, pending: 2 };
    await login();
    assert.equal(caughtUp(), 0);
    await server.send(push(5));
    assert.equal(caughtUp(), 0);
    await server.send({ ...push(6), purged: true }, push(7));
    assert.equal(caughtUp(), 1);
  });

  test('a message that is being shown is waited for', async () => {
    server.welcome = { ...WELCOME, pending: 1 };
    let done = (): void => undefined;
    await login({
      onMessage: () =>
        new Promise<void>((resolve) => {
          done = resolve;
        }),
    });
    await server.send(push(1));
    assert.equal(caughtUp(), 0);
    done();
    await clock.settle();
    assert.equal(caughtUp(), 1);
    assert.deepEqual(await server.take(), [{ type: 'ack', seq: 1 }]);
  });

  test('what was shown while offline counts when it can be acked', async () => {
    server.welcome = { ...WELCOME, pending: 1 };
    let done = (): void => undefined;
    await login({
      onMessage: () =>
        new Promise<void>((resolve) => {
          done = resolve;
        }),
    });
    await server.send(push(1));
    await server.cut();
    done();
    await clock.settle();
    assert.equal(caughtUp(), 0);
    server.welcome = { ...WELCOME, pending: 3 };
    await clock.advance(CLIENT.backoffBaseMs);
    assert.equal(caughtUp(), 0);
    await server.send(push(1));
    assert.equal(caughtUp(), 1, 'not the two that came since the first login');
  });

  test('in a new epoch, what waits there counts', async () => {
    server.welcome = { ...WELCOME, pending: 9 };
    await login();
    await server.send(push(1));
    await server.cut();
    server.welcome = { ...WELCOME, epoch: 'e2', pending: 1 };
    await clock.advance(CLIENT.backoffBaseMs);
    assert.equal(caughtUp(), 0);
    await server.send({ ...push(1), id: 'other' });
    assert.equal(caughtUp(), 1);
  });
});

describe('receiving', () => {
  test('messages are shown in order, and acked once per turn (R12)', async () => {
    await login();
    await server.send(push(1), push(2), push(3));
    assert.deepEqual(bodies(), ['text 1', 'text 2', 'text 3']);
    assert.deepEqual(shown[0], {
      epoch: WELCOME.epoch,
      seq: 1,
      id: 'm1',
      from: 'bob',
      body: 'text 1',
      at: 1_001,
      attempt: 1,
    });
    assert.deepEqual(await server.take(), [{ type: 'ack', seq: 3 }]);
  });

  test('a message whose ack was lost is acked again when it is pushed again, and not shown again (R15)', async () => {
    await login();
    server.net.cable.lose('client');
    await server.send(push(1), push(2));
    await server.cut();
    await clock.advance(CLIENT.backoffBaseMs);
    await server.send(push(1, { attempt: 2 }), push(2, { attempt: 2 }), push(3));
    assert.deepEqual(bodies(), ['text 1', 'text 2', 'text 3']);
    assert.deepEqual(await server.take(), [{ type: 'ack', seq: 3 }]);
  });

  test('the next message and the ack wait until onMessage has shown the one before', async () => {
    const release: (() => void)[] = [];
    await login({
      onMessage: (message) => {
        shown.push(message);
        return new Promise((resolve) => release.push(resolve));
      },
    });
    await server.send(push(1), push(2));
    assert.deepEqual(bodies(), ['text 1']);
    assert.deepEqual(await server.take(), []);
    release.shift()?.();
    assert.deepEqual(await server.take(), [{ type: 'ack', seq: 1 }]);
    assert.deepEqual(bodies(), ['text 1', 'text 2']);
  });

  test('onMessages gets all messages that can be shown, in order; later ones wait until it has shown them', async () => {
    const given: number[][] = [];
    const release: (() => void)[] = [];
    await login({
      onMessages: (messages) => {
        given.push(messages.map(({ seq }) => seq));
        return new Promise((resolve) => release.push(resolve));
      },
    });
    await server.send(push(1));
    await server.send(push(2), push(3), push(2, { replay: 'r1' }));
    assert.deepEqual(given, [[1]]);
    release.shift()?.();
    assert.deepEqual(await server.take(), [{ type: 'ack', seq: 1 }]);
    assert.deepEqual(given, [[1], [2, 3, 2]]);
    release.shift()?.();
    assert.deepEqual(await server.take(), [{ type: 'ack', seq: 3 }]);
  });

  test('a replay is shown as a replay, and not acked', async () => {
    await login();
    await server.send(push(1), push(1, { replay: 'r1' }));
    assert.deepEqual(
      shown.map(({ replay }) => replay),
      [undefined, 'r1'],
    );
    assert.deepEqual(await server.take(), [{ type: 'ack', seq: 1 }]);
  });

  test('a purged message is acked and not shown, between others and at the end', async () => {
    await login();
    await server.send(push(1, { body: '', purged: true }));
    assert.deepEqual(await server.take(), [{ type: 'ack', seq: 1 }]);
    await server.send(push(2), push(3, { body: '', purged: true }), push(4), push(5, { body: '', purged: true }));
    assert.deepEqual(bodies(), ['text 2', 'text 4']);
    assert.deepEqual((await server.take()).at(-1), { type: 'ack', seq: 5 });
  });

  test('in a new epoch seqs start again', async () => {
    await login();
    await server.send(push(1));
    server.welcome = { ...WELCOME, epoch: 'e2' };
    await server.cut();
    await clock.advance(CLIENT.backoffBaseMs);
    await server.send(push(1, { body: 'in epoch 2' }));
    assert.deepEqual(bodies(), ['text 1', 'in epoch 2']);
  });

  test('a gap in the seqs is a protocol error: nothing after it is shown, and the client reconnects', async () => {
    await login();
    await server.send(push(1), push(3));
    assert.deepEqual(bodies(), ['text 1']);
    const offline = events.find((event) => event.type === 'offline');
    assert.equal(offline?.reason, 'fault');
    await clock.advance(CLIENT.backoffBaseMs);
    await server.send(push(1), push(2), push(3));
    assert.deepEqual(bodies(), ['text 1', 'text 2', 'text 3']);
  });

  test('when onMessage throws, the client ends with that error, and acks nothing more', async () => {
    const client = await login({
      onMessage: (message) => {
        if (message.seq === 2) throw new Error('no paper');
      },
    });
    await server.send(push(1), push(2), push(3));
    const { reason, cause } = await client.ended;
    assert.equal(reason, 'failed');
    assert.match(String(cause), /no paper/);
    assert.deepEqual(await server.take(), [{ type: 'ack', seq: 1 }]);
  });

  test('backpressure: the connection is not read while more than maxUnshown messages wait', async () => {
    let release = (): void => undefined;
    await login({
      onMessage: (message) => {
        shown.push(message);
        if (message.seq === 1) return new Promise<void>((resolve) => (release = resolve));
        return undefined;
      },
    });
    const count = CLIENT.maxUnshown * 2;
    for (let seq = 1; seq <= count; seq++) {
      server.sendNow(push(seq));
    }
    await clock.advance(WELCOME.idleMs * 2); // meanwhile the server does not count as dead
    assert.ok(!eventTypes().includes('offline'));
    assert.equal(server.net.cable.arrived('server').length, CLIENT.maxUnshown + 2);
    release();
    await clock.settle();
    assert.equal(shown.length, count);
  });

  test('mode send is in the login, and needs no onMessage', async () => {
    await login({ mode: 'send', onMessage: undefined as never });
    assert.match(server.texts[0] ?? '', /"mode":"send"/);
  });
});

describe('the connection', () => {
  test('close() sends what is ready, and resolves when the connection is closed', async () => {
    const client = await login({
      onMessage: () => {
        void client.close();
      },
    });
    await server.send(push(1), push(2));
    await client.ended;
    assert.deepEqual(await server.take(), [{ type: 'ack', seq: 1 }]);
    assert.equal(server.net.cable.isOver, true);
    assert.equal(clock.timers, 0);
    assert.deepEqual(events.at(-1), { type: 'ended', reason: 'closed' });
  });

  test('a final close code ends the client: two clients of one user do not fight (R6)', async () => {
    const client = await login();
    await server.close('replaced');
    assert.deepEqual(await client.ended, {
      reason: 'replaced',
      code: 4501,
      detail: CLOSES.replaced.description,
    });
    await clock.advance(3_600_000);
    assert.equal(server.logins, 1);
  });

  test('a wrong token ends the client (R3)', async () => {
    server.welcome = undefined;
    const client = await login();
    await server.close('unauthorized');
    assert.equal((await client.ended).reason, 'unauthorized');
  });

  test('retryAfterMs of `bye` is the time until the next attempt', async () => {
    await login();
    await server.close('shutdown', 1_234);
    assert.deepEqual(events.at(-1), {
      type: 'offline',
      reason: 'shutdown',
      code: 1012,
      detail: 'the server is stopping',
      retryInMs: 1_234,
    });
    await clock.advance(1_233);
    assert.equal(server.logins, 1);
    await clock.advance(1);
    assert.equal(server.logins, 2);
  });

  test('retry connects now, but only while it waits for the next attempt', async () => {
    const client = await login();
    client.retry();
    await server.close('shutdown', 60_000);
    client.retry();
    client.retry();
    await clock.settle();
    assert.deepEqual(eventTypes().slice(-3), ['offline', 'connecting', 'online']);
    assert.equal(server.logins, 2);
    void client.close();
    client.retry();
    await clock.advance(60_000);
    assert.equal(server.logins, 2);
  });

  test('a half-open connection is detected: nothing is received for idleMs (R13)', async () => {
    await login();
    await clock.advance(300_000);
    assert.equal(server.heartbeats, 10);
    assert.ok(!eventTypes().includes('offline'));
    server.net.cable.lose();
    await clock.advance(WELCOME.idleMs + CLIENT.backoffBaseMs);
    assert.deepEqual(eventTypes().slice(-3), ['offline', 'connecting', 'online']);
  });

  test('with reconnect: false the first loss is the end', async () => {
    server.net.listen(undefined);
    const client = await login({ reconnect: false });
    const end = await client.ended;
    assert.equal(end.reason, 'lost');
    assert.match(end.detail ?? '', /ECONNREFUSED/);
  });

  test('texts that are no frames are ignored (R2)', async () => {
    await login();
    await server.sendText('{');
    await server.sendText('{"type":"later"}');
    await server.send(push(1));
    assert.deepEqual(bodies(), ['text 1']);
  });

  test('connect() throws TypeError for options that can never work', () => {
    const good = { url: 'ws://127.0.0.1:1', user: 'alice', token: 't', mode: 'send' } as const;
    assert.throws(() => connect({ ...good, url: 'http://127.0.0.1' }), TypeError);
    assert.throws(() => connect({ ...good, url: 'ws://127.0.0.1/#part' }), TypeError);
    assert.throws(() => connect({ ...good, user: 'Alice' }), TypeError);
    assert.throws(() => connect({ ...good, mode: 'chat' }), TypeError);
  });

  test('a listener that throws ends the client', async () => {
    const client = await login();
    client.subscribe((event) => {
      if (event.type === 'state') throw new Error('broken listener');
    });
    client.send('bob', 'hi');
    await clock.settle();
    assert.equal((await client.ended).reason, 'failed');
  });
});

describe('where a token goes', () => {
  const send = { user: 'alice', token: 't', mode: 'send' } as const;

  test('without TLS it is not sent to another machine, unless that is asked for', async () => {
    for (const url of ['ws://chat.invalid', 'ws://192.0.2.7:4690']) {
      assert.throws(() => connect({ url, ...send }), { name: 'TypeError', message: /unencrypted.*use wss:/ });
      assert.throws(() => operate({ url, user: 'operator', token: 't' }), { name: 'TypeError' });
    }
    for (const allowed of [{ url: 'ws://chat.invalid', insecure: true }, { url: 'wss://chat.invalid' }]) {
      await connect({ ...allowed, ...send }).close();
    }
  });
});
