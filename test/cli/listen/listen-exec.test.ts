import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environmentOf } from '../../../src/cli/listen/listen-exec.js';

const message = { epoch: 'e', seq: 7, id: 'x', from: 'bob', body: 'a\0b\n', at: Date.UTC(2030, 0, 1), attempt: 2 };

test('the environment of the command holds the message, with U+2400 for NUL', () => {
  assert.deepEqual(environmentOf(message), {
    IM_ID: 'x',
    IM_FROM: 'bob',
    IM_BODY: 'a\u2400b\n',
    IM_SEQ: '7',
    IM_AT: '2030-01-01T00:00:00.000Z',
    IM_ATTEMPT: '2',
  });
  assert.equal(environmentOf({ ...message, replay: 'r' }).IM_REPLAY, 'r');
});
