/** Tests of the oracles: a good run has no violations, and each violation is found by its oracle. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ClientFrame, ServerFrame } from '../../src/protocol/frame-catalogue.js';
import type { Entry } from './stage-ledger.js';
import { violations } from './stage-oracles.js';

const ALICE = 0;
const BOB = 1;
const BOB_AGAIN = 2;

const fromClient = (connection: number, frame: ClientFrame): Entry => ({ type: 'client frame', connection, frame });
const fromServer = (connection: number, frame: ServerFrame): Entry => ({ type: 'server frame', connection, frame });

const login = (connection: number, user: string, delivered = 0): Entry[] => [
  { type: 'connected', connection, device: user },
  fromClient(connection, { type: 'login', v: 1, user, token: 'secret' }),
  fromServer(connection, {
    type: 'welcome',
    v: 1,
    user,
    session: `session-${connection}`,
    epoch: 'epoch-1',
    delivered,
    pending: 0,
    heartbeatMs: 1,
    idleMs: 1,
    window: 1,
    maxBodyBytes: 1,
    at: 0,
  }),
];
const send = (id: string): Entry[] => [
  { type: 'sent', device: 'alice', user: 'alice', to: 'bob', id },
  fromClient(ALICE, { type: 'message', id, to: 'bob', body: id }),
];
const stored = (id: string): Entry => fromServer(ALICE, { type: 'stored', ids: [id] });
const push = (connection: number, seq: number, id: string, body = id): Entry =>
  fromServer(connection, { type: 'message', seq, id, from: 'alice', body, at: 0, attempt: 1 });
const show = (seq: number, id: string, body = id): Entry => ({
  type: 'shown',
  device: 'bob',
  user: 'bob',
  from: 'alice',
  id,
  body,
  epoch: 'epoch-1',
  seq,
  isReplay: false,
});
const ack = (connection: number, seq: number): Entry => fromClient(connection, { type: 'ack', seq });
const delivered = (id: string): Entry => fromServer(ALICE, { type: 'delivered', to: 'bob', ids: [id] });
const refused = (id: string): Entry =>
  fromServer(ALICE, { type: 'error', code: 'mailbox-full', message: '', retry: true, id, to: 'bob' });
const purged = (id: string): Entry =>
  fromServer(ALICE, { type: 'error', code: 'purged', message: '', retry: false, id, to: 'bob' });
const pushPurged = (connection: number, seq: number, id: string): Entry =>
  fromServer(connection, { type: 'message', seq, id, from: 'alice', body: '', at: 0, attempt: 1, purged: true });

const begin = [...login(ALICE, 'alice'), ...login(BOB, 'bob')];
/** One message from send to delivery. */
const trip = (seq: number, id: string): Entry[] => [
  ...send(id),
  stored(id),
  push(BOB, seq, id),
  show(seq, id),
  ack(BOB, seq),
  delivered(id),
];

describe('a run without violations', () => {
  for (const [what, run] of [
    ['two delivered messages', [...begin, ...trip(1, 'm1'), ...trip(2, 'm2')]],
    [
      'a purged message, and one after it',
      [
        ...begin,
        ...[...send('m1'), ...send('m2'), stored('m1'), stored('m2'), purged('m1')],
        ...[pushPurged(BOB, 1, 'm1'), push(BOB, 2, 'm2'), show(2, 'm2'), ack(BOB, 2), delivered('m2')],
      ],
    ],
    [
      'a message is pushed again to a newer session',
      [
        ...begin,
        ...send('m1'),
        stored('m1'),
        push(BOB, 1, 'm1'),
        ...login(BOB_AGAIN, 'bob'),
        push(BOB_AGAIN, 1, 'm1'),
        show(1, 'm1'),
      ],
    ],
    ['a message is refused for now, then stored', [...begin, ...send('m1'), refused('m1'), ...trip(1, 'm1')]],
    ['a message is refused and never stored', [...begin, ...send('m1'), refused('m1'), ...trip(1, 'm2')]],
    ['a message is lost together with the store', [...begin, ...send('m1'), stored('m1'), { type: 'store lost' }]],
    ['a message is shown again as a replay', [...begin, ...trip(1, 'm1'), { ...show(1, 'm1'), isReplay: true }]],
  ] as [string, Entry[]][]) {
    test(what, () => assert.deepEqual(violations(run), []));
  }
});

describe('a run with one violation', () => {
  for (const [oracle, what, run] of [
    ['I1', 'stored and never shown', [...begin, ...send('m1'), stored('m1')]],
    ['I1', 'stored, pushed and never shown', [...begin, ...send('m1'), stored('m1'), push(BOB, 1, 'm1')]],
    ['I2', 'shown with another body', [...begin, ...send('m1'), push(BOB, 1, 'm1'), show(1, 'm1', 'forged')]],
    ['I2', 'pushed and never sent', [...begin, push(BOB, 1, 'm1')]],
    [
      'I2',
      'pushed and sent before the login',
      [fromClient(ALICE, { type: 'message', id: 'm1', to: 'bob', body: 'm1' }), ...begin, push(BOB, 1, 'm1')],
    ],
    ['I3', 'shown twice', [...begin, ...trip(1, 'm1'), show(2, 'm1')]],
    ['I3', 'one seq shown twice', [...begin, ...trip(1, 'm1'), ...send('m2'), show(1, 'm2')]],
    ['I4', 'shown in the wrong order', [...begin, ...send('m1'), ...send('m2'), show(1, 'm2'), show(2, 'm1')]],
    [
      'I5',
      'delivered without an ack',
      [...begin, ...send('m1'), stored('m1'), push(BOB, 1, 'm1'), show(1, 'm1'), delivered('m1')],
    ],
    ['I5', 'acked without being shown', [...begin, ...send('m1'), push(BOB, 1, 'm1'), ack(BOB, 1), show(1, 'm1')]],
    [
      'I6',
      'purged and pushed',
      [...begin, ...send('m1'), stored('m1'), purged('m1'), push(BOB, 1, 'm1'), show(1, 'm1'), ack(BOB, 1)],
    ],
    ['I6', 'refused and pushed', [...begin, ...send('m1'), refused('m1'), push(BOB, 1, 'm1'), show(1, 'm1')]],
    [
      'I7',
      'pushed to the older session',
      [...begin, ...login(BOB_AGAIN, 'bob'), ...send('m1'), push(BOB, 1, 'm1'), show(1, 'm1')],
    ],
    [
      'I7',
      'a frame after bye',
      [...begin, fromServer(BOB, { type: 'bye', reason: 'replaced' }), fromServer(BOB, { type: 'heartbeat' })],
    ],
    ['I8', 'a cursor that goes back', [...login(BOB, 'bob', 2), ...login(BOB_AGAIN, 'bob', 1)]],
    ['I8', 'a gap in the seqs', [...begin, ...send('m1'), push(BOB, 2, 'm1'), show(2, 'm1')]],
    [
      'I8',
      'a seq that changes its message',
      [
        ...begin,
        ...send('m1'),
        ...send('m2'),
        push(BOB, 1, 'm1'),
        ...login(BOB_AGAIN, 'bob'),
        push(BOB_AGAIN, 1, 'm2'),
        show(1, 'm2'),
      ],
    ],
  ] as [string, string, Entry[]][]) {
    test(`${oracle} finds: ${what}`, () => {
      const found = violations(run).map((text) => text.slice(0, 2));
      assert.deepEqual([...new Set(found)], [oracle]);
    });
  }
});
