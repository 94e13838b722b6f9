/** What a failed handler is answered with: a full disk is an outcome, everything else is a bug and stays one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorFrame } from '../../src/protocol/error-frames.js';
import { outcomeOfError } from '../../src/server/dispatch.js';
import { StoreBroken, StoreUnavailable } from '../../src/store/store.js';

const full = new StoreUnavailable('disk full');

test('a message that could not be stored is refused by id and target, to be tried again', () => {
  const outcome = outcomeOfError(full, { type: 'message', id: 'm1', to: 'bob', body: '' });
  assert.deepEqual(outcome, { replies: [errorFrame('unavailable', { id: 'm1', to: 'bob' })] });
  assert.equal(errorFrame('unavailable').retry, true);
});

test('an ack that could not be settled is tried again, and its sender is not bothered (R12)', () => {
  assert.deepEqual(outcomeOfError(full, { type: 'ack', seq: 1 }), { retryAck: { type: 'ack', seq: 1 } });
});

test('who cannot log in because of a full disk is closed with a code that lets it come back', () => {
  assert.deepEqual(outcomeOfError(full, { type: 'login', v: 1, user: 'alice', token: 'secret' }), {
    replies: [errorFrame('unavailable')],
    close: 'server-error',
  });
});

test('a broken disk and a bug are never excused (R14)', () => {
  for (const error of [new StoreBroken('EIO'), new Error('bug'), undefined, 'StoreUnavailable']) {
    assert.equal(outcomeOfError(error, { type: 'message', id: 'm1', to: 'bob', body: '' }), undefined);
  }
});
