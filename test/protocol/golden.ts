/** The golden table: for each frame a minimal and a full valid example, and invalid values of each field. */

export interface Golden {
  readonly good: readonly Readonly<Record<string, unknown>>[];
  /** Field → invalid values, each put into the last good example. `undefined` leaves the field out. */
  readonly bad: Readonly<Record<string, readonly unknown[]>>;
}

const LONG_USER = 'a'.repeat(33);
const USERS_REFUSED = ['', 'Alice', '-a', '.a', 'a b', 'ä', LONG_USER, 'a\n', '../a', 7, null];
const IDS_REFUSED = ['', ' ', 'a b', 'ü', 'x'.repeat(129), 'a\u0000', 7, null];
const NOT_COUNTS = [-1, 0, 1.5, '1', Number.NaN, 2 ** 53, null];
const BODIES_REFUSED = ['\ud800', 'a\udc00b', 7, null, ['hi']];
const ID_LISTS_REFUSED = [[], 'm1', [''], ['ok', 7], Array(1001).fill('x'), null];

export const CLIENT_GOLDEN: Readonly<Record<string, Golden>> = {
  login: {
    good: [
      { type: 'login', v: 1, user: 'alice', token: 't' },
      { type: 'login', v: 2, user: 'a.b_c-9', token: 'im_x', mode: 'send', agent: 'im/0.1.0' },
      { type: 'login', v: 1, user: 'alice', token: 't', device: 'thinkpad.home' },
      { type: 'login', v: 1, user: 'alice', token: 't', mode: 'send', outbox: '1b9d6bcd' },
    ],
    bad: {
      v: [undefined, ...NOT_COUNTS],
      user: [undefined, ...USERS_REFUSED],
      token: [undefined, '', 7, null, 'x'.repeat(257)],
      mode: ['root', '', null, 'CHAT', 'toString'],
      device: USERS_REFUSED,
      agent: [7, null, 'x'.repeat(129)],
    },
  },
  message: {
    good: [
      { type: 'message', id: 'm1', to: 'bob', body: '' },
      { type: 'message', id: '!~"\\', to: 'bob', body: '你好 👩‍👩‍👧\u0000\n', from: 'alice', re: '"\\' },
    ],
    bad: {
      id: [undefined, ...IDS_REFUSED],
      to: [undefined, ...USERS_REFUSED],
      body: [undefined, ...BODIES_REFUSED],
      from: USERS_REFUSED,
    },
  },
  ack: {
    good: [
      { type: 'ack', seq: 1 },
      { type: 'ack', seq: 2 ** 53 - 1 },
    ],
    bad: { seq: [undefined, ...NOT_COUNTS] },
  },
  status: {
    good: [{ type: 'status', to: 'bob', ids: ['m1'] }],
    bad: { to: [undefined, ...USERS_REFUSED], ids: [undefined, ...ID_LISTS_REFUSED] },
  },
  unsend: {
    good: [{ type: 'unsend', id: 'q1', to: 'bob', ids: ['m1', 'm1'] }],
    bad: {
      id: [undefined, ...IDS_REFUSED],
      to: [undefined, ...USERS_REFUSED],
      ids: [undefined, ...ID_LISTS_REFUSED],
    },
  },
  heartbeat: { good: [{ type: 'heartbeat' }], bad: {} },
  account: {
    good: [
      { type: 'account', id: 'q1', action: 'list' },
      { type: 'account', id: 'q2', action: 'add', users: ['bob'], role: 'operator', after: 'alice' },
      { type: 'account', id: 'q3', action: 'add-token', users: ['bob'], name: 'laptop' },
    ],
    bad: {
      id: [undefined, ...IDS_REFUSED],
      action: [undefined, 'drop', null],
      users: [[], ['Bob'], 'bob', null],
      role: ['root', null],
      after: USERS_REFUSED,
    },
  },
  queue: {
    good: [
      { type: 'queue', id: 'q1', what: 'mailboxes' },
      { type: 'queue', id: 'q2', what: 'messages', user: 'bob', after: 'alice', seq: 0, headers: true },
      { type: 'queue', id: 'q3', what: 'traces', user: 'bob', message: 'm1' },
    ],
    bad: {
      id: [undefined, ...IDS_REFUSED],
      what: [undefined, 'users', null],
      user: USERS_REFUSED,
      after: USERS_REFUSED,
      seq: [-1, 1.5, '1', null],
      headers: ['yes', 1, null],
      message: IDS_REFUSED,
    },
  },
  replay: {
    good: [
      { type: 'replay', id: 'q1', user: 'bob' },
      { type: 'replay', id: 'q2', user: 'bob', seqs: [1, 7], replay: 'r1' },
    ],
    bad: {
      id: [undefined, ...IDS_REFUSED],
      user: [undefined, ...USERS_REFUSED],
      seqs: [[], [0], ['1'], Array(257).fill(1), 1, null],
      replay: ['', 'x'.repeat(65), 7, null],
    },
  },
  restore: {
    good: [
      { type: 'restore', id: 'q1', messages: [{ to: 'bob', from: 'alice', id: 'm1', body: '', at: 0 }] },
      { type: 'restore', id: 'q1', messages: [{ to: 'bob', from: 'alice', id: 'm1', body: '', at: 0, parked: 1 }] },
      { type: 'restore', id: 'q1', messages: [{ to: 'bob', from: 'alice', id: 'm1', body: '', at: 0, re: 'm0' }] },
    ],
    bad: {
      id: [undefined, ...IDS_REFUSED],
      messages: [
        undefined,
        [],
        [null],
        Array(257).fill({ to: 'bob', from: 'alice', id: 'm1', body: '', at: 0 }),
        [{ to: 'Bob', from: 'alice', id: 'm1', body: '', at: 0 }],
        [{ to: 'bob', id: 'm1', body: '', at: 0 }],
        [{ to: 'bob', from: 'alice', id: 'm 1', body: '', at: 0 }],
        [{ to: 'bob', from: 'alice', id: 'm1', body: '\ud800', at: 0 }],
        [{ to: 'bob', from: 'alice', id: 'm1', body: '', at: -1 }],
        [{ to: 'bob', from: 'alice', id: 'm1', body: '', at: 0, parked: 0 }],
        [{ to: 'bob', from: 'alice', id: 'm1', body: '', at: 0, re: 'm 0' }],
      ],
    },
  },
  read: {
    good: [{ type: 'read', from: 'bob', epoch: 'e1', seq: 1 }],
    bad: { from: [undefined, ...USERS_REFUSED], epoch: [undefined, '', 7], seq: [undefined, 0, 1.5, '1', null] },
  },
  devices: {
    good: [
      { type: 'devices', id: 'q1' },
      { type: 'devices', id: 'q1', user: 'bob', remove: 'phone' },
    ],
    bad: { id: [undefined, ...IDS_REFUSED], user: USERS_REFUSED, remove: USERS_REFUSED },
  },
  own: {
    good: [
      { type: 'own', id: 'q1', what: 'received' },
      { type: 'own', id: 'q1', what: 'traces', message: 'm1' },
      { type: 'own', id: 'q1', what: 'sent', seq: 0, to: 'bob', message: 'm1', headers: true },
    ],
    bad: {
      id: [undefined, ...IDS_REFUSED],
      what: [undefined, 'messages', '', 7, null],
      seq: NOT_COUNTS.filter((value) => value !== 0),
      to: USERS_REFUSED,
      message: IDS_REFUSED,
      headers: ['yes', 1, null],
    },
  },
  senders: {
    good: [
      { type: 'senders', id: 'q1', action: 'list' },
      { type: 'senders', id: 'q1', action: 'allow', user: 'bob', names: [] },
      { type: 'senders', id: 'q1', action: 'block', user: 'bob', names: Array(500).fill('mallory') },
    ],
    bad: {
      id: [undefined, ...IDS_REFUSED],
      user: USERS_REFUSED,
      action: [undefined, 'mute', null],
      names: [['Bob'], Array(501).fill('mallory'), 'bob', null],
    },
  },
  purge: {
    good: [{ type: 'purge', id: 'q1', user: 'bob', seqs: [1, 7] }],
    bad: {
      id: [undefined, ...IDS_REFUSED],
      user: [undefined, ...USERS_REFUSED],
      seqs: [undefined, [], [0], ['1'], Array(257).fill(1), 1, null],
    },
  },
  audit: {
    good: [
      { type: 'audit', id: 'q1' },
      { type: 'audit', id: 'q2', entry: { run: 'r1', what: 'replay', user: 'bob', filter: '', done: 1, left: 0 } },
    ],
    bad: {
      id: [undefined, ...IDS_REFUSED],
      entry: [
        null,
        {},
        { run: 'r1', what: 'look', filter: '', done: 1, left: 0 },
        { run: '', what: 'replay', filter: '', done: 1, left: 0 },
        { run: 'r1', what: 'replay', filter: 'x'.repeat(257), done: 1, left: 0 },
        { run: 'r1', what: 'replay', filter: '', done: -1, left: 0 },
      ],
    },
  },
};

