import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeliveryTracking } from '../../src/client/delivery-tracking.js';
import { CLIENT } from '../../src/client/limits.js';

const handle = (number: number) => ({ id: `x${number}`, to: 'bob' });

test('one more than may be followed ends the oldest, and what was delivered meanwhile does not count', () => {
  const following = new DeliveryTracking();
  for (let number = 0; number < CLIENT.maxAwaiting; number++) assert.equal(following.add(handle(number)), undefined);
  assert.equal(following.add(handle(-1))?.id, 'x0');
  following.take('bob', 'x1');
  following.take('bob', 'x3');
  assert.equal(following.add(handle(-2)), undefined);
  assert.equal(following.add(handle(-3)), undefined);
  assert.deepEqual([following.add(handle(-4))?.id, following.add(handle(-5))?.id], ['x2', 'x4']);
  assert.equal(following.size, CLIENT.maxAwaiting);
});

test('when all that were followed are gone, it begins again with the oldest', () => {
  const following = new DeliveryTracking();
  const fill = (from: number) => {
    for (let number = from; number < from + CLIENT.maxAwaiting; number++) following.add(handle(number));
  };
  fill(0);
  assert.equal(following.add(handle(-1))?.id, 'x0');
  for (const { to, id } of [...following.values()]) following.take(to, id);
  assert.equal(following.size, 0);
  fill(0);
  assert.equal(following.add(handle(-2))?.id, 'x0');
});
