/** The server: accepts connections, checks their deadlines once a second, and closes them at shutdown. */
import { randomUUID } from 'node:crypto';
import type { AcceptRequest } from '../io/http-exchange.js';
import type { Accept, Listener } from '../io/transport.js';
import type { CloseReason } from '../protocol/close-codes.js';
import { Connection } from './connection.js';
import type { ServerDependencies } from './dependencies.js';
import { HttpMessages } from './http/http-messages.js';
import { LOGIN, SESSION } from './limits.js';
import { LoginGuard } from './login-guard.js';
import { OwnReads } from './own-reads.js';
import { type PlaceLimits, Places, shareOfOneUser } from './places.js';
import { type RateLimits, Rates } from './rates.js';
import { SessionRegistry } from './session-registry.js';
import { Turns } from './turns.js';

interface ServerOptions
  extends Omit<ServerDependencies, 'sessions' | 'places' | 'guard' | 'turns' | 'rates' | 'ownReads'>,
    Partial<PlaceLimits> {
  /** Default: one with the numbers of LOGIN. */
  readonly guard?: LoginGuard;
  /** Default: no limits. */
  readonly rateLimits?: RateLimits | undefined;
  /** Starts to listen: WebSocket and HTTP, or connections in memory in tests. */
  readonly listen: (accept: Accept, acceptRequest: AcceptRequest) => Promise<Listener>;
}

export interface Server {
  /** The address it listens on, with the port that the system chose. */
  readonly url: string;
  /**
   * Stops accepting, answers all pending frames, sends `bye` to every client and closes the connections. The store stays
   * open: the caller closes it. Resolves when every connection is closed. A second call only waits for the first.
   */
  close(reason?: CloseReason): Promise<void>;
}

/** Starts a server. Rejects with the error of `listen`. */
export async function startServer({
  listen,
  maxConnections = SESSION.maxConnections,
  maxSessionsPerUser = shareOfOneUser(maxConnections),
  guard = new LoginGuard(LOGIN),
  rateLimits,
  ...options
}: ServerOptions): Promise<Server> {
  const places = new Places({ maxConnections, maxSessionsPerUser });
  const deps: ServerDependencies = {
    ...options,
    sessions: new SessionRegistry(options.bus),
    places,
    guard,
    turns: new Turns(options.clock),
    rates: new Rates(rateLimits),
    ownReads: new OwnReads(options.clock),
  };
  const { clock, accounts, bus, metrics } = deps;
  const connections = new Set<Connection>();
  const messages = new HttpMessages(deps);
  let closing: Promise<void> | undefined;
  let allClosed = (): void => undefined;

  accounts.onRevoked((users) => {
    for (const user of users) bus.publish(user, { type: 'revoked' });
  });

  const gone = (connection: Connection): void => {
    connections.delete(connection);
    metrics.connections = connections.size;
    if (connections.size === 0) allClosed();
  };
  const listener = await listen(
    (transport, peer) => {
      const connection = new Connection(randomUUID(), transport, peer, deps, gone);
      connections.add(connection);
      metrics.connections = connections.size;
      if (closing !== undefined) connection.close('shutdown');
      return connection;
    },
    (exchange) => messages.accept(exchange),
  );

  const timer = clock.every(SESSION.tickMs, () => {
    const now = clock.monotonic();
    for (const connection of connections) connection.tick(now);
    guard.tick(now);
    metrics.sessions = places.taken;
    metrics.users = deps.sessions.userCount;
  });

  async function close(reason: CloseReason): Promise<void> {
    listener.stopAccepting();
    deps.ownReads.stop();
    let index = 0;
    for (const connection of connections) {
      // Spreads the reconnects of the clients.
      connection.close(reason, Math.floor((index++ / connections.size) * SESSION.shutdownSpreadMs));
    }
    await messages.close();
    await listener.close();
    // A transport may close before its messages are stored. The caller must not close the store until they are.
    await new Promise<void>((resolve) => {
      allClosed = resolve;
      if (connections.size === 0) resolve();
    });
    timer.cancel();
  }

  return {
    url: listener.url,
    close: (reason = 'shutdown') => {
      closing ??= close(reason);
      return closing;
    },
  };
}
