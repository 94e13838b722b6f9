/** `audit`: entries are recorded with the operator and the time as the server knows them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dispatch } from '../../../src/server/dispatch.js';
import { audit } from '../../../src/server/handlers/audit.js';
import type { Audit } from '../../../src/store/store.js';
import { deps, NOW, revokedDeps, sessionOf } from './dependencies.js';

const operator = sessionOf({ mode: 'operate', role: 'operator' });
const entry = { run: 'r1', what: 'replay', user: 'bob', filter: '', done: 3, left: 0, ranges: [1, 3] } as const;

test('an audit entry gets the operator and time of the server, whatever the client claims', async () => {
  const written: Audit[] = [];
  const store = {
    audit: async (given: Audit) => {
      written.push(given);
    },
  };
  const claimed = { ...entry, by: 'mallory', at: 1 };
  const known = { by: 'alice', at: NOW, ...entry };
  assert.deepEqual(await audit({ type: 'audit', id: 'q1', entry: claimed }, operator, deps({ store })), {
    replies: [{ type: 'audit', id: 'q1', entries: [known] }],
  });
  assert.deepEqual(written, [known]);
});

test('audit without an entry answers with the recorded entries', async () => {
  const known: Audit = { by: 'alice', at: 4, ...entry };
  assert.deepEqual(
    await audit({ type: 'audit', id: 'q1' }, operator, deps({ store: { audits: async () => [known] } })),
    {
      replies: [{ type: 'audit', id: 'q1', entries: [known] }],
    },
  );
});

test('audit of a revoked operator records nothing (R7)', async () => {
  assert.deepEqual(await dispatch({ type: 'audit', id: 'q1', entry }, operator, revokedDeps()), { close: 'revoked' });
});
