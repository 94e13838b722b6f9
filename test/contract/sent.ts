/** The contract of `Store.sent`: a sender finds the own undelivered messages in the mailboxes of others, and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SentMessage as Sent, Store } from '../../src/store/store.js';
import { append, EVERYTHING, message, type SentMessage } from '../harness/append.js';
import type { OpenStore } from './store.js';

/** All pages. */
async function allSent(store: Store, from = 'alice', limit = EVERYTHING): Promise<Sent[]> {
  const all: Sent[] = [];
  for (;;) {
    const { messages, unread } = await store.sent(from, all.at(-1), limit);
    assert.equal(unread, 0);
    assert.ok(messages.length <= limit.messages);
    if (messages.length === 0) return all;
    all.push(...messages);
  }
}

const namesOf = (messages: readonly Sent[]): string[] => messages.map(({ to, id }) => `${to} ${id}`).sort();
const sentAs = ({ to, id, body, at }: SentMessage): Sent => ({
  ...{ to, id, body, at, bytes: Buffer.byteLength(body), attempts: 0 },
});

export function describeSent(name: string, open: OpenStore): void {
  const rule = (title: string, run: (step: () => Promise<Store>, store: Store) => Promise<void>) =>
    test(`${name}: sent: ${title}`, async () => {
      const { store, again, done } = await open({ keptDelivered: 2 });
      try {
        await run(again, store);
      } finally {
        await done();
      }
    });

  rule('what waits elsewhere, with its body, attempts and what it is about, without seqs', async (step, store) => {
    assert.deepEqual(await store.sent('alice', undefined, EVERYTHING), { messages: [], unread: 0 });
    await append(store, message('other', { from: 'carol' }));
    for (const one of [message('a', { body: '你好' }), message('b', { to: 'carol', re: 'x' })])
      await append(store, one);
    const { fence } = await store.claim('bob');
    await store.notePushed('bob', 2, fence, 99);
    const found = await allSent(await step());
    assert.deepEqual(
      found.sort((one, other) => (one.to < other.to ? -1 : 1)),
      [
        { ...sentAs(message('a', { body: '你好' })), attempts: 1 },
        { ...sentAs(message('b', { to: 'carol' })), re: 'x' },
      ],
    );
  });

  rule('nothing of others, delivered, purged or of the own mailbox, and no copies', async (step, store) => {
    await store.claim('alice', { device: 'phone', copies: true });
    for (const id of ['a', 'b', 'c', 'd']) await append(store, message(id, { device: 'laptop' }));
    await append(store, message('mine', { to: 'alice' }));
    await append(store, message('carols', { from: 'carol' }));
    const { fence } = await store.claim('bob');
    await store.settle('bob', 2, fence);
    await store.purge('bob', [3], 99);
    assert.deepEqual(namesOf(await allSent(await step())), ['bob d']);
    assert.deepEqual(namesOf(await allSent(await step(), 'carol')), ['bob carols']);
    for (const stranger of ['bob', 'nobody', 'constructor'])
      assert.deepEqual(await allSent(await step(), stranger), []);
  });

  rule('a purged message that was restored waits again; of a removed user nothing does', async (step, store) => {
    for (const to of ['bob', 'carol']) await append(store, message('a', { to }));
    await store.purge('bob', [1], 99);
    assert.deepEqual(namesOf(await allSent(await step())), ['carol a']);
    await append(await step(), message('a', { restored: { by: 'operator', at: 100 } }));
    assert.deepEqual(namesOf(await allSent(await step())), ['bob a', 'carol a']);
    await (await step()).remove('carol');
    assert.deepEqual(namesOf(await allSent(await step())), ['bob a']);
  });

  rule('pages have each message once, in the order of its mailbox, whatever their size', async (step, store) => {
    const ids = ['a', 'b', 'c', 'd', 'e'];
    for (const id of ids) for (const to of ['bob', 'carol']) await append(store, message(id, { to }));
    await append(store, message('x', { from: 'carol' }));
    const next = await step();
    for (const messages of [1, 2, 3, 7]) {
      const found = await allSent(next, 'alice', { ...EVERYTHING, messages });
      assert.equal(found.length, 2 * ids.length);
      for (const to of ['bob', 'carol'])
        assert.deepEqual(
          found.filter((one) => one.to === to).map(({ id }) => id),
          ids,
        );
    }
    assert.equal((await next.sent('alice', undefined, { messages: 100, bytes: 1 })).messages.length, 1);
  });

  rule('a page goes on after a message that was delivered, purged or forgotten meanwhile', async (step, store) => {
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) await append(store, message(id));
    const after = (id: string) => ({ to: 'bob', id });
    await store.purge('bob', [2], 99);
    assert.deepEqual(namesOf((await store.sent('alice', after('b'), EVERYTHING)).messages).at(0), 'bob c');
    const { fence } = await store.claim('bob');
    await store.settle('bob', 5, fence);
    for (const id of ['a', 'b', 'd', 'unknown'])
      assert.deepEqual(namesOf((await (await step()).sent('alice', after(id), EVERYTHING)).messages), ['bob f']);
  });

  rule('a forged place in a mailbox that does not exist shows nothing of others', async (step, store) => {
    await append(store, message('a'));
    await append(store, message('x', { from: 'carol' }));
    const next = await step();
    for (const to of ['nobody', 'aaa', 'bob', 'zzz']) {
      const { messages } = await next.sent('alice', { to, id: 'x' }, EVERYTHING);
      assert.ok(messages.every(({ id }) => id === 'a'));
    }
    assert.deepEqual(
      (await next.heads('', 10)).map(({ user }) => user),
      ['bob'],
    );
  });
}
