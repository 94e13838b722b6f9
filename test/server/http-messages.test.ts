/** Messages by HTTP on a server with everything in memory: what is not seen from outside, or only when something fails. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { AccountsUnavailable } from '../../src/accounts/accounts.js';
import type { SavedAccounts } from '../../src/accounts/saved-accounts.js';
import type { AcceptRequest, HttpAnswer, HttpExchange } from '../../src/io/http-exchange.js';
import { createLog } from '../../src/io/pino-log.js';
import { KEY_HEADER } from '../../src/protocol/http.js';
import { LOGIN } from '../../src/server/limits.js';
import { Metrics } from '../../src/server/metrics.js';
import { renderMetrics } from '../../src/server/metrics-text.js';
import { type Server, startServer } from '../../src/server/server.js';
import { type Bus, localBus, type Notice } from '../../src/server/session-bus.js';
import { OutcomeUnknown, StoreUnavailable } from '../../src/store/store.js';
import { createFakeClock, type FakeClock } from '../harness/fake-clock.js';
import { FaultyStore } from '../harness/faulty-store.js';
import { memoryAccounts } from '../harness/memory-accounts.js';
import { MemoryStore } from '../harness/memory-store.js';

/** A request whose peer does what the test says. */
class FakeExchange implements HttpExchange {
  readonly method = 'POST';
  readonly isFromWebPage = false;
  readonly peer;
  answered: HttpAnswer | undefined;
  isRecognised = false;
  wasRead = false;
  #isGone = false;
  readonly #gone: (() => void)[] = [];
  /** Ends the body. */
  finish: (body: Uint8Array | 'gone') => void = () => {};

  constructor(
    readonly target: string,
    private readonly headers: Readonly<Record<string, string>>,
    /** Undefined: it does not end before `finish`. */
    private readonly text: string | undefined,
    host: string,
  ) {
    this.peer = { host, port: 5, network: host, address: `${host}:5` };
  }

  header(name: string): readonly string[] {
    const value = this.headers[name];
    return value === undefined ? [] : [value];
  }

  recognised(): void {
    this.isRecognised = true;
  }

  async body(): Promise<Uint8Array | 'gone'> {
    this.wasRead = true;
    if (this.text !== undefined) return Buffer.from(this.text);
    return new Promise((resolve) => {
      this.finish = resolve;
    });
  }

  get isOver(): boolean {
    return this.#isGone || this.answered !== undefined;
  }

  onGone(run: () => void): void {
    this.#gone.push(run);
  }

  answer(answer: HttpAnswer): void {
    assert.ok(!this.isOver, 'answered twice');
    this.answered = answer;
    this.finish('gone');
  }

