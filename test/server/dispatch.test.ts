/** Errors of handlers: a full disk is answered, everything else is a bug and closes the session. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorFrame } from '../../src/protocol/error-frames.js';
import { outcomeOfError } from '../../src/server/dispatch.js';
import { StoreBroken, StoreUnavailable } from '../../src/store/store.js';

const full = new StoreUnavailable('disk full');

test('a message that cannot be stored is refused with its id and target, and may be retried', () => {
  const outcome = outcomeOfError(full, [{ type: 'message', id: 'm1', to: 'bob', body: '' }]);
  assert.deepEqual(outcome, { replies: [errorFrame('unavailable', { id: 'm1', to: 'bob' })] });
  assert.equal(errorFrame('unavailable').retry, true);
});

test('each message of a batch that cannot be stored is refused, in order', () => {
  const frames = ['m1', 'm2'].map((id) => ({ type: 'message', id, to: 'bob', body: '' }) as const);
  const replies = ['m1', 'm2'].map((id) => errorFrame('unavailable', { id, to: 'bob' }));
  assert.deepEqual(outcomeOfError(full, frames), { replies });
});

test('an ack that cannot be stored is retried by the server, without an error to the client (R12)', () => {
  assert.deepEqual(outcomeOfError(full, [{ type: 'ack', seq: 1 }]), { retryAck: { type: 'ack', seq: 1 } });
});

test('a login that fails because of a full disk is closed with a code that allows a reconnect', () => {
  assert.deepEqual(outcomeOfError(full, [{ type: 'login', v: 1, user: 'alice', token: 'secret' }]), {
    replies: [errorFrame('unavailable')],
    close: 'server-error',
  });
});

test('a broken disk and a bug are never answered (R14)', () => {
  for (const error of [new StoreBroken('EIO'), new Error('bug'), undefined, 'StoreUnavailable']) {
    assert.equal(outcomeOfError(error, [{ type: 'message', id: 'm1', to: 'bob', body: '' }]), undefined);
  }
});
