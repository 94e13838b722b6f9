/** The own queue of a user at a server, and traces, read in pages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Operator } from '../../src/client/api/operator-client.js';
import type { Own, OwnReply } from '../../src/protocol/frames/own.js';
import { ownQueues } from '../../src/queue-admin/own-queues.js';
import { ownTraces } from '../../src/queue-admin/own-traces.js';
import { messagesOf, summariesOf } from '../../src/queue-admin/queue-scan.js';

type Request = Omit<Own, 'type' | 'id'>;
type Answer = Omit<OwnReply, 'type' | 'id'>;

const SENT = ['bob m1', 'bob m2', 'bob m3', 'carol m1', 'dave m4'].map((line) => {
  const [to = '', id = ''] = line.split(' ');
  return { to, id, at: 5, attempts: 1, bytes: 2, body: 'ho' };
});

/** A server with messages to and from alice: two on a page. @param unread what each first page says in its turn. */
function server(unread: readonly number[] = []) {
  const asked: Request[] = [];
  const turns = [...unread];
  const answer = (request: Request): Answer => {
    const { what, seq = 0, to, message, headers } = request;
    if (what === 'received') {
      const received = [3, 5, 6].map((one) => ({ seq: one, id: `r${one}`, from: 'bob', at: 5, attempts: 0, bytes: 2 }));
      const page = received.filter((one) => one.seq > seq).slice(0, 2);
      return { received: page.map((one) => ({ ...one, body: 'hi' })), ...(seq < 5 && { next: 5 }) };
    }
    if (what === 'traces') {
      const from = to === undefined ? 'bob' : 'alice';
      return {
        traces: [
          { to: to ?? 'alice', from, status: 'undelivered', events: [], ...(to === undefined && { before: 1 }) },
        ],
      };
    }
    const start = SENT.findIndex((one) => one.to === to && one.id === message) + 1;
    const left = turns.shift() ?? 0;
    const sent = SENT.slice(start, start + 2).map(({ body, ...one }) => (headers ? one : { ...one, body }));
    return { sent, ...(left > 0 && { unread: left }) };
  };
  const operator: Pick<Operator, 'own' | 'devices' | 'close'> = {
    async own(request) {
      asked.push(request);
      return answer(request);
    },
    devices: async () => [
      { device: 'phone', behind: 3, seenAt: 9, online: false, agent: 'im' },
      { device: 'tablet', behind: 0, seenAt: 7, online: true },
    ],
    close: async () => {},
  };
  return { operator, asked };
}

async function all(given: ReturnType<typeof server>, options: { user?: string; limit?: number } = {}) {
  const unreadable: string[] = [];
  const source = ownQueues({ operator: given.operator, me: 'alice', headers: false, ...options });
  const scan = {
    ...{ source, filter: { status: 'undelivered' } as const },
    unreadable: ({ fault }: { fault: Error }) => unreadable.push(fault.message),
  };
  const found: string[] = [];
  for await (const some of messagesOf(scan, options.limit))
    found.push(...some.map(({ to, from, id, seq, body }) => `${to} ${from} ${id} ${seq} ${body}`));
  return { found, unreadable };
}

const RECEIVED = ['alice bob r3 3 hi', 'alice bob r5 5 hi', 'alice bob r6 6 hi'];
const WAITING = SENT.map(({ to, id }) => `${to} alice ${id} 0 ho`);

test('what was received comes first, then what was sent, each once', async () => {
  assert.deepEqual(await all(server()), { found: [...RECEIVED, ...WAITING], unreadable: [] });
});

test('only one mailbox; and no more pages than are wanted', async () => {
  const [own, bob, few] = [server(), server(), server()];
  assert.deepEqual((await all(own, { user: 'alice' })).found, RECEIVED);
  assert.ok(own.asked.every(({ what }) => what === 'received'));
  assert.deepEqual((await all(bob, { user: 'carol' })).found, ['carol alice m1 0 ho']);
  assert.ok(bob.asked.every(({ what }) => what === 'sent'));
  assert.deepEqual((await all(few, { limit: 1 })).found, RECEIVED.slice(0, 1));
  assert.equal(few.asked.length, 1);
});

test('while the server still learns what waits, the first page is asked for again; what it cannot read is told', async () => {
  const learning = server([7, 3, 0]);
  assert.deepEqual(await all(learning), { found: [...RECEIVED, ...WAITING], unreadable: [] });
  const damaged = server([7, 2, 2]);
  const { found, unreadable } = await all(damaged);
  assert.deepEqual(found, [...RECEIVED, ...WAITING]);
  assert.deepEqual(unreadable, ['the server cannot read 2 that may have messages of yours']);
  assert.equal(damaged.asked.filter(({ what, to }) => what === 'sent' && to === undefined).length, 3);
});

test('a summary has one line for each mailbox, and says of nobody else when they were here', async () => {
  const source = ownQueues({ operator: server().operator, me: 'alice', headers: true });
  const summaries = await summariesOf({ source, filter: { status: 'undelivered' }, unreadable: () => assert.fail() });
  assert.deepEqual(
    summaries.map(({ user, count, seenAt, online, devices }) => [user, count, seenAt, online, devices.length]),
    [
      ['alice', 3, 9, true, 2],
      ['bob', 3, undefined, undefined, 0],
      ['carol', 1, undefined, undefined, 0],
      ['dave', 1, undefined, undefined, 0],
    ],
  );
});

test('traces are asked of the own mailbox, and where a message with the id waits; or of the one that is named', async () => {
  const ask = async (options: { user?: string; from?: string } = {}) => {
    const { operator, asked } = server();
    const traces = await ownTraces({ operator, me: 'alice', id: 'm1', unreadable: () => assert.fail(), ...options });
    return {
      found: traces.map(({ to, from, waiting }) => `${to} ${from} ${JSON.stringify(waiting)}`),
      pages: asked.filter(({ what }) => what !== 'traces').length,
    };
  };
  const sent = ['bob alice {}', 'carol alice {}'];
  assert.deepEqual((await ask()).found, ['alice bob {"before":1}', ...sent]);
  assert.deepEqual((await ask({ from: 'alice' })).found, sent);
  assert.deepEqual(await ask({ from: 'bob' }), { found: ['alice bob {"before":1}'], pages: 0 });
  assert.deepEqual(await ask({ user: 'dave' }), { found: ['dave alice {}'], pages: 0 });
});
