/**
 * The server under test: one in this process, or, with IM_CONFORMANCE_URL, any other. That one must have the users alice, bob
 * and carol, and an operator named `operator`; their tokens are in IM_CONFORMANCE_TOKEN_ALICE and so on.
 * `npm test -- conformance` runs the suite.
 */
import { randomUUID } from 'node:crypto';
import { systemClock } from '../../src/io/clock.js';
import { silentLog } from '../../src/io/log.js';
import { listenWs } from '../../src/io/ws-server.js';
import { Metrics } from '../../src/server/metrics.js';
import { startServer } from '../../src/server/server.js';
import { localBus } from '../../src/server/session-bus.js';
import { memoryAccounts, tokenOf } from '../harness/memory-accounts.js';
import { MemoryStore } from '../harness/memory-store.js';

export interface Target {
  readonly url: string;
  readonly tokenOf: (user: string) => string;
  /** A token of the user that is like a real one. */
  readonly realTokenOf: (user: string) => Promise<string>;
  close(): Promise<void>;
}

export async function openTarget(): Promise<Target> {
  const { IM_CONFORMANCE_URL: url } = process.env;
  if (url !== undefined) {
    return { url, tokenOf: givenTokenOf, realTokenOf: async (user) => givenTokenOf(user), close: async () => {} };
  }

  const store = new MemoryStore({ clock: systemClock });
  const tokens = new Map<string, string>();
  const accounts = memoryAccounts('alice', 'bob', 'carol', 'operator');
  const server = await startServer({
    store,
    accounts,
    bus: localBus(),
    clock: systemClock,
    log: silentLog,
    metrics: new Metrics(),
    listen: (accept, acceptRequest) => listenWs({ host: '127.0.0.1', port: 0, acceptRequest }, accept),
  });
  return {
    url: server.url,
    tokenOf,
    async realTokenOf(user) {
      const token = tokens.get(user) ?? (await accounts.addToken(user, 'real', 1)).token;
      tokens.set(user, token);
      return token;
    },
    close: async () => {
      await server.close();
      await store.close();
    },
  };
}

function givenTokenOf(user: string): string {
  const name = `IM_CONFORMANCE_TOKEN_${user.toUpperCase()}`;
  const token = process.env[name];
  if (token === undefined) throw new Error(`${name} is not set`);
  return token;
}

/** An id that no earlier run has used. */
export const freshId = (name = 'm'): string => `${name}-${randomUUID()}`;
