/**
 * `status`, over a real connection.
 *
 * R17: The state of a message is always one of four words. The server knows three states: stored, delivered and unknown.
 */
import { describe, test } from 'node:test';
import { suite } from '../suite.js';
import { freshId } from '../target.js';

const { login, loginDrained } = suite();

const unknown = (id: string, to = 'bob') => ({ type: 'error', code: 'unknown-id', retry: false, id, to });

test('status answers with the state of each id, in the order asked (R17)', async () => {
  const [bob, alice] = [await loginDrained('bob'), await login('alice', 'send')];
  const [first, second, never] = [freshId(), freshId(), freshId()];
  for (const id of [first, second]) {
    alice.send({ type: 'message', id, to: 'bob', body: '' });
    await alice.expect({ type: 'stored', ids: [id] });
  }
  const { seq } = await bob.receivePush();
  bob.send({ type: 'ack', seq });
  await alice.expect({ type: 'delivered', to: 'bob', ids: [first] });

  alice.send({ type: 'status', to: 'bob', ids: [second, never, first] });
  await alice.expect(
    { type: 'stored', ids: [second, first], to: 'bob' },
    { type: 'delivered', to: 'bob', ids: [first] },
    unknown(never),
  );
});

test('a message of another sender is unknown', async () => {
  const [alice, carol, id] = [await login('alice', 'send'), await login('carol', 'send'), freshId()];
  alice.send({ type: 'message', id, to: 'bob', body: '' });
  await alice.expect({ type: 'stored', ids: [id] });
  carol.send({ type: 'status', to: 'bob', ids: [id] });
  await carol.expect(unknown(id));
});

test('a message to another or an unknown user is unknown', async () => {
  const [alice, id] = [await login('alice', 'send'), freshId()];
  alice.send({ type: 'message', id, to: 'bob', body: '' });
  await alice.expect({ type: 'stored', ids: [id] });
  for (const to of ['carol', 'nobody', 'constructor']) {
    alice.send({ type: 'status', to, ids: [id] });
    await alice.expect(unknown(id, to));
  }
});

describe('a status that is refused', () => {
  for (const [field, wrong] of [
    ['to', { to: 'Bob' }],
    ['ids', { ids: [] }],
    ['ids', { ids: 'm1' }],
    ['ids', { ids: [''] }],
    ['ids', { ids: Array.from({ length: 1_001 }, () => 'm1') }],
  ] as const) {
    test(`status with a wrong ${field} is invalid: ${JSON.stringify(wrong).slice(0, 30)}`, async () => {
      const alice = await login('alice', 'send');
      const frame = { type: 'status', to: 'bob', ids: ['m1'], ...wrong };
      alice.send(frame);
      await alice.expect({
        type: 'error',
        code: 'invalid',
        retry: false,
        field,
        ...(field === 'ids' && { to: 'bob' }),
      });
    });
  }
});
