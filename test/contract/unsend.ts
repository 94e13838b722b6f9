/** The contract of the Store port for messages that their sender takes back. Part of `describeStore`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StaleClaim, type Store, type UnsendResult } from '../../src/store/store.js';
import { append, EVERYTHING, message } from '../harness/append.js';
import { seededRandom } from '../harness/seeded-random.js';
import type { OpenStore } from './store.js';

const SEEDS = 12;

const unsend = (store: Store, ...ids: readonly string[]): Promise<UnsendResult> =>
  store.unsend({ to: 'bob', from: 'alice', ids, at: 99 });

/** @param device logs in and reads everything. */
async function readAs(store: Store, device = 'main'): Promise<number> {
  const { fence, delivered } = await store.claim('bob', { device });
  await store.noteSession('bob', fence, 'began', 5);
  await store.read('bob', delivered, EVERYTHING, { device, fence });
  return fence;
}

export function describeUnsend(name: string, open: OpenStore): void {
  const rule = (
    title: string,
    run: (step: () => Promise<Store>, store: Store) => Promise<void>,
    limits: Parameters<OpenStore>[0] = {},
  ) =>
    test(`${name}: ${title}`, async () => {
      const { store, again, done } = await open(limits);
      try {
        await run(again, store);
      } finally {
        await done();
      }
    });

  rule(
    'an unsent message is never delivered: its seq stays, its body is gone, its id is known (R8, R12)',
    async (step, store) => {
      for (const id of ['a', 'b', 'c']) await append(store, message(id));
      const taken = await unsend(store, 'b', 'x', 'b');
      assert.deepEqual(taken.outcomes, ['unsent', 'unknown', 'unsent']);
      assert.deepEqual(
        taken.messages.map(({ seq, from, id }) => [seq, from, id]),
        [[2, 'alice', 'b']],
      );
      const next = await step();
      const read = await next.read('bob', 0, EVERYTHING);
      assert.deepEqual(
        read.map(({ seq, body, purgedAt, unsent: isUnsent }) => [seq, body, purgedAt, isUnsent]),
        [
          [1, 'body of a', undefined, undefined],
          [2, '', 99, true],
          [3, 'body of c', undefined, undefined],
        ],
      );
      assert.deepEqual(await append(next, message('b')), { outcome: 'unsent' });
      assert.deepEqual(await append(next, message('b', { body: 'another' })), { outcome: 'conflict' });
      assert.deepEqual(await append(next, message('b', { restored: { by: 'root', at: 9 } })), { outcome: 'unsent' });
      assert.deepEqual((await unsend(next, 'b')).outcomes, ['unsent'], 'repeated');
      assert.deepEqual((await next.purge('bob', [2], 1)).outcomes, ['purged']);
      const [trail] = await next.trails('bob', 'b');
      assert.deepEqual([trail?.status, trail?.events.at(-1)], ['purged', { event: 'unsent', at: 99, by: 'alice' }]);
      const { fence } = await next.claim('bob');
      const settled = await next.settle('bob', 3, fence);
      assert.deepEqual(settled.outcome === 'settled' && settled.messages.map(({ id }) => id), ['a', 'c']);
      const states = await (await step()).find('bob', 'alice', ['a', 'b']);
      assert.deepEqual(
        states.map(({ state }) => state),
        ['delivered', 'unsent'],
      );
    },
  );

  rule(
    'an unsent message that is no longer kept is still known as unsent',
    async (step, store) => {
      await append(store, message('a'));
      await unsend(store, 'a');
      const { fence } = await store.claim('bob');
      await store.settle('bob', 1, fence);
      const next = await step();
      assert.deepEqual(await next.read('bob', 0, EVERYTHING), []);
      assert.deepEqual(await next.find('bob', 'alice', ['a']), [{ id: 'a', state: 'unsent' }]);
      assert.deepEqual(await append(next, message('a')), { outcome: 'unsent' });
    },
    { keptDelivered: 0 },
  );

  rule('nobody unsends what somebody else has sent, or what is unknown', async (step, store) => {
    await append(store, message('a', { from: 'carol' }));
    await append(store, message('a', { to: 'dave' }));
    assert.deepEqual(await unsend(store, 'a', 'b'), { outcomes: ['unknown', 'unknown'], messages: [] });
    const nobody = await store.unsend({ to: 'nobody', from: 'alice', ids: ['a'], at: 1 });
    assert.deepEqual(nobody.outcomes, ['unknown']);
    const next = await step();
    assert.equal((await next.read('bob', 0, EVERYTHING))[0]?.body, 'body of a');
    assert.deepEqual((await next.find('dave', 'alice', ['a']))[0]?.state, 'stored');
  });

  rule('what a session has read cannot be unsent, whatever became of the session (R17)', async (step, store) => {
    await append(store, message('a'));
    const fence = await readAs(store);
    assert.deepEqual((await unsend(store, 'a')).outcomes, ['pushed']);
    await store.noteSession('bob', fence, 'ended', 6);
    assert.deepEqual((await unsend(store, 'a')).outcomes, ['pushed'], 'the session has ended');
    const next = await step();
    assert.deepEqual((await unsend(next, 'a')).outcomes, ['pushed'], 'later');
    const { fence: newer } = await next.claim('bob');
    await next.settle('bob', 1, newer);
    assert.deepEqual((await unsend(await step(), 'a')).outcomes, ['delivered']);
  });

  rule('what a device has read that was removed cannot be unsent', async (step, store) => {
    await append(store, message('a'));
    await readAs(store, 'phone');
    assert.equal(await store.removeDevice('bob', 'phone'), true);
    assert.deepEqual((await unsend(store, 'a')).outcomes, ['pushed']);
    assert.deepEqual((await unsend(await step(), 'a')).outcomes, ['pushed']);
  });

  rule('what a user is shown without a session counts as read, and no more', async (step, store) => {
    await append(store, message('a'));
    assert.equal(await store.countAsRead('bob'), 1);
    await append(store, message('b'));
    assert.deepEqual((await unsend(store, 'a', 'b')).outcomes, ['pushed', 'unsent']);
    assert.equal(await store.countAsRead('nobody'), 0);
    assert.deepEqual((await unsend(await step(), 'a')).outcomes, ['pushed']);
  });

  rule('what was stored after the last session has ended can be unsent', async (_, store) => {
    await append(store, message('a'));
    const fence = await readAs(store, 'phone');
    await store.noteSession('bob', fence, 'ended', 6);
    await append(store, message('b'));
    assert.deepEqual((await unsend(store, 'a', 'b')).outcomes, ['pushed', 'unsent']);
  });

  rule('a session that another one has replaced counts until that one has ended', async (step, store) => {
    await append(store, message('a'));
    const older = await readAs(store);
    const { fence } = await store.claim('bob');
    await store.noteSession('bob', older, 'ended', 6);
    assert.deepEqual((await unsend(store, 'a')).outcomes, ['pushed']);
    await store.noteSession('bob', fence, 'ended', 7);
    assert.deepEqual((await unsend(await step(), 'a')).outcomes, ['pushed']);
  });

  rule(
    'unsent messages count for the share of their sender until the cursor passes them',
    async (step, store) => {
      for (const id of ['a', 'b']) await append(store, message(id, { body: 'x'.repeat(40) }));
      assert.deepEqual((await unsend(store, 'a', 'b')).outcomes, ['unsent', 'unsent']);
      const next = await step();
      assert.deepEqual(await append(next, message('c')), { outcome: 'full' });
      assert.equal((await append(next, message('c', { from: 'carol', body: 'y'.repeat(40) }))).outcome, 'stored');
      assert.equal((await next.inspect('bob')).purged, 2);
      const { fence } = await next.claim('bob');
      await next.settle('bob', 2, fence);
      assert.equal((await append(await step(), message('c'))).outcome, 'stored');
    },
    { maxUndelivered: 4, maxUndeliveredBytes: 200, keptForFew: 0 },
  );

  rule('a copy on the own devices stays, and tells with its state that the message was unsent', async (step, store) => {
    await store.claim('alice', { device: 'desktop', copies: true });
    await append(store, message('a', { device: 'phone' }));
    assert.deepEqual((await unsend(store, 'a')).outcomes, ['unsent']);
    const next = await step();
    const [copy] = await next.read('alice', 0, EVERYTHING);
    assert.deepEqual([copy?.to, copy?.body], ['bob', 'body of a']);
    assert.equal((await next.find('bob', 'alice', ['a']))[0]?.state, 'unsent');
  });

  rule('a message that is being written is awaited', async (_, store) => {
    const [stored, unsent] = await Promise.all([append(store, message('a')), unsend(store, 'a')]);
    assert.deepEqual([stored.outcome, unsent.outcomes], ['stored', ['unsent']]);
  });

  test(`${name}: whatever happens at the same time, no session ever reads what was reported as unsent (R17)`, async () => {
    let unsent = 0;
    for (let seed = 0; seed < SEEDS; seed++) {
      const { store, again, done } = await open({});
      try {
        unsent += await tellUnsends(seed, [store], again);
      } catch (error) {
        throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error });
      } finally {
        await done();
      }
    }
    assert.ok(unsent > SEEDS, `too little happened: ${unsent} unsent`);
  });
}

