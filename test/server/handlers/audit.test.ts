/** `audit`: who did what to queues is written down, by the server's own knowledge of who and when. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { audit } from '../../../src/server/handlers/audit.js';
import type { Audit } from '../../../src/store/store.js';
import { NOW, ports, revokedPorts, sessionOf } from './ports.js';

const operator = sessionOf({ mode: 'operate', role: 'operator' });
const entry = { run: 'r1', what: 'replay', user: 'bob', filter: '', done: 3, left: 0, ranges: [1, 3] } as const;

test('an entry is written with who asked and when, whatever else it claims', async () => {
  const written: Audit[] = [];
  const store = {
    audit: async (given: Audit) => {
      written.push(given);
    },
  };
  const claimed = { ...entry, by: 'mallory', at: 1 };
  const known = { by: 'alice', at: NOW, ...entry };
  assert.deepEqual(await audit({ type: 'audit', id: 'q1', entry: claimed }, operator, ports({ store })), {
    replies: [{ type: 'audit', id: 'q1', entries: [known] }],
  });
  assert.deepEqual(written, [known]);
});

test('without an entry, what was written is told', async () => {
  const known: Audit = { by: 'alice', at: 4, ...entry };
  assert.deepEqual(
    await audit({ type: 'audit', id: 'q1' }, operator, ports({ store: { audits: async () => [known] } })),
    {
      replies: [{ type: 'audit', id: 'q1', entries: [known] }],
    },
  );
});

test('a revoked operator writes nothing (R7)', async () => {
  assert.deepEqual(await audit({ type: 'audit', id: 'q1', entry }, operator, revokedPorts()), { close: 'revoked' });
});
