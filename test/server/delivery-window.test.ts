/** The delivery window: exact after any sequence of pushes and acks, and within its limits. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DeliveryWindow, pushesUpTo } from '../../src/server/delivery-window.js';
import { SESSION } from '../../src/server/limits.js';
import type { ReadMessage } from '../../src/store/store.js';

const { maxUnackedMessages, maxUnackedBytes } = SESSION;

const stored = (seq: number, body = 'x'): ReadMessage => ({
  ...{ seq, body, bytes: Buffer.byteLength(body) },
  ...{ id: `m${seq}`, from: 'alice', at: 0, attempts: 0 },
});

describe('the delivery window', () => {
  test('the window starts empty, at the cursor of the mailbox (R5)', () => {
    const window = new DeliveryWindow(41);
    assert.deepEqual([window.acked, window.pushed], [41, 41]);
    assert.deepEqual(window.room(), { messages: maxUnackedMessages, bytes: maxUnackedBytes });
    window.push([stored(42)], 0);
    assert.deepEqual([window.acked, window.pushed], [41, 42]);
  });

  test('the window is full at maxUnackedMessages, and an ack makes room', () => {
    const window = new DeliveryWindow(0);
    window.push(
      Array.from({ length: maxUnackedMessages }, (_, index) => stored(index + 1)),
      0,
    );
    assert.equal(window.room(), undefined);
    window.ack(3);
    assert.deepEqual(window.room(), { messages: 3, bytes: maxUnackedBytes - maxUnackedMessages + 3 });
  });

  test('the window is full at maxUnackedBytes', () => {
    const window = new DeliveryWindow(0);
    window.push(
      [1, 2, 3, 4].map((seq) => stored(seq, 'x'.repeat(maxUnackedBytes / 4))),
      0,
    );
    assert.equal(window.room(), undefined);
    window.ack(1);
    assert.deepEqual(window.room(), { messages: maxUnackedMessages - 3, bytes: maxUnackedBytes / 4 });
  });

  test('the window counts bytes of UTF-8, not characters', () => {
    const window = new DeliveryWindow(0);
    window.push([stored(1, '中文')], 0);
    assert.equal(window.room()?.bytes, maxUnackedBytes - 6);
  });

  test('the window throws for a push with a gap, or of the same message', () => {
    const window = new DeliveryWindow(7);
    assert.throws(() => window.push([stored(9)], 0), /seq 9 was read from the mailbox after 7/);
    window.push([stored(8)], 0);
    assert.throws(() => window.push([stored(8)], 0), /seq 8 was read from the mailbox after 8/);
  });

  test('after a rewind everything unacked is pushed again, and an ack of the first push still counts', () => {
    const window = new DeliveryWindow(3);
    window.push([stored(4), stored(5), stored(6)], 0);
    window.rewind();
    assert.deepEqual([window.cursor, window.pushed, window.acked], [3, 6, 3]);
    assert.deepEqual(window.room(), { messages: maxUnackedMessages, bytes: maxUnackedBytes });
    window.push([stored(4)], 0);
    window.ack(5);
    assert.deepEqual([window.cursor, window.pushed, window.acked], [5, 6, 5]);
    assert.deepEqual(window.room(), { messages: maxUnackedMessages, bytes: maxUnackedBytes });
    window.push([stored(6), stored(7)], 0);
    assert.deepEqual([window.cursor, window.pushed], [7, 7]);
    assert.deepEqual(window.room()?.messages, maxUnackedMessages - 2);
  });

  test('the window has the time of each batch of unacked pushes', () => {
    const window = new DeliveryWindow(0);
    window.push([stored(1), stored(2)], 100);
    window.push([stored(3)], 100);
    window.push([stored(4)], 130);
    assert.deepEqual(window.pushes, [
      [3, 100],
      [4, 130],
    ]);
    assert.deepEqual(pushesUpTo(window.pushes, 2), [[2, 100]]);
    assert.deepEqual(pushesUpTo(window.pushes, 4), [
      [3, 100],
      [4, 130],
    ]);
    window.ack(3);
    assert.deepEqual(window.pushes, [[4, 130]]);
    window.push([], 150);
    window.ack(4);
    assert.deepEqual(window.pushes, []);
  });

  test('a push that waits long for its ack is stuck until it is noted', () => {
    const window = new DeliveryWindow(0);
    assert.equal(window.isStuck(1e9), false);
    window.push([stored(1)], 1_000);
    window.push([stored(2)], 9_000);
    assert.deepEqual([window.isStuck(30_999), window.isStuck(31_000), window.isNoted(1)], [false, true, false]);
    assert.equal(window.note(), 2);
    assert.equal(window.note(), 0, 'each message counts once');
    assert.deepEqual([window.isStuck(99_000), window.isNoted(2), window.isNoted(3)], [false, true, false]);
    window.push([stored(3)], 99_000);
    assert.equal(window.isStuck(99_001), true, 'the first still waits, and the third is not noted');
    window.ack(2);
    assert.equal(new DeliveryWindow(0).note(), 0);
    assert.deepEqual([window.isStuck(128_999), window.isStuck(129_000)], [false, true]);
  });

  test('a late or repeated ack changes nothing (R12)', () => {
    const window = new DeliveryWindow(0);
    window.push([stored(1), stored(2)], 0);
    window.ack(2);
    window.ack(2);
    window.ack(1);
    assert.deepEqual([window.acked, window.pushed], [2, 2]);
    assert.deepEqual(window.room(), { messages: maxUnackedMessages, bytes: maxUnackedBytes });
  });
});

/** One step: push messages of these sizes while there is room, ack this share of the unacked ones, or rewind. */
const step = fc.oneof(
  fc.record({ push: fc.array(fc.integer({ min: 0, max: 64 * 1024 }), { maxLength: 100 }) }),
  fc.record({ push: fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 300 }) }),
  fc.record({ ack: fc.double({ min: -0.5, max: 1, noNaN: true }) }),
  fc.record({ rewind: fc.constant(true) }),
);

