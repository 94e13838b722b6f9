/**
 * The server under test: one in this process, or, with IM_CONFORMANCE_URL, any other; or several that share users and messages,
 * their URLs separated by a space. They must have the users alice, bob and carol, and an operator named `operator`; their tokens
 * are in IM_CONFORMANCE_TOKEN_ALICE and so on. `npm test -- conformance` runs the suite.
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

/** The users that a server under test must have; the last one is an operator. */
export const USERS = ['alice', 'bob', 'carol', 'operator'] as const;

export interface Target {
  /** For the next connection: with several servers each in its turn. */
  readonly url: string;
  readonly tokenOf: (user: string) => string;
  /** A token of the user that is like a real one. */
  readonly realTokenOf: (user: string) => Promise<string>;
  close(): Promise<void>;
}

export async function openTarget(): Promise<Target> {
  const { IM_CONFORMANCE_URL: given } = process.env;
  if (given !== undefined) {
    const urls = given.split(' ');
    let turn = 0;
    return {
      get url() {
        return urls[turn++ % urls.length] as string;
      },
      tokenOf: givenTokenOf,
      realTokenOf: async (user) => givenTokenOf(user),
      close: async () => {},
    };
  }

  const store = new MemoryStore({ clock: systemClock });
  const tokens = new Map<string, string>();
  const accounts = memoryAccounts(...USERS);
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

/** The environment variable with the token of a user. */
export const tokenVariable = (user: string): string => `IM_CONFORMANCE_TOKEN_${user.toUpperCase()}`;

function givenTokenOf(user: string): string {
  const name = tokenVariable(user);
  const token = process.env[name];
  if (token === undefined) throw new Error(`${name} is not set`);
  return token;
}

/** An id that no earlier run has used. */
export const freshId = (name = 'm'): string => `${name}-${randomUUID()}`;
