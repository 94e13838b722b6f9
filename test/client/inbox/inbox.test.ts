/** The inbox against a model server that pushes unacked messages again: each is shown once, in order, and acked after that. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Inbox } from '../../../src/client/inbox/inbox.js';
import { toReceivedId } from '../../../src/client/inbox/received-ids.js';
import { CLIENT } from '../../../src/client/limits.js';
import type { ClientStateRecord } from '../../../src/client/state/state-records.js';
import { StateReducer } from '../../../src/client/state/state-reducer.js';
import { push } from '../scripted-server.js';

/** Saves and shows everything; returns the seqs shown. */
function showAll(inbox: Inbox): number[] {
  inbox.saved(inbox.takeUnsaved());
  const seqs: number[] = [];
  for (let item = inbox.next(); item; item = inbox.next()) {
    inbox.shown(item);
    seqs.push(item.push.seq);
  }
  return seqs;
}

describe('by example', () => {
  test('a message is saved, then shown, then acked', () => {
    const inbox = new Inbox();
    inbox.welcome('e1', 0);
    assert.equal(inbox.push(push(1)), 'new');
    assert.equal(inbox.next(), undefined, 'not durable yet');
    inbox.saved(inbox.takeUnsaved());
    const item = inbox.next();
    assert.ok(item);
    assert.equal(inbox.takeAck(), undefined, 'not shown yet');
    inbox.shown(item);
    assert.equal(inbox.takeAck(), 1);
    assert.equal(inbox.takeAck(), undefined, 'acked once');
  });

  test('a message that is left is not acked, nor is anything after it, also when it is pushed again; a new epoch ends that', () => {
    const inbox = new Inbox();
    inbox.welcome('e1', 0);
    for (const seq of [1, 2, 3]) inbox.push(push(seq));
    inbox.saved(inbox.takeUnsaved());
    for (let item = inbox.next(); item; item = inbox.next()) {
      inbox.shown(item);
      if (item.push.seq > 1) inbox.leave(item);
    }
    assert.deepEqual([inbox.hasUnacked, inbox.takeAck(), inbox.hasUnacked], [true, 1, false]);
    inbox.welcome('e1', 1);
    for (const seq of [2, 3, 4]) inbox.push(push(seq));
    assert.deepEqual(showAll(inbox), [4]);
    assert.equal(inbox.takeAck(), undefined);
    inbox.welcome('e2', 0);
    inbox.push(push(1));
    showAll(inbox);
    assert.equal(inbox.takeAck(), 1);
  });

  test('a message that was received in an earlier session is a duplicate, and acked again when it is pushed again', () => {
    const inbox = new Inbox({ epoch: 'e1', received: 2, unshown: [], ids: [] });
    inbox.welcome('e1', 0);
    assert.equal(inbox.takeAck(), undefined, 'never beyond what was pushed in this session');
    assert.equal(inbox.push(push(1)), 'duplicate');
    assert.equal(inbox.takeAck(), 1);
    assert.equal(inbox.push(push(2)), 'duplicate');
    assert.equal(inbox.push(push(3)), 'new');
    assert.equal(inbox.takeAck(), 2);
    assert.deepEqual(showAll(inbox), [3]);
  });

  test('messages that an earlier process did not show are acked only after they are shown', () => {
    const unshown = [2, 3].map((seq) => ({ type: 'received' as const, epoch: 'e1', push: push(seq) }));
    const inbox = new Inbox({ epoch: 'e1', received: 3, unshown, ids: [] });
    inbox.welcome('e1', 0);
    for (const seq of [1, 2, 3]) assert.equal(inbox.push(push(seq)), 'duplicate');
    assert.equal(inbox.takeAck(), 1);
    assert.deepEqual(showAll(inbox), [2, 3]);
    assert.equal(inbox.takeAck(), 3);
  });

  test('a gap is detected, also right after the login', () => {
    const inbox = new Inbox();
    inbox.welcome('e1', 4);
    assert.equal(inbox.push(push(6)), 'gap');
    assert.equal(inbox.push(push(5)), 'new');
  });

  test('messages that another client of the user has acked are not expected', () => {
    const inbox = new Inbox({ epoch: 'e1', received: 2, unshown: [], ids: [] });
    inbox.welcome('e1', 7);
    assert.equal(inbox.push(push(8)), 'new');
    assert.deepEqual(showAll(inbox), [8]);
    assert.equal(inbox.takeAck(), 8);
  });

  test('a new epoch starts from seq 1; unshown messages of the old one are shown first, and not acked', () => {
    const inbox = new Inbox({
      epoch: 'e1',
      received: 9,
      unshown: [{ type: 'received', epoch: 'e1', push: push(9) }],
      ids: [],
    });
    assert.equal(inbox.welcome('e2', 0), 'e1');
    assert.equal(inbox.push(push(1)), 'new');
    assert.deepEqual(showAll(inbox), [9, 1]);
    assert.equal(inbox.takeAck(), 1);
  });

  test('a message that was received in an earlier epoch is acked and not shown again', () => {
    const inbox = new Inbox();
    assert.equal(inbox.welcome('e1', 0), undefined);
    for (const seq of [1, 2, 3]) inbox.push(push(seq));
    assert.deepEqual(inbox.last, { epoch: 'e1', seq: 3, from: 'bob', id: 'm3' });
    assert.deepEqual(showAll(inbox), [1, 2, 3]);
    inbox.welcome('e2', 0);
    assert.deepEqual(inbox.last, { epoch: 'e1', seq: 3, from: 'bob', id: 'm3' });
    const known = { id: 'm2', body: push(2).body };
    assert.equal(inbox.push(push(1, known)), 'new');
    assert.equal(inbox.push(push(2, { ...known, body: 'another body with the same id' })), 'new');
    assert.equal(inbox.push(push(3, { ...known, from: 'carol' })), 'new');
    const batch = inbox.takeUnsaved();
    inbox.saved(batch);
    assert.deepEqual(
      batch.map(({ push: { seq }, isKnown }) => [seq, isKnown ?? false]),
      [
        [1, true],
        [2, false],
        [3, false],
      ],
    );
    assert.equal(inbox.takeAck(), undefined, 'it is acked in its turn');
    assert.deepEqual(showAll(inbox), [1, 2, 3]);
    assert.equal(inbox.takeAck(), 3);
  });

  test('another message with the seq of a received one is neither dropped nor acked', () => {
    const inbox = new Inbox();
    inbox.welcome('e1', 0);
    for (const seq of [1, 2, 3]) inbox.push(push(seq));
    assert.deepEqual(showAll(inbox), [1, 2, 3]);
    inbox.welcome('e1', 1);
    assert.equal(inbox.push(push(2)), 'duplicate');
    assert.equal(inbox.push(push(3, { id: 'x' })), 'another');
    assert.equal(inbox.takeAck(), 2);
  });

  test('a new epoch in which nothing was received, and a restart', () => {
    const first = new Inbox();
    first.welcome('e1', 0);
    for (const seq of [1, 2, 3]) first.push(push(seq));
    showAll(first);
    first.welcome('e2', 0);
    const newest = { epoch: 'e1', seq: 3, from: push(3).from, id: push(3).id };
    assert.deepEqual(first.last, newest, 'if the server goes back to e1, it can tell that it did');
    const ids = [1, 2, 3].map((seq) => toReceivedId('e1', push(seq)));
    const inbox = new Inbox({ epoch: 'e2', received: 0, unshown: [], ids });
    assert.deepEqual(inbox.last, newest);
    inbox.welcome('e2', 0);
    assert.equal(inbox.push(push(1, { id: 'x' })), 'new');
    assert.equal(inbox.push(push(2, { id: push(1).id, body: push(1).body })), 'new');
    assert.equal(inbox.push(push(1, { id: 'x' })), 'duplicate', 'and not another message than m1 of e1');
    const known = inbox.takeUnsaved().map(({ isKnown }) => isKnown ?? false);
    assert.deepEqual(known, [false, true], 'm1 was received in e1');
  });

  test('the ids of the newest messages are kept, also in the state folder', () => {
    const reducer = new StateReducer('folder', 'alice', 'outbox');
    const inbox = new Inbox();
    inbox.welcome('e1', 0);
    const count = 2 * CLIENT.keptReceivedIds + 7;
    for (let seq = 1; seq <= count; seq++) {
      inbox.push(push(seq));
      reducer.apply({ type: 'received', epoch: 'e1', push: push(seq) });
    }
    reducer.apply({ type: 'shown', epoch: 'e1', seq: count - 2 });
    const again = new StateReducer('folder', 'alice', 'outbox');
    for (const record of reducer.snapshot()) again.apply(record);
    const { ids, unshown } = again.saved().inbox;
    assert.deepEqual(
      [ids.length, ids[0]?.seq, ids.at(-1)?.seq],
      [CLIENT.keptReceivedIds, CLIENT.keptReceivedIds + 8, count],
    );
    assert.deepEqual(ids, reducer.saved().inbox.ids);
    assert.deepEqual(unshown, reducer.saved().inbox.unshown);
    const restored = new Inbox(again.saved().inbox);
    assert.deepEqual(restored.last, inbox.last);
    for (const one of [inbox, restored]) {
      one.welcome('e1', count - 5);
      assert.equal(one.push(push(count - 4, { from: 'carol' })), 'another');
      assert.equal(one.push(push(1, { from: 'carol' })), 'duplicate', 'so old that it is not known');
      one.welcome('e2', 0);
      one.push(push(1, { id: `m${count}`, body: push(count).body }));
      one.push(push(2, { id: 'm1', body: push(1).body }));
      assert.deepEqual(
        one
          .takeUnsaved()
          .map(({ isKnown }) => isKnown ?? false)
          .slice(-2),
        [true, false],
      );
    }
  });

  test('a replay is shown in order, and neither saved nor acked', () => {
    const inbox = new Inbox();
    inbox.welcome('e1', 0);
    inbox.push(push(1));
    assert.equal(inbox.push(push(1, { replay: 'r' })), 'replay');
    assert.equal(inbox.next(), undefined, 'it does not overtake what is not durable yet');
    assert.equal(inbox.takeUnsaved().length, 1);
    assert.equal(inbox.takeAck(), undefined);
  });
});

