/** Why the connection was lost, as text for people. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { offlineReason } from '../../src/client/offline-reason.js';

test('the reason of a lost connection is readable text', () => {
  const table: [string, string][] = [
    ['connect ECONNREFUSED 127.0.0.1:4690', 'connection refused'],
    ['getaddrinfo EAI_AGAIN im.example', 'the name of the host cannot be looked up now'],
    ['read ECONNRESET', 'connection reset'],
    ['something else', 'something else'],
    ['', 'lost'],
  ];
  for (const [detail, expected] of table) assert.equal(offlineReason({ reason: 'lost', detail }), expected);
});
