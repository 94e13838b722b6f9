import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeClientText } from '../../src/protocol/codec.js';

test('what is not JSON is passed over (R2)', () => {
  assert.deepEqual(decodeClientText('{'), [{ type: 'passed-over' }]);
});