/** The names of the messages of a mailbox, and how many are delivered. */
interface ModelMailbox {
  readonly epoch: string;
  readonly past: readonly string[];
  readonly names: readonly string[];
  readonly delivered: number;
}
const EMPTY: ModelMailbox = { epoch: 'e1', past: [], names: [], delivered: 0 };

/** A mailbox and its session, pushes and acks in flight, and the client with its durable state. */
class Model {
  readonly shown: string[] = [];
  #epochs = 1;
  #mailbox = EMPTY;
  #copy = EMPTY;
  #pushed = 0;
  #pushes: { readonly seq: number; readonly name: string }[] = [];
  #acks: number[] = [];
  #inbox = new Inbox();
  #reducer = new StateReducer('folder', 'alice', 'outbox');
  #isOnline = false;
  /** All messages that were ever stored, in order, without those that the server lost before the client had them. */
  readonly sent: string[] = [];
  #stored = 0;
  readonly #positions = new Set<string>();

  store(): void {
    const name = `m${++this.#stored}`;
    this.#mailbox = { ...this.#mailbox, names: [...this.#mailbox.names, name] };
    this.sent.push(name);
  }

  /** As the server: a mailbox without the newest message that the client has starts a new epoch. */
  login(): void {
    this.cut();
    this.#isOnline = true;
    const { last } = this.#inbox;
    const { epoch, past, names } = this.#mailbox;
    const hadMessage =
      last === undefined || past.includes(last.epoch) || (last.epoch === epoch && names[last.seq - 1] === last.id);
    if (!hadMessage) {
      this.#mailbox = { ...this.#mailbox, epoch: `e${++this.#epochs}`, past: [...past, epoch, last.epoch] };
    }
    this.#pushed = this.#mailbox.delivered;
    this.#inbox.welcome(this.#mailbox.epoch, this.#mailbox.delivered);
  }

