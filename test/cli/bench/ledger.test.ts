/** The ledger of a benchmark: it sees every broken promise, and none where there is none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { broken, Ledger, total, type Verdict } from '../../../src/cli/bench/ledger.js';

const bodyOf = (number: number): string => `body ${number}`;

/** A ledger with `count` messages that are sent and stored. */
function stored(count: number): Ledger {
  const ledger = new Ledger(bodyOf);
  ledger.loggedIn('epoch');
  for (let number = 0; number < count; number++) assert.equal(ledger.answered(ledger.send()), true);
  return ledger;
}

const push = (ledger: Ledger, seq: number, number: number): boolean => ledger.pushed(seq, number, bodyOf(number));

const KEPT = { lost: 0, twice: 0, outOfOrder: 0, altered: 0, pushedAgain: 0 };

test('what is stored and delivered once and in order keeps every promise', () => {
  const ledger = stored(3);
  for (let number = 0; number < 3; number++) assert.equal(push(ledger, number + 1, number), true);
  assert.deepEqual(ledger.verdict(), { ...KEPT, sent: 3, stored: 3, delivered: 3 });
  assert.deepEqual(broken(ledger.verdict()), []);
  assert.equal(ledger.isComplete, true);
});

test('R14: a stored message that never comes is lost, wherever it is in the order', () => {
  for (const gone of [0, 1, 2]) {
    const ledger = stored(3);
    for (const number of [0, 1, 2]) if (number !== gone) push(ledger, number + 1, number);
    assert.equal(ledger.isComplete, false);
    assert.deepEqual(broken(ledger.verdict()), ['lost 1'], `message ${gone}`);
  }
  assert.equal(stored(5).verdict().lost, 5, 'none came');
});

test('a message without an answer is not promised: it may be missing, and it may be delivered', () => {
  const ledger = stored(1);
  ledger.send();
  ledger.send();
  push(ledger, 1, 0);
  assert.deepEqual(ledger.verdict(), { ...KEPT, sent: 3, stored: 1, delivered: 1 });
  assert.equal(ledger.unanswered, 2);
  push(ledger, 2, 1);
  assert.deepEqual(ledger.verdict(), { ...KEPT, sent: 3, stored: 1, delivered: 2 });
  assert.equal(ledger.isComplete, false);
});

test('R8: a message that is stored again under another seq comes twice', () => {
  const ledger = stored(2);
  push(ledger, 1, 0);
  assert.equal(push(ledger, 2, 0), false);
  push(ledger, 3, 1);
  assert.deepEqual(broken(ledger.verdict()), ['twice 1']);
});

test('the same seq again is allowed: a client drops it', () => {
  const ledger = stored(2);
  push(ledger, 1, 0);
  push(ledger, 2, 1);
  ledger.loggedIn('epoch');
  assert.equal(push(ledger, 1, 0), false);
  assert.equal(push(ledger, 2, 1), false);
  assert.deepEqual(ledger.verdict(), { ...KEPT, sent: 2, stored: 2, delivered: 2, pushedAgain: 2 });
});

test('a store that begins a new epoch and delivers everything again delivers twice', () => {
  const ledger = stored(2);
  push(ledger, 1, 0);
  push(ledger, 2, 1);
  ledger.loggedIn('another epoch');
  push(ledger, 1, 0);
  push(ledger, 2, 1);
  assert.deepEqual(broken(ledger.verdict()), ['twice 2']);
});

test('R16: a message after a newer one is out of order, and not lost', () => {
  const ledger = stored(4);
  for (const [index, number] of [0, 2, 1, 3].entries()) push(ledger, index + 1, number);
  assert.deepEqual(ledger.verdict(), { ...KEPT, sent: 4, stored: 4, delivered: 4, outOfOrder: 1 });
});

test('a new message under an old seq is out of order: a client would drop it', () => {
  const ledger = stored(2);
  push(ledger, 5, 0);
  push(ledger, 4, 1);
  assert.deepEqual(broken(ledger.verdict()), ['out of order 1']);
});

test('another body, a number that was never sent and an id that is none of ours are altered', () => {
  const ledger = stored(1);
  assert.equal(ledger.pushed(1, 0, 'something else'), true);
  for (const strange of [1, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
    assert.equal(ledger.pushed(2, strange, ''), false);
  assert.deepEqual(broken(ledger.verdict()), ['altered 6']);
});

test('answers for what was not sent, and answers that come again, count nothing', () => {
  const ledger = new Ledger(bodyOf);
  for (const strange of [0, -1, Number.NaN]) assert.equal(ledger.answered(strange), false);
  ledger.send();
  assert.equal(ledger.answered(0), true);
  assert.equal(ledger.answered(0), false);
  assert.equal(ledger.stored, 1);
});

test('what is sent again after a reconnect: from the first unanswered message on', () => {
  const ledger = new Ledger(bodyOf);
  for (let number = 0; number < 5; number++) ledger.send();
  assert.equal(ledger.firstUnanswered, 0);
  for (const number of [0, 1, 3]) ledger.answered(number);
  assert.equal(ledger.firstUnanswered, 2);
  assert.deepEqual(
    [1, 2, 3, 4].map((number) => ledger.isStored(number)),
    [true, false, true, false],
  );
  ledger.answered(2);
  assert.equal(ledger.firstUnanswered, 4);
});

test('verdicts of several senders add up', () => {
  const [one, other] = [stored(2), stored(1)];
  push(one, 1, 1);
  push(other, 1, 0);
  push(other, 2, 0);
  const all = total([one.verdict(), other.verdict()]);
  assert.deepEqual(all, { ...KEPT, sent: 3, stored: 3, delivered: 2, lost: 1, twice: 1 });
  assert.deepEqual(broken(all), ['lost 1', 'twice 1']);
  assert.deepEqual(total([]), { ...KEPT, sent: 0, stored: 0, delivered: 0 });
});

/** The plain definition, over all that has happened. */
function judge(sent: number, answered: readonly number[], pushes: readonly (readonly [seq: number, number: number])[]) {
  const kept = new Set(answered.filter((number) => number < sent));
  const seen = new Set<number>();
  const verdict = { ...KEPT, sent, stored: kept.size, delivered: 0 };
  let [lastSeq, highest] = [0, -1];
  for (const [seq, number] of pushes) {
    if (number >= sent) {
      verdict.altered++;
      continue;
    }
    const isOld = seq <= lastSeq;
    lastSeq = Math.max(lastSeq, seq);
    if (seen.has(number)) verdict[isOld ? 'pushedAgain' : 'twice']++;
    else if (isOld || number < highest) verdict.outOfOrder++;
    seen.add(number);
    highest = Math.max(highest, number);
  }
  verdict.delivered = seen.size;
  verdict.lost = [...kept].filter((number) => !seen.has(number)).length;
  return verdict satisfies Verdict;
}

test('whatever comes in whatever order, the verdict is that of the plain definition', () => {
  const number = fc.nat({ max: 12 });
  const pushes = fc.array(fc.tuple(fc.integer({ min: 1, max: 15 }), number), { maxLength: 25 });
  fc.assert(
    fc.property(number, fc.array(number, { maxLength: 20 }), pushes, (sent, answers, seen) => {
      const ledger = new Ledger(bodyOf);
      ledger.loggedIn('epoch');
      for (let count = 0; count < sent; count++) ledger.send();
      for (const one of answers) ledger.answered(one);
      for (const [seq, one] of seen) push(ledger, seq, one);
      assert.deepEqual(ledger.verdict(), judge(sent, answers, seen));
    }),
    { numRuns: 2_000 },
  );
});
