/** Tests of the oracles: a good run has no violations, and each violation is found by its oracle. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ClientFrame, ServerFrame } from '../../src/protocol/frame-catalogue.js';
import type { Login } from '../../src/protocol/frames/login.js';
import type { Entry } from './stage-ledger.js';
import { violations } from './stage-oracles.js';

const ALICE = 0;
const BOB = 1;
const BOB_AGAIN = 2;
const LAPTOP = 3;
const PHONE = 4;
const SCRIPT = 5;

const fromClient = (connection: number, frame: ClientFrame): Entry => ({ type: 'client frame', connection, frame });
const fromServer = (connection: number, frame: ServerFrame): Entry => ({ type: 'server frame', connection, frame });

const login = (connection: number, user: string, delivered = 0, fields: Partial<Login> = {}): Entry[] => [
  { type: 'connected', connection, device: fields.device === undefined ? user : `${user}'s ${fields.device}` },
  fromClient(connection, { type: 'login', v: 1, user, token: 'secret', ...fields }),
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
const unsent = (id: string): Entry =>
  fromServer(ALICE, { type: 'error', code: 'unsent', message: '', retry: false, id, to: 'bob' });
const purged = (id: string): Entry =>
  fromServer(ALICE, { type: 'error', code: 'purged', message: '', retry: false, id, to: 'bob' });
const pushPurged = (connection: number, seq: number, id: string): Entry =>
  fromServer(connection, { type: 'message', seq, id, from: 'alice', body: '', at: 0, attempt: 1, purged: true });

/** Devices of alice, and what they send and get. */
const COPIES = { copies: true };
const own = (connection: number, device: string, fields: Partial<Login> = COPIES): Entry[] =>
  login(connection, 'alice', 0, { device, ...fields });
const sendFrom = (connection: number, id: string): Entry[] => [
  { type: 'sent', device: `connection ${connection}`, user: 'alice', to: 'bob', id },
  fromClient(connection, { type: 'message', id, to: 'bob', body: id }),
  fromServer(connection, { type: 'stored', ids: [id] }),
];
const pushCopy = (connection: number, seq: number, id: string, to = 'bob', from = 'alice'): Entry =>
  fromServer(connection, { type: 'message', seq, id, from, to, body: id, at: 0, attempt: 1 });
const showCopy = (seq: number, id: string): Entry => ({
  ...(show(seq, id) as Extract<Entry, { type: 'shown' }>),
  device: "alice's phone",
  user: 'alice',
  to: 'bob',
});
const copy = (seq: number, id: string): Entry[] => [pushCopy(PHONE, seq, id), showCopy(seq, id), ack(PHONE, seq)];
const arrive = (seq: number, id: string): Entry[] => [push(BOB, seq, id), show(seq, id), ack(BOB, seq)];

const begin = [...login(ALICE, 'alice'), ...login(BOB, 'bob')];
/** A message from alice's laptop that has arrived at bob's. */
const sent = (id = 'm1', seq = 1): Entry[] => [...sendFrom(LAPTOP, id), ...arrive(seq, id)];
const bobsPhone = login(BOB_AGAIN, 'bob', 1, { device: 'phone', ...COPIES });
const beginTwo = [...login(BOB, 'bob'), ...own(LAPTOP, 'laptop'), ...own(PHONE, 'phone')];
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
    [
      'two messages are copied, one of them from a script',
      [
        ...[...beginTwo, ...login(SCRIPT, 'alice', 0, { mode: 'send' }), ...sendFrom(LAPTOP, 'm1')],
        ...[...sendFrom(SCRIPT, 'm2'), ...arrive(1, 'm1'), ...arrive(2, 'm2'), pushPurged(LAPTOP, 1, 'm1')],
        ...[...copy(1, 'm1'), ...copy(2, 'm2'), pushCopy(LAPTOP, 2, 'm2')],
        { ...(showCopy(2, 'm2') as Extract<Entry, { type: 'shown' }>), device: "alice's laptop" },
        ack(LAPTOP, 2),
      ],
    ],
    [
      'a device that wants copies comes later, and one wants none',
      [
        ...[...login(BOB, 'bob'), ...own(LAPTOP, 'laptop'), ...own(SCRIPT, 'listen', {}), ...sendFrom(LAPTOP, 'm1')],
        ...[pushPurged(SCRIPT, 1, 'm1'), ...arrive(1, 'm1'), ...own(PHONE, 'phone')],
      ],
    ],
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
    [
      'I6',
      'pushed and unsent',
      [...begin, ...send('m1'), stored('m1'), push(BOB, 1, 'm1'), show(1, 'm1'), ack(BOB, 1), unsent('m1')],
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
    ['I1', 'a copy without its message', [...beginTwo, ...sendFrom(LAPTOP, 'm1').slice(0, 2), ...copy(1, 'm1')]],
    [
      'I2',
      'a copy with another target',
      [...beginTwo, ...sent(), ...copy(1, 'm1'), { ...showCopy(2, 'm1'), to: 'carol' } as Entry],
    ],
    [
      'I2',
      'a copy in the mailbox of another user',
      [...beginTwo, ...sent(), ...copy(1, 'm1'), ...bobsPhone, pushCopy(BOB_AGAIN, 2, 'm1')],
    ],
    [
      'I2',
      'a copy shown as a message',
      [...beginTwo, ...sent(), ...copy(1, 'm1'), { ...showCopy(2, 'm1'), to: undefined }],
    ],
    ['I3', 'a copy shown twice', [...beginTwo, ...sent(), ...copy(1, 'm1'), showCopy(2, 'm1')]],
    [
      'I4',
      'copies shown in the wrong order',
      [...beginTwo, ...sent('m1'), ...sent('m2', 2), ...copy(1, 'm2'), ...copy(2, 'm1')],
    ],
    [
      'I4',
      'a device that shows in another order than the first one',
      [
        ...[...begin, ...trip(1, 'm1'), ...trip(2, 'm2')],
        ...['m2', 'm1'].map((id, seq) => ({ ...show(seq, id), device: "bob's phone" }) as Entry),
      ],
    ],
    [
      'I5',
      'delivered by the ack of a copy',
      [
        ...[...begin, ...own(LAPTOP, 'laptop'), ...own(PHONE, 'phone'), ...sendFrom(LAPTOP, 'm1'), ...copy(1, 'm1')],
        ...[delivered('m1'), ...arrive(1, 'm1')],
      ],
    ],
    ['I5', 'a copy acked without being shown', [...beginTwo, ...sent(), pushCopy(PHONE, 1, 'm1'), ack(PHONE, 1)]],
    ['I7', 'a copy that never came', [...beginTwo, ...sent()]],
    ['I7', 'a copy that was only pushed', [...beginTwo, ...sent(), pushCopy(PHONE, 1, 'm1'), showCopy(1, 'm1')]],
    ['I7', 'a copy for the device that sent it', [...beginTwo, ...sent(), ...copy(1, 'm1'), pushCopy(LAPTOP, 1, 'm1')]],
    [
      'I7',
      'a copy for a device that wants none',
      [...beginTwo, ...own(SCRIPT, 'listen', {}), ...sent(), ...copy(1, 'm1'), pushCopy(SCRIPT, 1, 'm1')],
    ],
    [
      'I7',
      'a copy that one device got, and a new one with history did not',
      [...beginTwo, ...sent(), ...copy(1, 'm1'), ...own(SCRIPT, 'new', { copies: true, history: true })],
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
