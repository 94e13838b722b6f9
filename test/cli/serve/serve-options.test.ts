/** How many sockets `im serve` accepts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maxSockets } from '../../../src/cli/serve/serve-options.js';
import { TRANSPORT } from '../../../src/io/limits.js';

test('the sockets of clients leave file descriptors for the files of the store', () => {
  const wanted = 1_000 + TRANSPORT.spareSockets;
  assert.equal(maxSockets(1_000), wanted, 'the limit is not known');
  assert.equal(maxSockets(1_000, 1_000_000), wanted);
  for (const descriptors of [64, 256, 1_024, 2_048]) {
    const sockets = maxSockets(1_000, descriptors);
    assert.ok(sockets < descriptors && sockets >= descriptors / 2, `${sockets} of ${descriptors}`);
  }
});
