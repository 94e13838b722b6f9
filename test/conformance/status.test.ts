/**
 * `status`, over the wire.
 *
 * R17: The state of a message can always be seen and is always one of four honest words. The server knows of three: stored,
 * delivered, and unknown.
 */
import { describe, test } from 'node:test';
import { suite } from './suite.js';
import { freshId } from './target.js';

const { login, loginDrained } = suite();

const unknown = (id: string, to = 'bob') => ({ type: 'error', code: 'unknown-id', retry: false, id, to });

test('each id is answered with what is true of it, in the order asked (R17)', async () => {
  const [bob, alice] = [await loginDrained('bob'), await login('alice', 'send')];
  const [first, second, never] = [freshId(), freshId(), freshId()];
  for (const id of [first, second]) {
    alice.say({ type: 'message', id, to: 'bob', body: '' });
    await alice.hears({ type: 'stored', ids: [id] });
  }
  const { seq } = await bob.hearPush();
  bob.say({ type: 'ack', seq });
  await alice.hears({ type: 'delivered', to: 'bob', ids: [first] });

  alice.say({ type: 'status', to: 'bob', ids: [second, never, first] });
  await alice.hears(
    { type: 'stored', ids: [second, first] },
    { type: 'delivered', to: 'bob', ids: [first] },
    unknown(never),
  );
});

test('what somebody else sent is unknown', async () => {
  const [alice, carol, id] = [await login('alice', 'send'), await login('carol', 'send'), freshId()];
  alice.say({ type: 'message', id, to: 'bob', body: '' });
  await alice.hears({ type: 'stored', ids: [id] });
  carol.say({ type: 'status', to: 'bob', ids: [id] });
  await carol.hears(unknown(id));
});

test('what was sent to somebody else, or to nobody who exists, is unknown', async () => {
  const [alice, id] = [await login('alice', 'send'), freshId()];
  alice.say({ type: 'message', id, to: 'bob', body: '' });
  await alice.hears({ type: 'stored', ids: [id] });
  for (const to of ['carol', 'nobody', 'constructor']) {
    alice.say({ type: 'status', to, ids: [id] });
    await alice.hears(unknown(id, to));
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
    test(`with a wrong ${field}: ${JSON.stringify(wrong).slice(0, 30)}`, async () => {
      const alice = await login('alice', 'send');
      const frame = { type: 'status', to: 'bob', ids: ['m1'], ...wrong };
      alice.say(frame);
      await alice.hears({ type: 'error', code: 'invalid', retry: false, field, ...(field === 'ids' && { to: 'bob' }) });
    });
  }
});
