/** The queues of a server, read in pages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Operator } from '../../src/client/api/operator-client.js';
import type { QueueReply } from '../../src/protocol/frames/queue.js';
import { messagesOf } from '../../src/queue-admin/queue-scan.js';
import type { QueuedMessage } from '../../src/queue-admin/queue-source.js';
import { serverQueues } from '../../src/queue-admin/server-queues.js';

type Mailbox = NonNullable<QueueReply['mailboxes']>[number];
type Message = NonNullable<QueueReply['messages']>[number];

const message = (seq: number): Message => ({
  seq,
  id: `m${seq}`,
  from: 'alice',
  at: 5,
  attempts: 1,
  triedAt: 7,
  bytes: 2,
  body: 'hi',
});

/** A server with two mailboxes. A page has one mailbox, or two messages. */
function server(bob: Partial<Mailbox> = {}) {
  const asked: unknown[] = [];
  const mailboxes: Mailbox[] = ['bob', 'carol'].map((user) => ({
    ...{ user, delivered: 1, last: 4, purged: 0, seenAt: 3, online: true },
    ...(user === 'bob' && bob),
  }));
  const operator: Pick<Operator, 'queue' | 'audit' | 'close'> = {
    async queue(request) {
      asked.push(request);
      const { what, user, after = '', seq = 0, headers } = request;
      if (what === 'mailboxes') {
        return {
          mailboxes: mailboxes.filter((one) => one.user > after && (user ?? one.user) === one.user).slice(0, 1),
        };
      }
      const messages = [1, 2, 3, 4, 5].filter((one) => one > seq).slice(0, 2);
      return {
        messages: messages.map(message).map(({ body, ...rest }) => (headers ? rest : { ...rest, body: body ?? '' })),
      };
    },
    audit: async () => [],
    close: async () => {},
  };
  return { operator, asked };
}

async function all(options: Parameters<typeof serverQueues>[0], status: 'undelivered' | 'all' = 'undelivered') {
  const found: QueuedMessage[] = [];
  const unreadable: string[] = [];
  const scan = {
    source: serverQueues(options),
    filter: { status },
    unreadable: ({ user, fault }: { user: string; fault: Error }) => unreadable.push(`${user}: ${fault.message}`),
  };
  for await (const chunk of messagesOf(scan)) found.push(...chunk);
  return { found, unreadable };
}

test('mailboxes and messages are read in pages, up to the last seq at the start', async () => {
  const { operator } = server();
  const { found } = await all({ operator, headers: false });
  assert.deepEqual(
    found.map(({ to, seq }) => `${to}/${seq}`),
    ['bob/2', 'bob/3', 'bob/4', 'carol/2', 'carol/3', 'carol/4'],
  );
  assert.deepEqual(found[0], { to: 'bob', status: 'undelivered', ...message(2) });
  const everything = await all({ operator, headers: false }, 'all');
  assert.deepEqual(everything.found.map(({ status }) => status).slice(0, 3), [
    'delivered',
    'undelivered',
    'undelivered',
  ]);
});

test('only the given user, and only headers, are requested', async () => {
  const { operator, asked } = server();
  const { found } = await all({ operator, user: 'carol', headers: true });
  assert.deepEqual(
    found.map(({ to, seq, body }) => [to, seq, body]),
    [2, 3, 4].map((seq) => ['carol', seq, '']),
  );
  assert.deepEqual(asked, [
    { what: 'mailboxes', user: 'carol' },
    { what: 'messages', user: 'carol', seq: 1, headers: true },
    { what: 'messages', user: 'carol', seq: 3, headers: true },
    { what: 'mailboxes', user: 'carol', after: 'carol' },
  ]);
});

test('a user has the devices that the server lists; without a list, main', async () => {
  const desktop = { device: 'desktop', behind: 1, seenAt: 9, online: true };
  const { operator } = server({ devices: [desktop] });
  const found = new Map<string, unknown>();
  for await (const queue of serverQueues({ operator, headers: true }).queues())
    if (!('fault' in queue)) found.set(queue.user, queue.devices());
  assert.deepEqual(found.get('bob'), [desktop]);
  assert.deepEqual(found.get('carol'), [{ device: 'main', behind: 3, seenAt: 3, online: true }]);
});

test('an unreadable mailbox is reported', async () => {
  const { operator } = server({ fault: 'it is damaged' });
  const { found, unreadable } = await all({ operator, headers: false });
  assert.deepEqual(unreadable, ['bob: it is damaged']);
  assert.ok(found.every(({ to }) => to === 'carol'));
});
