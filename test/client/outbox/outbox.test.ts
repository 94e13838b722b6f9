/** The outbox against a model server that refuses messages and loses connections: nothing is lost or sent out of order. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { CLIENT } from '../../../src/client/limits.js';
import type { MessageRef } from '../../../src/client/outbox/delivery-tracking.js';
import { Outbox, type OutboxChange } from '../../../src/client/outbox/outbox.js';
import type { ClientStateRecord } from '../../../src/client/state/state-records.js';
import { StateReducer } from '../../../src/client/state/state-reducer.js';
import type { ErrorCode } from '../../../src/protocol/error-codes.js';
import { errorFrame } from '../../../src/protocol/error-frames.js';
import type { ServerFrame } from '../../../src/protocol/frame-catalogue.js';
import type { Message } from '../../../src/protocol/frames/message.js';
import { WIRE } from '../../../src/protocol/limits.js';

const MANY_BYTES = 1_000_000;

function filled(count: number, to = 'bob'): Outbox<MessageRef> {
  const outbox = new Outbox<MessageRef>(() => 0.5);
  for (let id = 1; id <= count; id++) outbox.commit(outbox.add({ id: `${id}`, to }, 'body', 4));
  outbox.online(1_000);
  return outbox;
}

const idsOf = (frames: readonly { readonly id: string }[]) => frames.map(({ id }) => id);

describe('by example', () => {
  test('a message is not sent before it is durable; one commit covers all messages before it', () => {
    const outbox = new Outbox<MessageRef>(() => 0.5);
    outbox.online(10);
    outbox.add({ id: '1', to: 'bob' }, '', 0);
    const second = outbox.add({ id: '2', to: 'bob' }, '', 0);
    outbox.add({ id: '3', to: 'carol' }, '', 0);
    assert.deepEqual(outbox.take(MANY_BYTES), []);
    outbox.commit(second);
    assert.deepEqual(idsOf(outbox.take(MANY_BYTES)), ['1', '2']);
  });

  test('recipients are served round-robin: a long queue does not delay the others', () => {
    const outbox = filled(3);
    outbox.commit(outbox.add({ id: 'other', to: 'carol' }, '', 0));
    assert.deepEqual(idsOf(outbox.take(MANY_BYTES)), ['1', 'other', '2', '3']);
  });

  test('take returns about maxBytes at a time', () => {
    assert.deepEqual(idsOf(filled(5).take(8)), ['1', '2']);
  });

  test('a withdrawn message is not sent', () => {
    const outbox = new Outbox<MessageRef>(() => 0.5);
    outbox.online(10);
    outbox.add({ id: '1', to: 'bob' }, '', 0);
    outbox.withdraw('1');
    outbox.commit(outbox.add({ id: '2', to: 'bob' }, '', 0));
    assert.deepEqual(idsOf(outbox.take(MANY_BYTES)), ['2']);
  });

  test('retries back off exponentially, up to the cap', () => {
    const outbox = filled(1);
    const waits: number[] = [];
    let now = 0;
    for (let round = 0; round < 9; round++) {
      assert.deepEqual(idsOf(outbox.take(MANY_BYTES)), ['1']);
      outbox.refused(errorFrame('mailbox-full', { id: '1', to: 'bob' }), now);
      waits.push(outbox.nextDeadline() - now);
      outbox.tick(outbox.nextDeadline() - 1);
      assert.deepEqual(outbox.take(MANY_BYTES), []);
      now = outbox.nextDeadline();
      outbox.tick(now);
    }
    assert.deepEqual(waits, [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
    assert.equal(outbox.nextDeadline(), Number.POSITIVE_INFINITY);
  });

  test('a refused message is retried only when the messages in flight behind it are answered (R16)', () => {
    const outbox = filled(3);
    outbox.take(MANY_BYTES);
    outbox.refused(errorFrame('unavailable', { id: '1', to: 'bob' }), 0);
    outbox.tick(1_000);
    assert.deepEqual(outbox.take(MANY_BYTES), [], '2 and 3 are not answered yet');
    outbox.refused(errorFrame('unavailable', { id: '2', to: 'bob' }), 1_000);
    outbox.stored(['3']); // the server let it overtake: the client cannot undo that
    assert.deepEqual(idsOf(outbox.take(MANY_BYTES)), ['1']);
    outbox.stored(['1']);
    assert.deepEqual(idsOf(outbox.take(MANY_BYTES)), ['2']);
  });

  test('`delivered` of a message that was sent twice may arrive before its `stored`', () => {
    const outbox = filled(1);
    outbox.take(MANY_BYTES);
    assert.deepEqual(
      outbox.delivered('bob', ['1']).map(({ state }) => state),
      ['stored', 'delivered'],
    );
    assert.deepEqual(outbox.stored(['1']), []);
    assert.equal(outbox.queued, 0);
  });

  test('takeLargerThan removes only larger messages, and only durable ones', () => {
    const outbox = new Outbox<MessageRef>(() => 0.5);
    const add = (id: string, bytes: number): number => outbox.add({ id, to: 'bob' }, '', bytes);
    add('1', 11);
    outbox.commit(add('2', 10));
    const last = add('3', 11);
    outbox.online(10);
    assert.deepEqual(idsOf(outbox.takeLargerThan(10).map(({ message }) => message)), ['1']);
    outbox.commit(last);
    assert.deepEqual(idsOf(outbox.takeLargerThan(10).map(({ message }) => message)), ['3']);
    assert.deepEqual(idsOf(outbox.take(MANY_BYTES)), ['2']);
    assert.equal(outbox.queued, 1);
  });

  test('answers about unknown messages are ignored', () => {
    const outbox = filled(1);
    outbox.take(MANY_BYTES);
    assert.deepEqual(outbox.delivered('carol', ['1']), []);
    assert.equal(outbox.refused(errorFrame('unknown-user', { id: '1', to: 'carol' }), 0), undefined);
    assert.equal(outbox.refused(errorFrame('overloaded'), 0), undefined);
    assert.deepEqual(outbox.stored(['2']), []);
    assert.equal(outbox.queued, 1);
  });

  test('a stored message that the server does not know any more fails', () => {
    const outbox = new Outbox<MessageRef>(() => 0.5);
    outbox.track({ id: '1', to: 'bob' });
    assert.deepEqual(outbox.online(10), [{ type: 'status', to: 'bob', ids: ['1'] }]);
    const change = outbox.refused(errorFrame('unknown-id', { id: '1', to: 'bob' }), 0);
    assert.equal(change?.state, 'failed');
    assert.equal(outbox.find('1'), undefined);
  });

  test('a purged message fails, whether it was stored or not answered yet', () => {
    const outbox = new Outbox<MessageRef>(() => 0.5);
    outbox.track({ id: '1', to: 'bob' });
    outbox.commit(outbox.add({ id: '2', to: 'bob' }, '', 0));
    outbox.online(10);
    outbox.take(MANY_BYTES);
    const changes = ['1', '2'].map((id) => outbox.refused(errorFrame('purged', { id, to: 'bob' }), 0));
    assert.deepEqual(
      changes.map((change) => [change?.message.id, change?.state, change?.refusal?.code]),
      [
        ['1', 'failed', 'purged'],
        ['2', 'failed', 'purged'],
      ],
    );
    assert.equal(outbox.queued, 0);
  });

  const withPurged = (): Outbox<MessageRef> => {
    const outbox = new Outbox<MessageRef>(() => 0.5);
    outbox.track({ id: '1', to: 'bob' });
    outbox.online(10);
    outbox.refused(errorFrame('purged', { id: '1', to: 'bob' }), 0);
    return outbox;
  };

  test('a purged message that was restored is stored or delivered again, now or after a reconnect', () => {
    const bob1 = { id: '1', to: 'bob' };
    assert.deepEqual(withPurged().delivered('bob', ['1']), [{ message: bob1, state: 'delivered' }]);
    const outbox = withPurged();
    assert.deepEqual(outbox.online(10), [{ type: 'status', to: 'bob', ids: ['1'] }]);
    assert.equal(outbox.refused(errorFrame('purged', bob1), 0), undefined, 'it is known');
    assert.deepEqual(outbox.found('bob', ['1']), [{ message: bob1, state: 'stored' }]);
    assert.deepEqual(outbox.found('bob', ['1']), [], 'once');
    assert.deepEqual(outbox.delivered('bob', ['1']), [{ message: bob1, state: 'delivered' }]);
    assert.deepEqual(outbox.online(10), []);
  });

  test('a message that was missing after a restore, and is there again after another one, is stored again', () => {
    const bob1 = { id: '1', to: 'bob' };
    const outbox = new Outbox<MessageRef>(() => 0.5);
    outbox.track(bob1);
    for (let login = 0; login < 2; login++) {
      assert.deepEqual(outbox.online(10), [{ type: 'status', to: 'bob', ids: ['1'] }]);
      assert.equal(outbox.refused(errorFrame('unknown-id', bob1), 0)?.state, login === 0 ? 'failed' : undefined);
    }
    outbox.online(10);
    assert.deepEqual(outbox.found('bob', ['1']), [{ message: bob1, state: 'stored' }]);
    assert.deepEqual(outbox.delivered('bob', ['1']), [{ message: bob1, state: 'delivered' }]);
  });

  test('an answer about a purged message settles no other message with its id (R14)', () => {
    const outbox = withPurged();
    outbox.online(10);
    outbox.commit(outbox.add({ id: '1', to: 'carol' }, '', 0));
    outbox.take(MANY_BYTES);
    assert.deepEqual([outbox.found('bob', ['1']), outbox.delivered('bob', ['1'])], [[], []]);
    assert.equal(outbox.queued, 1);
  });

  test('only the newest maxGone purged messages are asked about', () => {
    const outbox = new Outbox<MessageRef>(() => 0.5);
    for (let id = 0; id <= CLIENT.maxGone; id++) outbox.trackGone({ id: `${id}`, to: 'bob' });
    const ids = outbox.online(10).flatMap((request) => request.ids);
    assert.deepEqual([ids.length, ids[0]], [CLIENT.maxGone, '1']);
  });

  test('beyond maxTracked the oldest message is not tracked; a status request has at most maxIdsPerFrame ids', () => {
    const outbox = new Outbox<MessageRef>(() => 0.5);
    for (let id = 0; id < CLIENT.maxTracked; id++) outbox.track({ id: `${id}`, to: 'bob' });
    outbox.commit(outbox.add({ id: 'last', to: 'bob' }, '', 0));
    const requests = outbox.online(10);
    assert.equal(requests.length, CLIENT.maxTracked / WIRE.maxIdsPerFrame);
    outbox.take(MANY_BYTES);
    assert.deepEqual(
      outbox.stored(['last']).map(({ message, state }) => `${message.id} ${state}`),
      ['last stored', '0 untracked'],
    );
  });

  test('there is room for maxQueued messages and maxQueuedBytes', () => {
    const outbox = new Outbox<MessageRef>(() => 0.5);
    assert.equal(outbox.hasRoom(CLIENT.maxQueuedBytes), true);
    outbox.add({ id: 'large', to: 'bob' }, '', CLIENT.maxQueuedBytes);
    assert.equal(outbox.hasRoom(1), false);
    outbox.withdraw('large');
    for (let id = 0; id < CLIENT.maxQueued; id++) outbox.add({ id: `${id}`, to: 'bob' }, '', 0);
    assert.equal(outbox.hasRoom(0), false);
  });
});

/** What the model server does with one message. */
type Verdict = 'store' | 'refuse for now' | 'refuse for good';

