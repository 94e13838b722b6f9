/** The traces of a message at a server, asked mailbox by mailbox. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Operator } from '../../src/client/api/operator-client.js';
import { serverTraces } from '../../src/queue-admin/server-traces.js';

const USERS = Array.from({ length: 40 }, (_, index) => `user-${index}`).sort();
const mailbox = { delivered: 0, last: 2, purged: 0, seenAt: 7, online: true };

/** Pages of three mailboxes; that of user-3 cannot be read, and that of user-5 is empty. */
function server() {
  const asked: string[] = [];
  const operator: Pick<Operator, 'queue'> = {
    async queue({ what, user, after = '', message, seq = 0 }) {
      if (what === 'mailboxes') {
        const page = USERS.filter((one) => one > after && (user ?? one) === one).slice(0, 3);
        return {
          mailboxes: page.map((one) => ({
            ...{ user: one, ...mailbox },
            ...(one === 'user-3' && { fault: 'damaged' }),
            ...(one === 'user-5' && { last: 0 }),
          })),
        };
      }
      asked.push(`${user} ${message} ${seq}`);
      const status = 'undelivered' as const;
      const traces = ['alice', 'carol'].map((from, index) => {
        return { seq: index + 1, from, status, bytes: 2, before: 1, events: [] };
      });
      const page = traces.filter((trace) => trace.seq > seq).slice(0, 1);
      return { traces: user === 'user-1' || user === 'user-20' ? page : [] };
    },
  };
  return { operator, asked };
}

test('each mailbox is asked, page by page; those that are empty or cannot be read are not', async () => {
  const { operator, asked } = server();
  const faults: string[] = [];
  const unreadable = ({ user, fault }: { user: string; fault: Error }) => void faults.push(`${user}: ${fault.message}`);
  const traces = await serverTraces({ operator, id: 'm1', from: 'alice', unreadable });
  const waiting = { before: 1, seenAt: 7, online: true };
  const common = { seq: 1, id: 'm1', from: 'alice', status: 'undelivered', bytes: 2, events: [], waiting };
  assert.deepEqual(traces, [
    { to: 'user-1', ...common },
    { to: 'user-20', ...common },
  ]);
  const others = USERS.filter((user) => user !== 'user-3' && user !== 'user-5');
  const more = ['user-1', 'user-20'].flatMap((user) => [`${user} m1 1`, `${user} m1 2`]);
  assert.deepEqual(asked.sort(), [...others.map((user) => `${user} m1 0`), ...more].sort());
  assert.deepEqual(faults, ['user-3: damaged']);
});

test('with a user only that mailbox is asked, for all senders', async () => {
  const { operator, asked } = server();
  const traces = await serverTraces({ operator, id: 'm1', user: 'user-20', unreadable: () => assert.fail() });
  assert.deepEqual(asked, ['user-20 m1 0', 'user-20 m1 1', 'user-20 m1 2']);
  assert.deepEqual(
    traces.map(({ from }) => from),
    ['alice', 'carol'],
  );
});
