/** The inbox against a model server that pushes unacked messages again: each is shown once, in order, and acked after that. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Inbox } from '../../src/client/inbox.js';
import type { ClientStateRecord } from '../../src/client/state-records.js';
import { StateReducer } from '../../src/client/state-reducer.js';
import { push } from './scripted-server.js';

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

  test('a message that was received in an earlier session is a duplicate, and acked again when it is pushed again', () => {
    const inbox = new Inbox({ epoch: 'e1', received: 2, unshown: [] });
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
    const unshown = [2, 3].map((seq) => ({ epoch: 'e1', push: push(seq) }));
    const inbox = new Inbox({ epoch: 'e1', received: 3, unshown });
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
    const inbox = new Inbox({ epoch: 'e1', received: 2, unshown: [] });
    inbox.welcome('e1', 7);
    assert.equal(inbox.push(push(8)), 'new');
    assert.deepEqual(showAll(inbox), [8]);
    assert.equal(inbox.takeAck(), 8);
  });

  test('a new epoch starts from seq 1; unshown messages of the old one are shown first, and not acked', () => {
    const inbox = new Inbox({ epoch: 'e1', received: 9, unshown: [{ epoch: 'e1', push: push(9) }] });
    inbox.welcome('e2', 0);
    assert.equal(inbox.push(push(1)), 'new');
    assert.deepEqual(showAll(inbox), [9, 1]);
    assert.equal(inbox.takeAck(), 1);
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

/** A mailbox and its session, pushes and acks in flight, and the client with its durable state. */
class Model {
  readonly shown: string[] = [];
  #epoch = 1;
  #last = 0;
  #delivered = 0;
  #pushed = 0;
  #pushes: number[] = [];
  #acks: number[] = [];
  #inbox = new Inbox();
  #reducer = new StateReducer('folder', 'alice');
  #isOnline = false;
  /** All messages that were ever stored in the mailbox, in order. */
  readonly sent: string[] = [];

  store(): void {
    this.#last += 1;
    this.sent.push(`${this.#epoch}/${this.#last}`);
  }

  login(): void {
    this.cut();
    this.#isOnline = true;
    this.#pushed = this.#delivered;
    this.#inbox.welcome(`${this.#epoch}`, this.#delivered);
  }

  cut(): void {
    this.#isOnline = false;
    this.#pushes = [];
    this.#acks = [];
  }

  serve(): void {
    if (this.#isOnline && this.#pushed < this.#last) this.#pushes.push(++this.#pushed);
    const seq = this.#acks.shift();
    if (seq === undefined) return;
    assert.ok(seq <= this.#pushed, 'never beyond what was pushed');
    assert.ok(seq > this.#delivered, 'each ack moves the cursor');
    this.#delivered = seq;
  }

  receive(): void {
    const seq = this.#pushes.shift();
    if (seq !== undefined) assert.notEqual(this.#inbox.push(push(seq)), 'gap');
  }

  /** Makes everything received durable. */
  save(): void {
    const batch = this.#inbox.takeUnsaved();
    for (const { epoch, push } of batch) this.#record({ type: 'received', epoch, push });
    this.#inbox.saved(batch);
  }

  show(): void {
    const item = this.#inbox.next();
    if (!item) return;
    const { epoch, push } = item;
    this.shown.push(`${epoch}/${push.seq}`);
    this.#record({ type: 'shown', epoch, seq: push.seq });
    this.#inbox.shown(item);
  }

  ack(): void {
    const seq = this.#isOnline ? this.#inbox.takeAck() : undefined;
    if (seq === undefined) return;
    assert.ok(this.shown.includes(`${this.#epoch}/${seq}`), 'only what was shown is acked (R12)');
    this.#acks.push(seq);
  }

  crash(): void {
    this.cut();
    const reducer = new StateReducer('folder', 'alice');
    for (const record of this.#reducer.snapshot()) reducer.apply(record);
    this.#reducer = reducer;
    this.#inbox = new Inbox(reducer.saved().inbox);
  }

  /** A new, empty store: undelivered messages of the old one are lost. */
  replaceStore(): void {
    this.save();
    this.cut();
    const isLost = (name: string): boolean => name.startsWith(`${this.#epoch}/`) && !this.#isReceived(name);
    this.sent.splice(0, this.sent.length, ...this.sent.filter((name) => !isLost(name)));
    this.#epoch += 1;
    this.#last = 0;
    this.#delivered = 0;
  }

  drain(): void {
    this.login();
    for (let round = 0; round <= this.#last * 2 + 10; round++) {
      this.serve();
      this.receive();
      this.save();
      this.show();
      this.ack();
    }
    assert.equal(this.#delivered, this.#last);
  }

  /** Whether the client has it durable, or has shown it. */
  #isReceived(name: string): boolean {
    const { unshown } = this.#reducer.saved().inbox;
    return this.shown.includes(name) || unshown.some(({ epoch, push }) => `${epoch}/${push.seq}` === name);
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
  { weight: 1, arbitrary: fc.constantFrom('cut' as const, 'crash' as const, 'replaceStore' as const) },
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
    { numRuns: 500 },
  );
});
