/** `login`: verifies the user and claims the mailbox (R3 to R6). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Identity } from '../../../src/accounts/accounts.js';
import { errorFrame } from '../../../src/protocol/error-frames.js';
import type { Login } from '../../../src/protocol/frames/login.js';
import { WIRE } from '../../../src/protocol/limits.js';
import { login } from '../../../src/server/handlers/login.js';
import { type Claim, TooManyDevices } from '../../../src/store/store.js';
import { deferred } from '../../harness/deferred.js';
import { deps, NOW } from './dependencies.js';

const session = { session: 'session-1', now: NOW, isGone: () => false, admit: () => undefined };
const frame: Login = { type: 'login', v: 1, user: 'alice', token: 'secret' };
const alice: Identity = { user: 'alice', role: 'user', generation: 1 };
const operator: Identity = { ...alice, role: 'operator' };
const claim: Claim = {
  fence: 4,
  delivered: 10,
  last: 12,
  epoch: 'epoch-1',
  isRestored: false,
  missed: 0,
  history: 0,
  dropped: [],
};

const verifying = (identity: Identity | undefined) => ({ verify: async () => identity });
const claiming = { claim: async () => claim };

const welcome = {
  type: 'welcome',
  v: 1,
  user: 'alice',
  session: 'session-1',
  epoch: 'epoch-1',
  delivered: 10,
  pending: 2,
  heartbeatMs: WIRE.heartbeatMs,
  idleMs: WIRE.idleMs,
  window: WIRE.window,
  maxBodyBytes: WIRE.maxBodyBytes,
  at: NOW,
};

describe('a login that fails', () => {
  test('a login with another version is closed before the token is verified', async () => {
    assert.deepEqual(await login({ ...frame, v: 2 }, session, deps()), { close: 'unsupported-version' });
  });

  test('a login with a wrong token is refused and closed, and claims no mailbox (R3, R6)', async () => {
    assert.deepEqual(await login(frame, session, deps({ accounts: verifying(undefined) })), {
      replies: [errorFrame('unauthorized')],
      close: 'unauthorized',
    });
  });

  test('a login in mode operate without the role is closed as forbidden, because the token is right', async () => {
    assert.deepEqual(await login({ ...frame, mode: 'operate' }, session, deps({ accounts: verifying(alice) })), {
      replies: [errorFrame('forbidden')],
      close: 'forbidden',
    });
  });
});

describe('a login that succeeds', () => {
  for (const mode of [undefined, 'chat'] as const) {
    test(`a login in mode ${mode ?? 'default'} claims the mailbox, ends older sessions (R6) and starts to push the backlog (R5)`, async () => {
      const given = mode === undefined ? frame : { ...frame, mode };
      assert.deepEqual(await login(given, session, deps({ accounts: verifying(alice), store: claiming })), {
        replies: [{ ...welcome, device: 'main' }],
        auth: {
          ...{ identity: alice, mode: 'chat', device: 'main', copies: false, session: 'session-1', fence: 4 },
          sender: { generation: alice.generation, fence: 4 },
        },
        claim,
        notices: [
          { user: 'alice', notice: { type: 'takeover', device: 'main', fence: 4 } },
          { user: 'alice', notice: { type: 'nudge' } },
        ],
      });
    });
  }

  for (const [mode, identity] of [
    ['send', alice],
    ['send', operator],
    ['operate', operator],
  ] as const) {
    test(`a login in mode ${mode} with role ${identity.role} claims no mailbox and ends no session`, async () => {
      assert.deepEqual(await login({ ...frame, mode }, session, deps({ accounts: verifying(identity) })), {
        replies: [{ ...welcome, delivered: 0, pending: 0 }],
        auth: {
          ...{ identity, mode, device: 'main', copies: false, session: 'session-1', fence: 0 },
          sender: { generation: identity.generation },
        },
      });
    });
  }

  test('a login claims for its device, and learns how many messages that missed', async () => {
    const claimed: unknown[] = [];
    const store = {
      claim: async (...given: unknown[]) => {
        claimed.push(given);
        return { ...claim, missed: 3 };
      },
    };
    const outcome = await login({ ...frame, device: 'phone' }, session, deps({ accounts: verifying(alice), store }));
    assert.deepEqual(claimed, [
      ['alice', { device: 'phone', last: undefined, copies: false, history: undefined, isGone: session.isGone }],
    ]);
    assert.deepEqual(outcome.replies, [{ ...welcome, device: 'phone', missed: 3 }]);
    assert.deepEqual(outcome.notices?.[0]?.notice, { type: 'takeover', device: 'phone', fence: 4 });
  });

  test('a login in mode send claims its outbox, and ends older sessions of that (R16)', async () => {
    const claimed: unknown[] = [];
    const store = {
      claimOutbox: async (...given: unknown[]) => {
        claimed.push(given);
        return 7;
      },
    };
    const given = { ...frame, mode: 'send', outbox: 'cron' } as const;
    const { auth, notices } = await login(given, session, deps({ accounts: verifying(alice), store }));
    assert.deepEqual(claimed, [['alice', 'cron', session.isGone]]);
    assert.deepEqual(auth?.sender, { generation: alice.generation, fence: 7, outbox: 'cron' });
    assert.deepEqual(notices, [{ user: 'alice', notice: { type: 'outbox-takeover', outbox: 'cron', fence: 7 } }]);
  });

  test('a device too many is refused', async () => {
    const store = { claim: () => Promise.reject(new TooManyDevices('full')) };
    const outcome = await login({ ...frame, device: 'phone' }, session, deps({ accounts: verifying(alice), store }));
    assert.deepEqual(outcome, { close: 'too-many-devices' });
  });

  test('a login keeps the agent of the client, for the log', async () => {
    const { auth } = await login(
      { ...frame, mode: 'send', agent: 'im/0.1.0' },
      session,
      deps({ accounts: verifying(alice) }),
    );
    assert.deepEqual(auth, {
      ...{ identity: alice, mode: 'send', device: 'main', copies: false, session: 'session-1' },
      ...{ fence: 0, sender: { generation: alice.generation }, agent: 'im/0.1.0' },
    });
  });

  test('the mailbox is claimed only after the identity is verified (R6)', async () => {
    const order: string[] = [];
    const { promise, resolve } = deferred<Identity>();
    const outcome = login(
      frame,
      session,
      deps({
        accounts: { verify: () => promise },
        store: {
          claim: async () => {
            order.push('claimed');
            return claim;
          },
        },
      }),
    );
    await new Promise(setImmediate);
    order.push('verified');
    resolve(alice);
    await outcome;
    assert.deepEqual(order, ['verified', 'claimed']);
  });
});
