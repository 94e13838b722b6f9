/** The load of a benchmark against a server that is only here, and that breaks its promises on request. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { broken } from '../../../src/cli/bench/checker.js';
import { Load, type LoadOptions } from '../../../src/cli/bench/load.js';
import type { Dial, TransportEvents } from '../../../src/io/transport.js';
import { decodeClientText, encode } from '../../../src/protocol/codec.js';
import type { ServerFrame } from '../../../src/protocol/frame-catalogue.js';
import type { Message, Push } from '../../../src/protocol/frames/message.js';

const WELCOME = {
  ...({ type: 'welcome', v: 1, session: 's', epoch: 'e', delivered: 0, pending: 0 } as const),
  ...{ heartbeatMs: 30_000, idleMs: 90_000, window: 1_000, maxBodyBytes: 65_536, at: 0 },
};

/** One mailbox for each user. `twist` may change what is pushed for a message; `answers` says whether it is answered. */
class LyingServer {
  readonly seen: string[] = [];
  readonly #mailboxes = new Map<string, Push[]>();
  readonly #sessions = new Map<string, (frame: ServerFrame) => void>();
  readonly #cuts = new Map<string, () => void>();

  constructor(
    private readonly twist: (push: Push, number: number) => readonly Push[] = (push) => [push],
    private readonly answers: (number: number) => boolean = () => true,
  ) {}

  readonly dial: Dial = (_url, events) => {
    let user = '';
    let isOpen = true;
    const later = (run: () => void): unknown => setImmediate(() => isOpen && run());
    const reply = (frame: ServerFrame) => later(() => events.received(encode(frame), 0));
    later(() => events.opened());
    const close = (code: number): void => {
      later(() => {
        isOpen = false;
        (events as TransportEvents).closed(code, '');
      });
    };
    return {
      bufferedBytes: 0,
      send: (text) => {
        for (const frame of decodeClientText(text)) {
          if (frame.type === 'message') this.#store(frame, user, reply);
          if (frame.type !== 'login') continue;
          user = frame.user;
          this.#sessions.set(user, reply);
          this.#cuts.set(user, () => close(1006));
          reply({ ...WELCOME, user });
          for (const push of this.#mailboxes.get(user) ?? []) reply(push);
        }
      },
      pause: () => undefined,
      resume: () => undefined,
      close,
      cut: () => close(1006),
    };
  };

  /** Ends the session of a user without a word. */
  cut(user: string): void {
    this.#cuts.get(user)?.();
  }

  #store({ id, to, body }: Message, from: string, reply: (frame: ServerFrame) => unknown): void {
    this.seen.push(id);
    const mailbox = this.#mailboxes.get(to) ?? [];
    this.#mailboxes.set(to, mailbox);
    const number = Number(id.split('.').at(-1));
    if (!this.answers(number)) return;
    reply({ type: 'stored', ids: [id] });
    if (mailbox.some((push) => push.id === id)) return;
    const seq = (mailbox.at(-1)?.seq ?? 0) + 1;
    const pushes = this.twist({ type: 'message', seq, id, from, body, at: 0, attempt: 1 }, number);
    mailbox.push(...pushes);
    for (const push of pushes) this.#sessions.get(to)?.(push);
  }
}

function loadOn(t: TestContext, server: LyingServer, options: Partial<LoadOptions> = {}): Load {
  const load = new Load({
    ...{ url: 'ws://nowhere', agent: 'test', run: 'r', pairs: 1, window: 4, bodyBytes: 20 },
    senders: [{ user: 'a', token: 't' }],
    receivers: [{ user: 'b', token: 't' }],
    idle: [],
    ports: { dial: server.dial },
    ...options,
  });
  t.after(() => load.close());
  return load;
}

/** Sends this many messages through the server. */
async function sent(t: TestContext, server: LyingServer, count: number): Promise<Load> {
  const load = loadOn(t, server);
  await load.openSenders();
  await load.openReceivers();
  load.allow(count);
  assert.equal(await load.until(() => load.storedCount === count), true);
  return load;
}

test('an honest server: everything is stored, delivered and measured', async (t) => {
  const load = loadOn(t, new LyingServer());
  load.isRecording = true;
  await load.openSenders();
  await load.openReceivers();
  load.allow(100);
  assert.equal(await load.until(() => load.deliveredCount === 100 && load.storedCount === 100), true);
  assert.deepEqual(broken(load.verdict()), []);
  assert.deepEqual([load.stored.count, load.delivered.count, load.sentCount], [100, 100, 100]);
});

