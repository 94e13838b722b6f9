/** Scans of queues: filters, limits, summaries. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { QueueFilter } from '../../src/queue-admin/filter.js';
import { messagesOf, summariesOf } from '../../src/queue-admin/queue-scan.js';
import type { QueuedMessage, UnreadableQueue } from '../../src/queue-admin/queue-source.js';
import { queued, queueOf, sourceOf } from './queues.js';

const bob = queueOf('bob', [
  queued(4, { status: 'delivered', body: 'old' }),
  queued(5, { attempts: 2, triedAt: 9_000 }),
  queued(6, { from: 'carol', body: 'the\nbuild is GREEN' }),
  queued(7, { id: 'x', from: 'dave' }),
]);
const erin = queueOf('erin', [queued(1, { to: 'erin', at: 100, body: '你好' })], 77);

async function found(given: Partial<QueueFilter>, limit?: number): Promise<string[]> {
  const scan = { source: sourceOf(bob, erin), filter: { status: 'undelivered', ...given } as const, unreadable() {} };
  const messages: QueuedMessage[] = [];
  for await (const chunk of messagesOf(scan, limit)) messages.push(...chunk);
  return messages.map(({ to, id }) => `${to}/${id}`);
}

test('without other conditions the undelivered messages are found, by mailbox and seq', async () => {
  assert.deepEqual(await found({}), ['bob/m5', 'bob/m6', 'bob/x', 'erin/m1']);
  assert.deepEqual(await found({ status: 'delivered' }), ['bob/m4']);
  assert.deepEqual(await found({ status: 'all' }), ['bob/m4', 'bob/m5', 'bob/m6', 'bob/x', 'erin/m1']);
});

test('a message has to match all given conditions', async () => {
  assert.deepEqual(await found({ from: ['carol', 'dave'] }), ['bob/m6', 'bob/x']);
  assert.deepEqual(await found({ ids: ['x', 'm1'] }), ['bob/x', 'erin/m1']);
  assert.deepEqual(await found({ since: 6_000 }), ['bob/m6', 'bob/x'], 'since is included');
  assert.deepEqual(await found({ until: 6_000 }), ['bob/m5', 'erin/m1'], 'until is not');
  assert.deepEqual(await found({ grep: /the.build is green/isu }), ['bob/m6'], 'a dot matches a newline, too');
  assert.deepEqual(await found({ from: ['alice', 'carol'], since: 6_000, grep: /GREEN/u }), ['bob/m6']);
  assert.deepEqual(await found({ from: ['carol'], ids: ['x'] }), []);
});

test('a limit is for all mailboxes together', async () => {
  assert.deepEqual(await found({}, 1), ['bob/m5']);
  assert.deepEqual(await found({}, 3), ['bob/m5', 'bob/m6', 'bob/x']);
  assert.deepEqual(await found({}, 9), ['bob/m5', 'bob/m6', 'bob/x', 'erin/m1']);
});

test('summaries have the totals of each mailbox, the longest waiting first', async () => {
  const scan = { source: sourceOf(bob, erin), filter: { status: 'undelivered' } as const, unreadable() {} };
  assert.deepEqual(await summariesOf(scan), [
    { user: 'erin', count: 1, bytes: 6, oldestAt: 100, attempts: 0, seenAt: 77, online: false, devices: [] },
    { user: 'bob', count: 3, bytes: 22, oldestAt: 5_000, attempts: 2, seenAt: 0, online: false, devices: [] },
  ]);
  const none = { ...scan, filter: { status: 'undelivered', ids: ['nothing'] } as const };
  assert.deepEqual(await summariesOf(none), []);
});

test('an unreadable mailbox is reported, and the others are read', async () => {
  const damaged = { user: 'carol', fault: new Error('it is damaged') };
  const reported: UnreadableQueue[] = [];
  const scan = {
    source: sourceOf(bob, damaged, erin),
    filter: { status: 'undelivered' } as const,
    unreadable: (queue: UnreadableQueue) => reported.push(queue),
  };
  assert.deepEqual(
    (await summariesOf(scan)).map(({ user }) => user),
    ['erin', 'bob'],
  );
  assert.deepEqual(reported, [damaged]);
});

test('a mailbox without undelivered messages is not read for them', async () => {
  const unread = {
    ...queueOf('bob', [queued(1, { status: 'delivered' })]),
    messages: () => assert.fail('it was read'),
  };
  const scan = { source: sourceOf(unread), filter: { status: 'undelivered' } as const, unreadable() {} };
  assert.deepEqual(await summariesOf(scan), []);
});
