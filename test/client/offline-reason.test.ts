/** Why the connection was lost, as text for people. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { briefOfflineReason, certificateAdvice, offlineReason } from '../../src/client/offline-reason.js';

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

test('a refused certificate has advice, by its code, and the words for people are without the code', () => {
  const refused = "the server's certificate expired on 2021-01-31 (CERT_HAS_EXPIRED)";
  assert.equal(offlineReason({ reason: 'lost', detail: refused }), "the server's certificate expired on 2021-01-31");
  assert.match(certificateAdvice(refused) ?? '', /renew/);
  // The names in a certificate are its own text: only the code at the end counts.
  assert.equal(certificateAdvice("the server's certificate is for (CERT_HAS_EXPIRED), not for x (OTHER)"), undefined);
  assert.equal(certificateAdvice('connect ECONNREFUSED 127.0.0.1:4690'), undefined);
  assert.equal(certificateAdvice(undefined), undefined);
});

test('the brief reason says in few words why a certificate is refused, and repeats a reason that is short', () => {
  const table: [string, string][] = [
    [
      "the server's certificate is not trusted here: nobody else signed it (DEPTH_ZERO_SELF_SIGNED_CERT)",
      'certificate not trusted',
    ],
    ["the server's certificate expired on 2021-01-31 (CERT_HAS_EXPIRED)", 'certificate expired'],
    ["the server's certificate is for a, not for b (ERR_TLS_CERT_ALTNAME_INVALID)", 'certificate is for another name'],
    ['the server does not speak TLS (EPROTO)', 'no TLS there'],
    ['connect ECONNREFUSED 127.0.0.1:4690', 'connection refused'],
    [
      "the server's certificate is for (CERT_HAS_EXPIRED), not for x (OTHER)",
      "the server's certificate is for (CERT_HAS_EXPIRED), not for x",
    ],
  ];
  for (const [detail, expected] of table) assert.equal(briefOfflineReason({ reason: 'lost', detail }), expected);
});