  cut(): void {
    this.#isOnline = false;
    this.#pushes = [];
    this.#acks = [];
  }

  serve(): void {
    const { names, delivered } = this.#mailbox;
    const name = names[this.#pushed];
    if (this.#isOnline && name !== undefined) this.#pushes.push({ seq: ++this.#pushed, name });
    const seq = this.#acks.shift();
    if (seq === undefined) return;
    assert.ok(seq <= this.#pushed, 'never beyond what was pushed');
    assert.ok(seq > delivered, 'each ack moves the cursor');
    this.#mailbox = { ...this.#mailbox, delivered: seq };
  }

  receive(): void {
    const next = this.#pushes.shift();
    if (!next) return;
    const arrival = this.#inbox.push(push(next.seq, { id: next.name, body: next.name }));
    assert.ok(arrival === 'new' || arrival === 'duplicate', arrival);
  }

  /** Makes everything received durable. */
  save(): void {
    const batch = this.#inbox.takeUnsaved();
    for (const { epoch, push, isKnown } of batch) {
      this.#record({ type: 'received', epoch, push, ...(isKnown && { isKnown }) });
    }
    this.#inbox.saved(batch);
  }

  show(): void {
    const item = this.#inbox.next();
    if (!item) return;
    const { epoch, push, isKnown } = item;
    if (!isKnown) this.shown.push(push.id);
    // Programs that store what they were shown (LastPrinted, History) rely on it.
    const position = `${epoch} ${push.seq}`;
    assert.ok(!this.#positions.has(position), `two messages were shown as ${position}`);
    this.#positions.add(position);
    this.#record({ type: 'shown', epoch, seq: push.seq });
    this.#inbox.shown(item);
  }

  ack(): void {
    const seq = this.#isOnline ? this.#inbox.takeAck() : undefined;
    if (seq === undefined) return;
    assert.ok(this.shown.includes(this.#mailbox.names[seq - 1] ?? ''), 'only what was shown is acked (R12)');
    this.#acks.push(seq);
  }

  crash(): void {
    this.cut();
    const reducer = new StateReducer('folder', 'alice', 'outbox');
    for (const record of this.#reducer.snapshot()) reducer.apply(record);
    this.#reducer = reducer;
    this.#inbox = new Inbox(reducer.saved().inbox);
  }

  /** Somebody copies the server's data. */
  copy(): void {
    this.#copy = this.#mailbox;
  }

  /** The server starts with the copy: messages since then are lost, unless the client has them. */
  restore(): void {
    this.#startWith(this.#copy);
  }

  /** The server starts with no data. */
  replaceStore(): void {
    this.#copy = { ...EMPTY, epoch: `e${++this.#epochs}` };
    this.#startWith(this.#copy);
  }

  #startWith(mailbox: ModelMailbox): void {
    this.save();
    this.cut();
    const { ids } = this.#reducer.saved().inbox;
    const known = new Set([...mailbox.names, ...ids.map(({ id }) => id)]);
    this.sent.splice(0, this.sent.length, ...this.sent.filter((name) => known.has(name)));
    this.#mailbox = mailbox;
  }

  drain(): void {
    this.login();
    const count = this.#mailbox.names.length;
    for (let round = 0; round <= count * 2 + this.sent.length + 10; round++) {
      this.serve();
      this.receive();
      this.save();
      this.show();
      this.ack();
    }
    assert.equal(this.#mailbox.delivered, count);
  }

  #record(record: ClientStateRecord): void {
    this.#reducer.apply(record);
  }
}

const step = fc.oneof(
  { weight: 5, arbitrary: fc.constant('store' as const) },
  { weight: 6, arbitrary: fc.constant('serve' as const) },
  { weight: 6, arbitrary: fc.constant('receive' as const) },
  { weight: 4, arbitrary: fc.constant('save' as const) },
  { weight: 5, arbitrary: fc.constant('show' as const) },
  { weight: 4, arbitrary: fc.constant('ack' as const) },
  { weight: 2, arbitrary: fc.constant('login' as const) },
  { weight: 1, arbitrary: fc.constantFrom('cut' as const, 'crash' as const) },
  { weight: 1, arbitrary: fc.constantFrom('copy' as const, 'restore' as const, 'replaceStore' as const) },
);

test('any sequence of events: each message is shown once, in order, and acked after that (R12, R15, R16)', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const model = new Model();
      model.login();
      for (const name of steps) model[name]();
      model.drain();
      assert.deepEqual(model.shown, model.sent);
    }),
    { numRuns: 2_000 },
  );
});
