/** Tracking stored messages until they are delivered, and its limit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLIENT } from '../../../src/client/limits.js';
import { DeliveryTracking } from '../../../src/client/outbox/delivery-tracking.js';

const message = (number: number) => ({ id: `x${number}`, to: 'bob' });

test('beyond the limit the oldest message is removed; delivered ones do not count', () => {
  const tracking = new DeliveryTracking();
  for (let number = 0; number < CLIENT.maxTracked; number++) assert.equal(tracking.add(message(number)), undefined);
  assert.equal(tracking.add(message(-1))?.id, 'x0');
  tracking.take('bob', 'x1');
  tracking.take('bob', 'x3');
  assert.equal(tracking.add(message(-2)), undefined);
  assert.equal(tracking.add(message(-3)), undefined);
  assert.deepEqual([tracking.add(message(-4))?.id, tracking.add(message(-5))?.id], ['x2', 'x4']);
  assert.equal(tracking.size, CLIENT.maxTracked);
});

test('after all messages are gone, the oldest of the new ones is removed first', () => {
  const tracking = new DeliveryTracking();
  const fill = (from: number) => {
    for (let number = from; number < from + CLIENT.maxTracked; number++) tracking.add(message(number));
  };
  fill(0);
  assert.equal(tracking.add(message(-1))?.id, 'x0');
  for (const { to, id } of [...tracking.values()]) tracking.take(to, id);
  assert.equal(tracking.size, 0);
  fill(0);
  assert.equal(tracking.add(message(-2))?.id, 'x0');
});