for (const [what, twist] of [
  ['lost 1', (push: Push, number: number) => (number === 3 ? [] : [push])],
  ['twice 1', (push: Push, number: number) => (number === 3 ? [push, { ...push, seq: push.seq + 1 }] : [push])],
  ['altered 1', (push: Push, number: number) => [number === 3 ? { ...push, body: `${push.body}!` } : push]],
  ['altered 1', (push: Push, number: number) => (number === 3 ? [{ ...push, id: 'x' }, push] : [push])],
] as const) {
  test(`a server that breaks a promise is seen: ${what}`, async (t) => {
    const load = await sent(t, new LyingServer(twist), 10);
    const last = what === 'lost 1' ? 9 : 10;
    assert.equal(await load.until(() => load.deliveredCount === last), true);
    assert.deepEqual(broken(load.verdict()), [what]);
  });
}

test('a server that swaps two messages is seen', async (t) => {
  let held: Push | undefined;
  const swap = (push: Push, number: number): readonly Push[] => {
    if (number === 3) held = push;
    if (number === 3) return [];
    return number === 4 && held !== undefined ? [push, { ...held, seq: push.seq + 1 }] : [push];
  };
  const load = await sent(t, new LyingServer(swap), 10);
  assert.equal(await load.until(() => load.deliveredCount === 10), true);
  assert.deepEqual(broken(load.verdict()), ['out of order 1']);
});

test('R8, R16: after a lost connection what was not answered is sent again, with the same ids and in order', async (t) => {
  let isSilent = true;
  const server = new LyingServer(undefined, (number) => number < 2 || !isSilent);
  const load = loadOn(t, server);
  await load.openSenders();
  await load.openReceivers();
  load.allow(10);
  assert.equal(await load.until(() => load.storedCount === 2), true);
  assert.equal(await load.until(() => server.seen.length === 6), true, 'the window is full');
  isSilent = false;
  server.cut('a');
  assert.equal(await load.until(() => load.storedCount === 10 && load.deliveredCount === 10), true);
  const numbers = server.seen.map((id) => Number(id.split('.').at(-1)));
  assert.deepEqual(numbers, [0, 1, 2, 3, 4, 5, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(broken(load.verdict()), []);
});

test('a recipient who logs in again gets the same seqs again: allowed', async (t) => {
  const server = new LyingServer();
  const load = await sent(t, server, 5);
  assert.equal(await load.until(() => load.deliveredCount === 5), true);
  server.cut('b');
  assert.equal(await load.until(() => load.verdict().pushedAgain === 5), true);
  assert.deepEqual(broken(load.verdict()), []);
});

test('messages are shared out evenly, and none is left over', async (t) => {
  const users = (letter: string) => [0, 1, 2].map((index) => ({ user: `${letter}${index}`, token: 't' }));
  const server = new LyingServer();
  const load = loadOn(t, server, { pairs: 3, senders: users('a'), receivers: users('b') });
  await load.openSenders();
  load.isOffline = true;
  load.allow(11);
  assert.equal(await load.until(() => load.storedCount === 11), true);
  const counts = [0, 1, 2].map((pair) => server.seen.filter((id) => id.startsWith(`r.${pair}.`)).length);
  assert.deepEqual(counts, [4, 4, 3]);
  load.startReceivers();
  assert.equal(await load.until(() => load.deliveredCount === 11), true);
});

test('a refusal ends the run with what the server said', async (t) => {
  const server = new LyingServer();
  const dial: Dial = (url, events) =>
    server.dial(url, {
      ...events,
      opened: () => events.opened(),
      closed: (code, reason) => events.closed(code, reason),
      received: (text, bytes) => {
        const refusal = { type: 'error', code: 'mailbox-full', message: 'the mailbox is full', retry: true } as const;
        events.received(text?.includes('"stored"') ? encode(refusal) : text, bytes);
      },
    });
  const load = loadOn(t, server, { ports: { dial } });
  await load.openSenders();
  load.allow(1);
  await assert.rejects(
    load.until(() => false),
    ({ exit, message, next }: Record<string, string>) =>
      exit === 'refused' && /the mailbox is full/.test(message ?? '') && /--offline/.test(next ?? ''),
  );
});