/** A server that obeys R16: after a retryable refusal it refuses later messages to that recipient until the refused one is sent again. */
class ModelServer {
  /** By recipient, in order. */
  readonly stored = new Map<string, string[]>();
  readonly refusedForGood = new Set<string>();
  #holds = new Map<string, string>();

  newSession(): void {
    this.#holds = new Map();
  }

  take({ id, to }: Message, verdict: Verdict): ServerFrame {
    const log = this.stored.get(to) ?? [];
    this.stored.set(to, log);
    if (log.includes(id)) return { type: 'stored', ids: [id], duplicates: [id] };
    if (this.refusedForGood.has(id)) return errorFrame('unknown-user', { id, to });
    const held = this.#holds.get(to);
    if (held !== undefined && held !== id) return errorFrame('mailbox-full', { id, to });
    this.#holds.delete(to);
    const refusal = (code: ErrorCode): ServerFrame => errorFrame(code, { id, to });
    if (verdict === 'refuse for now') {
      this.#holds.set(to, id);
      return refusal('mailbox-full');
    }
    if (verdict === 'refuse for good') {
      this.refusedForGood.add(id);
      return refusal('unknown-user');
    }
    log.push(id);
    return { type: 'stored', ids: [id] };
  }
}

/** A client process and its server, with the requests and answers in flight between them. */
class Model {
  readonly server = new ModelServer();
  /** The durable messages, by recipient, in order. */
  readonly sent = new Map<string, string[]>();
  readonly states = new Map<string, string>();
  #outbox = new Outbox<MessageRef>(() => 0.5);
  #reducer = new StateReducer('folder', 'alice', 'outbox');
  /** Records that are not durable yet. */
  #records: ClientStateRecord[] = [];
  #orders: { readonly id: string; readonly to: string; readonly order: number }[] = [];
  #requests: Message[] = [];
  #answers: ServerFrame[] = [];
  #window = 0;
  #maxBodyBytes = Number.POSITIVE_INFINITY;
  #count = 0;
  #now = 0;

