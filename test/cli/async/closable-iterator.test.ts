import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClosableIterator } from '../../../src/cli/async/closable-iterator.js';

async function* count(upTo: number): AsyncGenerator<number> {
  for (let number = 1; number <= upTo; number++) yield number;
}

test('portions come until there is no more', async () => {
  const portions = new ClosableIterator(count(2));
  assert.deepEqual([await portions.next(), await portions.next(), await portions.next()], [1, 2, undefined]);
});

test('who waits when it is closed gets nothing, and nobody after', async () => {
  const portions = new ClosableIterator(
    (async function* never() {
      await new Promise(() => {});
      yield 1;
    })(),
  );
  const waiting = portions.next();
  portions.close();
  assert.deepEqual([await waiting, await portions.next()], [undefined, undefined]);
});

test('what the source throws is thrown', async () => {
  const broken = new ClosableIterator(
    // biome-ignore lint/correctness/useYield: it fails before
    (async function* fail(): AsyncGenerator<number> {
      throw new Error('EIO');
    })(),
  );
  await assert.rejects(broken.next(), /EIO/);
});