interface Session {
  readonly device: string;
  readonly fence: number;
  cursor: number;
}

/**
 * Sends, reads, sessions that begin and end, and unsends, several at a time. Returns how many messages were unsent.
 * @param servers with the same content. @param again opens it once more.
 * @throws when a session has read one of them.
 */
export async function tellUnsends(
  seed: number,
  servers: readonly Store[],
  again: () => Promise<Store> = async () => servers[0] as Store,
): Promise<number> {
  const random = seededRandom(seed);
  const below = (count: number): number => Math.floor(random() * count);
  const shown = new Set<string>();
  const unsent = new Set<string>();
  let sessions: Session[] = [];
  let sent = 0;
  let stores = servers;
  const any = (): Store => stores[below(stores.length)] as Store;

  const read = async (session: Session): Promise<void> => {
    const { device, fence, cursor } = session;
    try {
      const messages = await any().read('bob', cursor, { messages: 3, bytes: 1_000 }, { device, fence });
      for (const { id, seq, purgedAt } of messages) {
        session.cursor = Math.max(session.cursor, seq);
        if (purgedAt === undefined) shown.add(id);
      }
    } catch (error) {
      if (!(error instanceof StaleClaim)) throw error;
    }
  };
  const begin = async (): Promise<void> => {
    const device = ['main', 'phone'][below(2)] ?? 'main';
    const { fence, delivered } = await any().claim('bob', { device });
    const session = { device, fence, cursor: delivered };
    sessions.push(session);
    await any().noteSession('bob', fence, 'began', 1);
    await read(session);
  };
  const act = async (): Promise<void> => {
    const session = sessions[below(sessions.length)];
    const what = below(10);
    if (what < 3) await append(any(), message(`m${sent++}`));
    else if (what < 6) {
      const ids = [`m${sent - 1}`, `m${below(sent + 1)}`];
      const { outcomes } = await unsend(any(), ...ids);
      for (const [index, id] of ids.entries()) if (outcomes[index] === 'unsent') unsent.add(id);
    } else if (what < 7) await begin();
    else if (session === undefined) return;
    else if (what < 8) {
      sessions = sessions.filter((one) => one !== session);
      await any().noteSession('bob', session.fence, 'ended', 2);
    } else if (what < 9) await read(session);
    else await any().settle('bob', session.cursor, session.fence);
  };

  for (let turn = 0; turn < 12; turn++) {
    await Promise.all(Array.from({ length: 1 + below(5) }, act));
    for (const id of unsent) assert.ok(!shown.has(id), `${id} was unsent, and shown`);
    if (below(6) === 0) stores = [await again(), ...servers.slice(1)];
  }
  await begin();
  for (let reads = 0; reads < sent; reads++) for (const session of sessions) await read(session);
  for (const id of unsent) assert.ok(!shown.has(id), `${id} was unsent, and shown`);
  return unsent.size;
}