  get queued(): number {
    return this.#outbox.queued;
  }

  send(to: string, bytes: number): void {
    const id = `${++this.#count}`;
    const body = 'x'.repeat(bytes);
    this.#orders.push({ id, to, order: this.#outbox.add({ id, to }, body, bytes) });
    this.#records.push({ type: 'queued', id, to, body, at: 0 });
  }

  /** Everything appended is durable. */
  sync(): void {
    for (const record of this.#records.splice(0)) this.#reducer.apply(record);
    for (const { id, to, order } of this.#orders.splice(0)) {
      this.#outbox.commit(order);
      this.sent.set(to, [...(this.sent.get(to) ?? []), id]);
    }
    this.#failTooLarge();
  }

  login(window: number, maxBodyBytes = Number.POSITIVE_INFINITY): void {
    this.cut();
    this.#window = window;
    this.#maxBodyBytes = maxBodyBytes;
    this.server.newSession();
    this.#outbox.online(window);
    this.#failTooLarge();
  }

  cut(): void {
    this.#requests = [];
    this.#answers = [];
    this.#window = 0;
    this.#outbox.offline();
  }

  take(): void {
    this.#requests.push(...this.#outbox.take(MANY_BYTES));
    const unanswered = this.#requests.length + this.#answers.length;
    assert.ok(unanswered <= this.#window, `${unanswered} unanswered, the window is ${this.#window}`);
  }

  /** The server handles the oldest request. */
  serve(verdict: Verdict): void {
    const request = this.#requests.shift();
    if (request) this.#answers.push(this.server.take(request, verdict));
  }

  /** The client receives the oldest answer. */
  receive(): void {
    const answer = this.#answers.shift();
    if (answer?.type === 'stored') this.#record(this.#outbox.stored(answer.ids, answer.duplicates));
    if (answer?.type === 'error') {
      const change = this.#outbox.refused(answer, this.#now);
      if (change) this.#record([change]);
    }
  }

  pass(ms: number): void {
    this.#now += ms;
    this.#outbox.tick(this.#now);
  }

  /** The process dies and loses what is not durable; the next one opens the state. */
  crash(): void {
    this.cut();
    this.#records = [];
    this.#orders = [];
    const saved = this.#reducer.saved();
    const reducer = new StateReducer('folder', 'alice', 'outbox');
    for (const record of this.#reducer.snapshot()) reducer.apply(record);
    this.#reducer = reducer;
    this.#outbox = new Outbox(() => 0.5);
    for (const { id, to, body, bytes } of saved.queued) this.#outbox.commit(this.#outbox.add({ id, to }, body, bytes));
    for (const message of saved.awaiting) this.#outbox.track(message);
  }

  /** The server may have stored one of them before it announced a smaller limit, in a session that was cut. */
  #failTooLarge(): void {
    for (const { message, bytes } of this.#outbox.takeLargerThan(this.#maxBodyBytes)) {
      const { id, to } = message;
      assert.ok(bytes > this.#maxBodyBytes);
      if (!this.server.stored.get(to)?.includes(id)) this.server.refusedForGood.add(id);
      this.#record([{ message, state: 'failed' }]);
    }
  }

  #record(changes: readonly OutboxChange<MessageRef>[]): void {
    for (const { message, state, refusal } of changes) {
      const { id, to } = message;
      assert.ok(
        !['stored', 'failed'].includes(this.states.get(id) ?? '') || state !== 'queued',
        'never back to queued',
      );
      this.states.set(id, state);
      if (state === 'stored') this.#records.push({ type: 'stored', ids: [id] });
      if (state === 'failed') this.#records.push({ type: 'failed', id, reason: refusal?.code ?? '' });
      if (state === 'stored') assert.ok(this.server.stored.get(to)?.includes(id), 'stored: the server has it (R17)');
    }
  }
}

const verdict = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Verdict>('store') },
  { weight: 3, arbitrary: fc.constant<Verdict>('refuse for now') },
  { weight: 1, arbitrary: fc.constant<Verdict>('refuse for good') },
);