export const SERVER_GOLDEN: Readonly<Record<string, Golden>> = {
  welcome: {
    good: [
      {
        type: 'welcome',
        v: 1,
        user: 'alice',
        session: 's',
        epoch: 'e',
        delivered: 0,
        pending: 0,
        heartbeatMs: 30_000,
        idleMs: 90_000,
        window: 1_000,
        maxBodyBytes: 65_536,
        at: 0,
      },
    ],
    bad: {
      user: [undefined, ...USERS_REFUSED],
      session: [undefined, '', 7],
      epoch: [undefined, '', 7],
      delivered: [undefined, -1, 1.5],
      missed: NOT_COUNTS,
      pending: [undefined, -1, '0'],
      window: [undefined, 0],
      at: [undefined, -1],
    },
  },
  message: {
    good: [
      { type: 'message', seq: 1, id: 'm1', from: 'bob', body: '', at: 0, attempt: 1 },
      { type: 'message', seq: 9, id: 'm1', from: 'bob', body: 'hi', at: 1, attempt: 2, replay: 'r1' },
      { type: 'message', seq: 9, id: 'm1', from: 'bob', body: 'hi', at: 1, attempt: 2, re: '"\\' },
    ],
    bad: {
      seq: [undefined, ...NOT_COUNTS],
      id: [undefined, ...IDS_REFUSED],
      from: [undefined, ...USERS_REFUSED],
      body: [undefined, ...BODIES_REFUSED],
      at: [undefined, -1],
      attempt: [undefined, 0],
      replay: ['', null],
      re: IDS_REFUSED,
    },
  },
  stored: {
    good: [
      { type: 'stored', ids: ['m1'] },
      { type: 'stored', ids: ['m1', 'm2'], duplicates: ['m2'] },
      { type: 'stored', ids: ['m1'], to: 'bob' },
    ],
    bad: { ids: [undefined, ...ID_LISTS_REFUSED], duplicates: ID_LISTS_REFUSED, to: USERS_REFUSED },
  },
  delivered: {
    good: [{ type: 'delivered', to: 'bob', ids: ['m1'] }],
    bad: { to: [undefined, ...USERS_REFUSED], ids: [undefined, ...ID_LISTS_REFUSED] },
  },
  heartbeat: { good: [{ type: 'heartbeat' }], bad: {} },
  error: {
    good: [
      { type: 'error', code: 'invalid', message: 'no', retry: false },
      { type: 'error', code: 'unknown-id', message: 'no', retry: false, id: 'm1', to: 'bob', field: 'body' },
      { type: 'error', code: 'a-code-of-a-newer-server', message: 'no', retry: false, id: 'm1', to: 'bob' },
    ],
    bad: {
      code: [undefined, '', 7, null, 'x'.repeat(65)],
      message: [undefined, 7],
      retry: [undefined, 'no', 0],
      id: IDS_REFUSED,
      to: USERS_REFUSED,
      field: [7, null],
    },
  },
  bye: {
    good: [
      { type: 'bye', reason: 'replaced' },
      { type: 'bye', reason: 'shutdown', retryAfterMs: 12 },
      { type: 'bye', reason: 'a-reason-of-a-newer-server' },
    ],
    bad: { reason: [undefined, '', null], retryAfterMs: [-1, '5', null] },
  },
  account: {
    good: [
      { type: 'account', id: 'q1', users: [] },
      { type: 'account', id: 'q1', users: [{ user: 'bob', role: 'user', at: 1, token: 'im_x' }] },
      {
        type: 'account',
        id: 'q1',
        users: [
          {
            user: 'bob',
            role: 'user',
            at: 1,
            tokens: [
              { name: 'main', at: 1 },
              { name: 'a', at: 2, usedAt: 3 },
            ],
          },
        ],
      },
    ],
    bad: {
      id: [undefined, ...IDS_REFUSED],
      users: [undefined, [{}], [null], [[]], [{ user: 'bob', role: 'king', at: 1 }]],
    },
  },
  queue: {
    good: [
      { type: 'queue', id: 'q1', mailboxes: [] },
      {
        type: 'queue',
        id: 'q1',
        mailboxes: [
          { user: 'bob', delivered: 1, last: 2, purged: 0, seenAt: 0, online: false, fault: 'damaged' },
          {
            ...{ user: 'carol', delivered: 1, last: 2, purged: 0, seenAt: 9, online: true },
            devices: [{ device: 'desktop', behind: 1, seenAt: 9, online: true }],
          },
        ],
        messages: [{ seq: 1, id: 'm1', from: 'alice', at: 0, attempts: 1, triedAt: 5, bytes: 0, body: '' }],
      },
      {
        type: 'queue',
        id: 'q1',
        traces: [
          { seq: 1, from: 'alice', status: 'delivered', events: [] },
          {
            ...{ seq: 2, from: 'carol', status: 'delivered', bytes: 2, behind: ['desktop'] },
            events: [
              { event: 'stored', at: 1 },
              { event: 'not acked', at: 2, device: 'phone', session: 's1' },
              { event: 'replayed', at: 3, by: 'operator', run: 'r1' },
            ],
          },
          { seq: 3, from: 'dave', status: 'undelivered', bytes: 2, events: [], before: 0 },
        ],
      },
    ],
    bad: {
      id: [undefined, ...IDS_REFUSED],
      mailboxes: [null, [{}], [{ user: 'bob', delivered: -1, last: 2, purged: 0, seenAt: 0, online: false }]],
      messages: [null, [{}], [{ seq: 0, id: 'm1', from: 'alice', at: 0, attempts: 1, bytes: 0 }]],
      traces: [null, [{}], [{ seq: 1, from: 'alice', status: 'delivered', events: [{ event: 'lost', at: 1 }] }]],
    },
  },
  replay: {
    good: [{ type: 'replay', id: 'q1', online: true }],
    bad: { id: [undefined, ...IDS_REFUSED], online: [undefined, 'yes', null] },
  },
  restore: {
    good: [{ type: 'restore', id: 'q1', outcomes: ['stored', 'unknown-user'] }],
    bad: { id: [undefined, ...IDS_REFUSED], outcomes: [undefined, [], ['lost'], null] },
  },
  read: {
    good: [{ type: 'read', from: 'bob', epoch: 'e1', seq: 1 }],
    bad: { from: [undefined, ...USERS_REFUSED], epoch: [undefined, '', 7], seq: [undefined, 0, 1.5, '1', null] },
  },
  devices: {
    good: [
      { type: 'devices', id: 'q1', devices: [] },
      {
        type: 'devices',
        id: 'q1',
        devices: [{ device: 'phone', behind: 2, seenAt: 7, online: true, agent: 'im/0.1.0' }],
      },
    ],
    bad: {
      id: [undefined, ...IDS_REFUSED],
      devices: [undefined, null, [{}], [{ device: 'Phone', behind: 0, seenAt: 0, online: true }]],
    },
  },
  own: {
    good: [
      { type: 'own', id: 'q1', received: [] },
      { type: 'own', id: 'q1', traces: [{ to: 'bob', from: 'alice', status: 'purged', events: [] }] },
      {
        type: 'own',
        id: 'q1',
        received: [{ seq: 1, id: 'm1', from: 'bob', at: 5, attempts: 0, triedAt: 9, bytes: 2, body: 'hi', re: 'm0' }],
        next: 1,
        sent: [{ to: 'bob', id: 'm1', at: 5, attempts: 1, bytes: 2 }],
        unread: 1,
        traces: [
          {
            ...{ to: 'bob', from: 'alice', status: 'delivered', bytes: 2, seq: 1, before: 0, behind: ['phone'] },
            events: [{ event: 'not acked', at: 5, device: 'phone', session: 's1', run: 'r1' }],
          },
        ],
      },
    ],
    bad: {
      id: [undefined, ...IDS_REFUSED],
      received: [null, [{}], [{ seq: 0, id: 'm1', from: 'bob', at: 5, attempts: 0, bytes: 2 }]],
      next: NOT_COUNTS,
      sent: [null, [{}], [{ to: 'Bob', id: 'm1', at: 5, attempts: 1, bytes: 2 }]],
      unread: NOT_COUNTS,
      traces: [null, [{}], [{ to: 'bob', from: 'alice', status: 'lost', events: [] }]],
    },
  },
  senders: {
    good: [
      { type: 'senders', id: 'q1', blocked: [] },
      { type: 'senders', id: 'q1', blocked: ['mallory'], allowed: [] },
    ],
    bad: {
      id: [undefined, ...IDS_REFUSED],
      blocked: [undefined, null, ['Bob'], Array(501).fill('mallory')],
      allowed: [null, ['Bob'], Array(501).fill('mallory')],
    },
  },
  unsend: {
    good: [{ type: 'unsend', id: 'q1', outcomes: ['unsent', 'pushed', 'delivered', 'purged', 'unknown', 'full'] }],
    bad: { id: [undefined, ...IDS_REFUSED], outcomes: [undefined, [], ['lost'], null] },
  },
  purge: {
    good: [{ type: 'purge', id: 'q1', outcomes: ['purged', 'delivered', 'unknown', 'full'] }],
    bad: { id: [undefined, ...IDS_REFUSED], outcomes: [undefined, [], ['lost'], null] },
  },
  audit: {
    good: [
      { type: 'audit', id: 'q1', entries: [] },
      {
        type: 'audit',
        id: 'q1',
        entries: [{ by: 'root', at: 1, run: 'r1', what: 'purge', filter: '', done: 1, left: 0 }],
      },
    ],
    bad: {
      id: [undefined, ...IDS_REFUSED],
      entries: [undefined, [{}], [{ by: 'root', at: -1, run: 'r1', what: 'purge', filter: '', done: 1, left: 0 }]],
    },
  },
};

/** Every invalid variant of a frame, with the invalid field. */
export function* refusedVariants(golden: Golden): Generator<{ value: Record<string, unknown>; field: string }> {
  const base = golden.good.at(-1);
  for (const [field, values] of Object.entries(golden.bad)) {
    for (const wrong of values) {
      const value: Record<string, unknown> = { ...base, [field]: wrong };
      if (wrong === undefined) delete value[field];
      yield { value, field };
    }
  }
}
