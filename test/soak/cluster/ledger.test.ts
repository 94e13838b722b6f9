/** The comparison at the end of the soak finds each way in which a promise can be broken. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Ledger, type PromiseName, type Shown } from './ledger.js';

let ledger: Ledger;
/** As sent: `a.0`, `a.1`, `a.2`. */
let sent: { readonly id: string; readonly body: string }[];

beforeEach(() => {
  ledger = new Ledger();
  ledger.open({ name: 'a', from: 'alice', to: 'bob' });
  sent = [0, 1, 2].map(() => ledger.send('a', 0));
});

/** Bob is shown a message, all of which was as it should be but for `more`. */
function show(number: number, more: Partial<Shown> = {}, user = 'bob'): void {
  ledger.shown(user, { ...(sent[number] as Shown), epoch: 'e', seq: number + 1, from: 'alice', ...more }, 0);
}

const storeAll = (): void => {
  for (const { id } of sent) ledger.stored(id, 0);
};

/** How often each promise was broken, at the end. */
function broken(): Partial<Record<PromiseName, number>> {
  ledger.close();
  return Object.fromEntries([...ledger.broken].map(([name, { count }]) => [name, count]));
}

test('all is well', () => {
  storeAll();
  for (const number of [0, 1, 2]) show(number);
  ledger.delivered('a.2');
  assert.equal(ledger.isDrained, true);
  assert.deepEqual(broken(), {});
});

test('lost: acknowledged, and not shown; one that was not acknowledged is stuck', () => {
  ledger.stored('a.0', 0);
  ledger.stored('a.1', 0);
  show(0);
  assert.equal(ledger.isDrained, false);
  assert.deepEqual(broken(), { lost: 1, stuck: 1 });
});

test('twice, also with another seq', () => {
  storeAll();
  for (const number of [0, 1, 2]) show(number);
  show(1);
  show(1, { seq: 4 });
  assert.deepEqual(broken(), { twice: 2 });
});

test('out of order', () => {
  storeAll();
  for (const number of [0, 2, 1]) show(number);
  assert.deepEqual(broken(), { disorder: 1 });
});

test('one seq of an epoch with two ids; in another epoch it may be used again', () => {
  storeAll();
  show(0);
  show(1, { seq: 1 });
  show(2, { seq: 1, epoch: 'f' });
  assert.deepEqual(broken(), { clash: 1 });
});

test('shown, but never sent so', () => {
  storeAll();
  show(0, {}, 'carol');
  show(0, { from: 'carol' });
  show(0, { body: 'x' });
  show(0, { id: 'a.7' });
  show(0, { id: 'b.0' });
  for (const number of [0, 1, 2]) show(number);
  assert.deepEqual(broken(), { forged: 5 });
});

test('delivered before it was shown', () => {
  storeAll();
  ledger.delivered('a.1');
  for (const number of [0, 1, 2]) show(number);
  assert.deepEqual(broken(), { undelivered: 1 });
});

test('an id that the server does not know is an old one, or lost', () => {
  storeAll();
  for (const number of [0, 1, 2]) show(number);
  ledger.unknown('a.0');
  assert.deepEqual(broken(), { refused: 1 });
});

test('what a client did not send need not arrive, and must not', () => {
  ledger.stored('a.0', 0);
  show(0);
  for (const number of [1, 2]) ledger.voided(`a.${number}`);
  assert.equal(ledger.isDrained, true);
  show(2);
  assert.deepEqual(broken(), { forged: 1 });
});