type Step = (model: Model) => void;

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constantFrom('bob', 'carol'), fc.integer({ min: 1, max: 3 })).map(
      ([to, bytes]): Step =>
        (model) =>
          model.send(to, bytes),
    ),
  },
  { weight: 4, arbitrary: fc.constant<Step>((model) => model.sync()) },
  { weight: 6, arbitrary: fc.constant<Step>((model) => model.take()) },
  {
    weight: 8,
    arbitrary: verdict.map(
      (word): Step =>
        (model) =>
          model.serve(word),
    ),
  },
  { weight: 8, arbitrary: fc.constant<Step>((model) => model.receive()) },
  {
    weight: 4,
    arbitrary: fc.nat(40_000).map(
      (ms): Step =>
        (model) =>
          model.pass(ms),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 2, max: 9 })).map(
      ([window, maxBodyBytes]): Step =>
        (model) =>
          model.login(window, maxBodyBytes),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Step>((model) => model.cut()) },
  { weight: 1, arbitrary: fc.constant<Step>((model) => model.crash()) },
);

test('any sequence of events: each durable message is stored once, or fails for good, in the order of sending (R8, R14, R16)', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const model = new Model();
      model.login(4);
      for (const run of steps) run(model);

      model.sync();
      model.login(1_000);
      for (let round = 0; model.queued > 0; round++) {
        assert.ok(round < 1_000, 'the queue drains');
        model.take();
        model.serve('store');
        model.receive();
        model.pass(CLIENT.backoffCapMs);
      }
      for (const [to, ids] of model.sent) {
        const expected = ids.filter((id) => !model.server.refusedForGood.has(id));
        assert.deepEqual(model.server.stored.get(to) ?? [], expected);
      }
    }),
    { numRuns: 500 },
  );
});
