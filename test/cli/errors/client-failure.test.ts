import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatFailure, clientFailure } from '../../../src/cli/errors/client-failure.js';
import { Failure } from '../../../src/cli/errors/failure.js';
import { CLOSES } from '../../../src/protocol/close-codes.js';

test('each close reason of a server becomes a failure with its description', () => {
  for (const [reason, { code, description }] of Object.entries(CLOSES)) {
    assert.equal(clientFailure({ reason, code }, 'alice').why, description);
  }
  const exits = ['unauthorized', 'revoked', 'replaced', 'locked', 'idle'].map(
    (reason) => clientFailure({ reason }, 'a').exit,
  );
  assert.deepEqual(exits, ['credential-refused', 'credential-refused', 'replaced', 'data-unusable', 'unexpected']);
});

test('the next step of a failure names the user', () => {
  assert.match(clientFailure({ reason: 'unauthorized' }, 'alice').next ?? '', /token add alice; .* add alice$/);
});

test('a device that was replaced is named, with the way to have both', () => {
  const { why, next } = clientFailure({ reason: 'replaced', code: CLOSES.replaced.code }, 'alice', 'ubuntu');
  assert.equal(why, 'a newer login as the device ubuntu took over');
  assert.match(next ?? '', /another name: --device NAME$/);
  assert.equal(chatFailure({ reason: 'device-removed' }, 'alice', 'ubuntu').why, 'the device ubuntu was removed');
  assert.equal(chatFailure({ reason: 'idle' }, 'alice', 'ubuntu').why, CLOSES.idle.description);
});

test('a user who is not an operator is told to log in as one, and not to make a new token', () => {
  const { exit, message, next } = clientFailure({ reason: 'forbidden', code: 4505 }, 'alice');
  assert.deepEqual([exit, message], ['credential-refused', 'alice is not an operator']);
  assert.equal(next, 'log in as one: --as OPERATOR --token-file FILE');
});

test('a failed client is reported with the error that made it fail', () => {
  const failure = new Failure('refused', 'x');
  assert.equal(chatFailure({ reason: 'failed', cause: failure }, 'alice'), failure);
  const damaged = chatFailure({ reason: 'failed', cause: new Error('state.json is damaged') }, 'alice');
  assert.deepEqual([damaged.exit, damaged.why], ['data-unusable', 'state.json is damaged']);
  assert.equal(chatFailure({ reason: 'replaced', code: 4501 }, 'alice').exit, 'replaced');
});