  /** The peer goes away. */
  leave(): void {
    this.#isGone = true;
    for (const run of this.#gone) run();
    this.finish('gone');
  }

  /** The status, and the code or the state. */
  get result(): readonly unknown[] | undefined {
    if (this.answered === undefined) return undefined;
    const { code, state } = JSON.parse(this.answered.text) as { code?: string; state?: string };
    return [this.answered.status, code ?? state];
  }
}

let clock: FakeClock;
let store: FaultyStore;
let accounts: SavedAccounts;
let bus: Bus & { lost: (notice: Notice) => boolean };
let metrics: Metrics;
let logged: string[];
let server: Server;
let acceptRequest: AcceptRequest;
let tokens: Readonly<Record<string, string>>;

beforeEach(async () => {
  clock = createFakeClock();
  store = new FaultyStore(new MemoryStore({ clock }));
  accounts = memoryAccounts('alice', 'bob', 'carol');
  tokens = Object.fromEntries(
    (await accounts.rotate(['alice', 'bob', 'carol'], 1)).map(({ user, token }) => [user, token]),
  );
  const inner = localBus();
  bus = {
    ...inner,
    lost: () => false,
    publish(user, notice) {
      if (!bus.lost(notice)) inner.publish(user, notice);
    },
  };
  metrics = new Metrics();
  logged = [];
  const log = createLog({ level: 'debug', stream: { write: (line) => logged.push(line) }, isHuman: false, clock });
  server = await startServer({
    store,
    accounts,
    bus,
    clock,
    log,
    metrics,
    maxConnections: 3,
    maxSessionsPerUser: 2,
    rateLimits: { messagesPerSecond: 10, bytesPerSecond: 1_000, burstSeconds: 1 },
    listen: async (_, accept) => {
      acceptRequest = accept;
      return { url: 'ws://test', stopAccepting() {}, close: async () => {} };
    },
  });
});

afterEach(async () => {
  store.mend();
  const closed = server.close();
  await clock.settle();
  await closed;
  assert.equal(clock.timers, 0, 'no timer is left');
  assert.doesNotMatch(logged.join(''), /im_|secret/, 'no token and no body is logged');
});

interface Given {
  readonly from?: string;
  readonly to?: string;
  readonly id?: string;
  readonly body?: string | undefined;
  readonly token?: string;
  readonly host?: string;
}

/** Sends a request, and waits until nothing more happens. */
async function request(given: Given = {}): Promise<FakeExchange> {
  const { from = 'alice', to = 'bob', id, token = tokens[from], host = '192.0.2.1' } = given;
  const headers = { authorization: `Bearer ${token}`, ...(id !== undefined && { [KEY_HEADER]: id }) };
  const exchange = new FakeExchange(`/v1/messages/${to}`, headers, 'body' in given ? given.body : 'secret', host);
  assert.ok(acceptRequest(exchange));
  await clock.settle();
  return exchange;
}

/** bob's client acks everything up to this seq. */
async function ack(seq: number, ids: readonly string[]): Promise<void> {
  const { fence } = await store.claim('bob');
  await store.settle('bob', seq, fence);
  bus.publish('alice', { type: 'delivered', to: 'bob', ids });
  await clock.settle();
}

const waiting = (id: string, timeout = '10s'): Given => ({ to: `bob?wait=delivered&timeout=${timeout}`, id });

describe('the answer', () => {
  test('comes after the store, and not before (R9, R14)', async () => {
    const release = store.hold('append');
    const exchange = await request();
    assert.deepEqual([exchange.result, exchange.isRecognised, store.held], [undefined, true, 1]);
    release();
    await clock.settle();
    assert.deepEqual(exchange.result, [201, 'stored']);
  });

  test('a delivery counts that comes before the answer of the store', async () => {
    const release = store.hold('append');
    const exchange = await request(waiting('m1'));
    bus.publish('alice', { type: 'delivered', to: 'bob', ids: ['m1'] });
    release();
    await clock.settle();
    assert.deepEqual(exchange.result, [200, 'delivered']);
  });

  test('deliveries of other messages do not count', async () => {
    const exchange = await request(waiting('m1'));
    bus.publish('alice', { type: 'delivered', to: 'bob', ids: ['m2'] });
    bus.publish('alice', { type: 'delivered', to: 'carol', ids: ['m1'] });
    bus.publish('carol', { type: 'delivered', to: 'bob', ids: ['m1'] });
    await clock.settle();
    assert.equal(exchange.result, undefined);
    await clock.advance(10_000);
    assert.deepEqual(exchange.result, [202, 'stored']);
  });

  test('a delivery of which no notice comes is found at the end (R17)', async () => {
    bus.lost = ({ type }) => type === 'delivered';
    const exchange = await request(waiting('m1'));
    await ack(1, ['m1']);
    assert.equal(exchange.result, undefined);
    await clock.advance(10_000);
    assert.deepEqual(exchange.result, [200, 'delivered']);
  });

  test('a store that fails while one waits changes nothing: the message is stored', async () => {
    const exchange = await request(waiting('m1'));
    store.fail(new StoreUnavailable('away'), 'find');
    await clock.advance(10_000);
    assert.deepEqual(exchange.result, [202, 'stored']);
  });

  for (const [what, error, result] of [
    ['cannot store now', new StoreUnavailable('full'), [503, 'unavailable']],
    ['does not know whether it has stored', new OutcomeUnknown('lost'), [500, 'server-error']],
    ['has a bug', new TypeError('bug'), [500, 'server-error']],
  ] as const) {
    test(`of a store that ${what} is ${result[0]}; sent again, the message is stored`, async () => {
      const mend = store.fail(error, 'append');
      const exchange = await request({ id: 'm1' });
      assert.deepEqual(exchange.result, result);
      assert.equal(exchange.answered?.headers?.['retry-after'] !== undefined, result[0] === 503);
      assert.equal(
        logged.some((line) => line.includes('request failed')),
        error instanceof TypeError,
      );
      mend();
      assert.deepEqual((await request({ id: 'm1' })).result, [201, 'stored']);
    });
  }

  test('of accounts that cannot be read is 503, and nothing of the body is read', async (t) => {
    t.mock.method(accounts, 'identify', async () => {
      throw new AccountsUnavailable('away');
    });
    const exchange = await request();
    assert.deepEqual([exchange.result, exchange.wasRead], [[503, 'unavailable'], false]);
  });
});

describe('guards', () => {
  test('a wrong token: nothing of the body is read, and the connection stays a stranger (R1, R3)', async () => {
    const exchange = await request({ token: 'wrong' });
    assert.deepEqual([exchange.result, exchange.wasRead, exchange.isRecognised], [[401, 'unauthorized'], false, false]);
  });

  test('after too many failures of an address its requests wait for their turn, and then are refused', async () => {
    for (let count = 0; count < LOGIN.maxFailedLogins; count++) await request({ token: 'wrong' });
    const owner = await request();
    const waiters: FakeExchange[] = [];
    for (let count = 1; count < LOGIN.maxWaiting; count++) waiters.push(await request({ token: 'wrong' }));
    const refused = await request();
    assert.deepEqual([owner.result, refused.result], [undefined, [429, 'too-many-failed-logins']]);
    assert.equal(refused.answered?.headers?.['retry-after'], '2');
    assert.deepEqual((await request({ host: '192.0.2.2' })).result, [201, 'stored']);
    await clock.advance(LOGIN.forgetMs);
    assert.deepEqual(owner.result, [201, 'stored']);
    for (const waiter of waiters) waiter.leave();
    await clock.advance(LOGIN.forgetMs);
    const lines = logged.filter((line) => failRegex.test(line.trim()));
    assert.equal(lines.length, LOGIN.maxFailedLogins + 2); // One of those that waited had its turn with the owner.
  });

  test('a request takes a place of its user, and gives it back', async () => {
    const first = await request(waiting('m1'));
    const second = await request(waiting('m2'));
    assert.deepEqual((await request()).result, [429, 'too-many-sessions']);
    const bobs = await request({ ...waiting('m3'), from: 'bob' });
    assert.deepEqual((await request({ from: 'carol' })).result, [503, 'too-many-connections']);
    first.leave();
    await clock.settle();
    assert.deepEqual((await request({ from: 'carol' })).result, [201, 'stored']);
    for (const exchange of [second, bobs]) exchange.leave();
    await clock.advance(1_000);
    assert.deepEqual([metrics.sessions, metrics.users], [0, 0]);
  });

  test('who is faster than the rates is refused for a moment, whatever the connection', async () => {
    for (let count = 0; count < 10; count++)
      assert.deepEqual((await request({ id: `m${count}` })).result, [201, 'stored']);
    const exchange = await request();
    assert.deepEqual([exchange.result, exchange.wasRead], [[429, 'too-many-messages'], false]);
    assert.equal(exchange.answered?.headers?.['retry-after'], '1');
    assert.deepEqual((await request({ from: 'carol' })).result, [201, 'stored']);
    await clock.advance(1_000);
    assert.deepEqual((await request({ body: 'x'.repeat(2_000) })).result, [201, 'stored']);
    assert.deepEqual((await request()).result, [429, 'too-many-messages']);
  });

  test('a token that is revoked while the body comes is a wrong one (R7); while it waits, the wait ends', async () => {
    const [slow, stored] = [await request({ body: undefined }), await request(waiting('m1'))];
    await accounts.rotate(['alice'], 2);
    await clock.settle();
    assert.deepEqual([slow.result, stored.result], [undefined, [202, 'stored']]);
    slow.finish(Buffer.from('secret'));
    await clock.settle();
    assert.deepEqual(slow.result, [401, 'revoked']);
    assert.equal((await store.inspect('bob')).last, 1);
  });
});

describe('the end', () => {
  test('a peer that leaves while its message is stored gets no answer; the message is there, and is pushed', async () => {
    const nudged: string[] = [];
    bus.subscribe({ notice: (user) => nudged.push(user), replayRoom: () => undefined, sessions: () => [] });
    const release = store.hold('append');
    const exchange = await request({ id: 'm1' });
    exchange.leave();
    release();
    await clock.settle();
    assert.deepEqual([exchange.result, nudged], [undefined, ['bob']]);
    assert.deepEqual((await request({ id: 'm1' })).result, [200, 'stored']);
  });

  test('a peer that leaves before its body ends has sent nothing', async () => {
    const exchange = await request({ body: undefined });
    exchange.leave();
    await clock.settle();
    assert.equal((await store.inspect('bob')).last, 0);
  });

  test('a server that stops answers what the store has got, and refuses the rest', async () => {
    for (let count = 0; count < LOGIN.maxFailedLogins; count++) await request({ token: 'wrong', host: '192.0.2.3' });
    const guarded = await request({ host: '192.0.2.3' });
    const slow = await request({ from: 'carol', body: undefined });
    const stored = await request(waiting('m1'));
    const release = store.hold('append');
    const held = await request({ id: 'm2' });
    let isClosed = false;
    const closed = server.close().then(() => {
      isClosed = true;
    });
    await clock.settle();
    assert.deepEqual(
      [guarded, slow, stored, held].map(({ result }) => result),
      [[503, 'shutdown'], [503, 'shutdown'], [202, 'stored'], undefined],
    );
    assert.deepEqual((await request()).result, [503, 'shutdown']);
    assert.equal(isClosed, false);
    release();
    await clock.advance(1_000);
    assert.deepEqual(held.result, [201, 'stored']);
    await closed;
  });
});

test('requests are counted by status, and messages as always', async () => {
  await request({ id: 'm1' });
  await request({ id: 'm1' });
  await request({ to: 'nobody' });
  await request({ token: 'wrong' });
  const text = renderMetrics(metrics);
  for (const line of [
    'im_http_requests_total{status="201"} 1',
    'im_http_requests_total{status="200"} 1',
    'im_http_requests_total{status="404"} 1',
    'im_http_requests_total{status="401"} 1',
    'im_http_requests_total{status="503"} 0',
    'im_messages_stored_total 1',
    'im_messages_duplicate_total 1',
    'im_refused_total{code="unknown-user"} 1',
    'im_refused_total{code="unauthorized"} 1',
  ])
    assert.ok(text.includes(`${line}\n`), line);
  const lines = logged
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ event }) => event === 'request');
  assert.deepEqual(
    lines.map(({ level, user, status, code }) => [level, user, status, code]),
    [
      ['info', 'alice', 201, undefined],
      ['info', 'alice', 200, undefined],
      ['info', 'alice', 404, 'unknown-user'],
      ['debug', undefined, 401, 'unauthorized'],
    ],
  );
});

const filter = readFileSync(join(import.meta.dirname, '../../../docs/examples/fail2ban/im.conf'), 'utf8');
const failRegex = new RegExp((/^failregex = (.*)$/m.exec(filter)?.[1] ?? '').replace('<HOST>', '[0-9.]+'));
