/** The checker of a benchmark: it sees every broken promise, and none where there is none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { broken, Checker, total, type Verdict } from '../../../src/cli/bench/checker.js';

const bodyOf = (number: number): string => `body ${number}`;

/** A checker with `count` messages that are sent and stored. */
function stored(count: number): Checker {
  const checker = new Checker(bodyOf);
  checker.loggedIn('epoch');
  for (let number = 0; number < count; number++) assert.equal(checker.answered(checker.send()), true);
  return checker;
}

const push = (checker: Checker, seq: number, number: number): boolean => checker.pushed(seq, number, bodyOf(number));

const KEPT = { lost: 0, twice: 0, outOfOrder: 0, altered: 0, pushedAgain: 0 };

test('what is stored and delivered once and in order keeps every promise', () => {
  const checker = stored(3);
  for (let number = 0; number < 3; number++) assert.equal(push(checker, number + 1, number), true);
  assert.deepEqual(checker.verdict(), { ...KEPT, sent: 3, stored: 3, delivered: 3 });
  assert.deepEqual(broken(checker.verdict()), []);
  assert.equal(checker.isComplete, true);
});

test('R14: a stored message that never comes is lost, wherever it is in the order', () => {
  for (const gone of [0, 1, 2]) {
    const checker = stored(3);
    for (const number of [0, 1, 2]) if (number !== gone) push(checker, number + 1, number);
    assert.equal(checker.isComplete, false);
    assert.deepEqual(broken(checker.verdict()), ['lost 1'], `message ${gone}`);
  }
  assert.equal(stored(5).verdict().lost, 5, 'none came');
});

test('a message without an answer is not promised: it may be missing, and it may be delivered', () => {
  const checker = stored(1);
  checker.send();
  checker.send();
  push(checker, 1, 0);
  assert.deepEqual(checker.verdict(), { ...KEPT, sent: 3, stored: 1, delivered: 1 });
  assert.equal(checker.unanswered, 2);
  push(checker, 2, 1);
  assert.deepEqual(checker.verdict(), { ...KEPT, sent: 3, stored: 1, delivered: 2 });
  assert.equal(checker.isComplete, false);
});

test('R8: a message that is stored again under another seq comes twice', () => {
  const checker = stored(2);
  push(checker, 1, 0);
  assert.equal(push(checker, 2, 0), false);
  push(checker, 3, 1);
  assert.deepEqual(broken(checker.verdict()), ['twice 1']);
});

test('the same seq again is allowed: a client drops it', () => {
  const checker = stored(2);
  push(checker, 1, 0);
  push(checker, 2, 1);
  checker.loggedIn('epoch');
  assert.equal(push(checker, 1, 0), false);
  assert.equal(push(checker, 2, 1), false);
  assert.deepEqual(checker.verdict(), { ...KEPT, sent: 2, stored: 2, delivered: 2, pushedAgain: 2 });
});

test('a store that begins a new epoch and delivers everything again delivers twice', () => {
  const checker = stored(2);
  push(checker, 1, 0);
  push(checker, 2, 1);
  checker.loggedIn('another epoch');
  push(checker, 1, 0);
  push(checker, 2, 1);
  assert.deepEqual(broken(checker.verdict()), ['twice 2']);
});

test('R16: a message after a newer one is out of order, and not lost', () => {
  const checker = stored(4);
  for (const [index, number] of [0, 2, 1, 3].entries()) push(checker, index + 1, number);
  assert.deepEqual(checker.verdict(), { ...KEPT, sent: 4, stored: 4, delivered: 4, outOfOrder: 1 });
});

test('a new message under an old seq is out of order: a client would drop it', () => {
  const checker = stored(2);
  push(checker, 5, 0);
  push(checker, 4, 1);
  assert.deepEqual(broken(checker.verdict()), ['out of order 1']);
});

test('another body, a number that was never sent and an id that is none of ours are altered', () => {
  const checker = stored(1);
  assert.equal(checker.pushed(1, 0, 'something else'), true);
  for (const strange of [1, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
    assert.equal(checker.pushed(2, strange, ''), false);
  assert.deepEqual(broken(checker.verdict()), ['altered 6']);
});

test('answers for what was not sent, and answers that come again, count nothing', () => {
  const checker = new Checker(bodyOf);
  for (const strange of [0, -1, Number.NaN]) assert.equal(checker.answered(strange), false);
  checker.send();
  assert.equal(checker.answered(0), true);
  assert.equal(checker.answered(0), false);
  assert.equal(checker.stored, 1);
});

test('what is sent again after a reconnect: from the first unanswered message on', () => {
  const checker = new Checker(bodyOf);
  for (let number = 0; number < 5; number++) checker.send();
  assert.equal(checker.firstUnanswered, 0);
  for (const number of [0, 1, 3]) checker.answered(number);
  assert.equal(checker.firstUnanswered, 2);
  assert.deepEqual(
    [1, 2, 3, 4].map((number) => checker.isStored(number)),
    [true, false, true, false],
  );
  checker.answered(2);
  assert.equal(checker.firstUnanswered, 4);
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
      const checker = new Checker(bodyOf);
      checker.loggedIn('epoch');
      for (let count = 0; count < sent; count++) checker.send();
      for (const one of answers) checker.answered(one);
      for (const [seq, one] of seen) push(checker, seq, one);
      assert.deepEqual(checker.verdict(), judge(sent, answers, seen));
    }),
    { numRuns: 2_000 },
  );
});
