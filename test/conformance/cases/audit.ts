/** `audit`, over a real connection: operators record entries, and ask for them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditReply } from '../../../src/protocol/frames/audit.js';
import { suite } from '../suite.js';
import { freshId } from '../target.js';

const { login, loginDrained } = suite();

test('an audit entry gets the operator and the time of the server, and is listed as the newest', async () => {
  const operator = await login('operator', 'operate');
  const entry = { run: freshId('r'), what: 'replay', user: 'bob', filter: '--since 1h', done: 3, left: 1 };
  operator.send({ type: 'audit', id: 'q1', entry: { ...entry, by: 'mallory', at: 1 } });
  const { entries: written } = (await operator.receive()) as unknown as AuditReply;
  const [first] = written;
  assert.deepEqual({ ...first, at: 0 }, { ...entry, by: 'operator', at: 0 });
  assert.ok((first?.at ?? 0) > 1);
  operator.send({ type: 'audit', id: 'q2' });
  const { id, entries } = (await operator.receive()) as unknown as AuditReply;
  assert.equal(id, 'q2');
  assert.deepEqual(entries.at(-1), first);
});

for (const mode of ['chat', 'send'] as const) {
  test(`audit in mode ${mode} is forbidden`, async () => {
    const carol = mode === 'chat' ? await loginDrained('carol') : await login('carol', mode);
    const id = freshId();
    carol.send({ type: 'audit', id });
    await carol.expect({ type: 'error', code: 'forbidden', retry: false, id });
  });
}
