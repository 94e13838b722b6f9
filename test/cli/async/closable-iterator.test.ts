import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClosableIterator } from '../../../src/cli/async/closable-iterator.js';

async function* count(upTo: number): AsyncGenerator<number> {
  for (let number = 1; number <= upTo; number++) yield number;
}

test('a closable iterator yields all items of its source', async () => {
  const items = new ClosableIterator(count(2));
  assert.deepEqual([await items.next(), await items.next(), await items.next()], [1, 2, undefined]);
});

test('close ends a pending next, and all later ones', async () => {
  const items = new ClosableIterator(
    (async function* never() {
      await new Promise(() => {});
      yield 1;
    })(),
  );
  const waiting = items.next();
  items.close();
  assert.deepEqual([await waiting, await items.next()], [undefined, undefined]);
});

test('an error of the source rejects next', async () => {
  const broken = new ClosableIterator(
    // biome-ignore lint/correctness/useYield: it fails before
    (async function* fail(): AsyncGenerator<number> {
      throw new Error('EIO');
    })(),
  );
  await assert.rejects(broken.next(), /EIO/);
});