test('after any sequence of pushes, acks and rewinds the window is exact and within its limits', () => {
  fc.assert(
    fc.property(fc.nat(1_000), fc.array(step, { maxLength: 40 }), (delivered, steps) => {
      const window = new DeliveryWindow(delivered);
      /** The model: the sizes of the unacked messages, oldest first, and the seq before the first. */
      let acked = delivered;
      let pushed = delivered;
      let sizes: number[] = [];
      const sum = () => sizes.reduce((total, size) => total + size, 0);

      for (const given of steps) {
        if ('rewind' in given) {
          window.rewind();
          sizes = [];
        } else if ('ack' in given) {
          const seq = acked + Math.floor(given.ack * (pushed - acked));
          window.ack(seq);
          sizes = sizes.slice(Math.max(0, seq - acked));
          acked = Math.max(acked, seq);
        } else {
          for (const size of given.push) {
            // The store reads within the room, but at least one message.
            if (window.room() === undefined) break;
            window.push([stored(window.cursor + 1, 'x'.repeat(size))], 0);
            sizes.push(size);
          }
        }
        pushed = Math.max(pushed, acked + sizes.length);
        assert.deepEqual([window.acked, window.pushed, window.cursor], [acked, pushed, acked + sizes.length]);
        const messages = maxUnackedMessages - sizes.length;
        const bytes = maxUnackedBytes - sum();
        assert.deepEqual(window.room(), messages > 0 && bytes > 0 ? { messages, bytes } : undefined);
        assert.ok(sizes.length <= maxUnackedMessages);
        assert.ok(sum() - (sizes.at(-1) ?? 0) < maxUnackedBytes, 'only the last one may exceed the limit');
      }
    }),
  );
});
