/** Fake dependencies and sessions for the tests of handlers. A call that a test does not expect fails it. */
import assert from 'node:assert/strict';
import type { Accounts } from '../../../src/accounts/accounts.js';
import type { Role } from '../../../src/protocol/frames/account.js';
import type { Mode } from '../../../src/protocol/frames/login.js';
import type { HandlerDependencies, SessionView } from '../../../src/server/handler.js';
import type { Store } from '../../../src/store/store.js';

export const NOW = Date.UTC(2030, 0, 1);

/** The methods given, and no others. */
function only<T extends object>(interfaceName: string, given: Partial<T>): T {
  return new Proxy(given as T, {
    get(target, name) {
      if (Reflect.has(target, name)) return Reflect.get(target, name);
      // A fake may be awaited or printed without being called.
      if (typeof name === 'symbol' || name === 'then') return undefined;
      return () => assert.fail(`${interfaceName}.${name} was called`);
    },
  });
}

/** Users alice and bob exist, all may write to them, and every identity is current, unless `given` overrides it. */
export function deps(
  given: { store?: Partial<Store>; accounts?: Partial<Accounts>; bus?: Partial<HandlerDependencies['bus']> } = {},
): HandlerDependencies {
  const users = new Set(['alice', 'bob']);
  return {
    store: only<Store>('store', { epoch: 'epoch-1', ...given.store }),
    accounts: only<Accounts>('accounts', {
      isCurrent: () => true,
      mayExist: (user) => users.has(user),
      find: async (names) => names.filter((user) => users.has(user)).map((user) => ({ user, role: 'user', at: 1 })),
      maySend: () => true,
      ...given.accounts,
    }),
    bus: only<HandlerDependencies['bus']>('bus', { ...given.bus }),
    ownReads: { run: (_, read) => read() },
  };
}

/** Dependencies in which the session's identity is revoked. Any other call fails the test. */
export const revokedDeps = (): HandlerDependencies => deps({ accounts: { isCurrent: () => false } });

/** A session of alice, as a handler sees it. */
export function sessionOf(
  given: Partial<SessionView> & { mode?: Mode; fence?: number; role?: Role } = {},
): SessionView {
  const { mode = 'chat', fence = 3, role = 'user', ...rest } = given;
  return {
    auth: {
      identity: { user: 'alice', role, generation: 1 },
      mode,
      device: 'main',
      copies: false,
      session: 'session-1',
      fence,
      sender: { generation: 1, fence },
    },
    pushed: 0,
    acked: 0,
    pushes: [],
    now: NOW,
    ...rest,
  };
}
