/** The server: accepts connections, looks at their deadlines once a second, and ends them in an orderly way. */
import { randomUUID } from 'node:crypto';
import type { Accept, Listener } from '../io/transport.js';
import type { CloseReason } from '../protocol/close-codes.js';
import { Connection } from './connection.js';
import type { ServerDependencies } from './dependencies.js';
import { SESSION } from './limits.js';
import { SessionRegistry } from './session-registry.js';

interface ServerOptions extends Omit<ServerDependencies, 'sessions'> {
  /** Opens the port; chosen by the caller (WebSocket, or memory in tests). */
  readonly listen: (accept: Accept) => Promise<Listener>;
  /** More connections are closed with 4003. Default SESSION.maxConnections. */
  readonly maxConnections?: number;
}

export interface Server {
  /** Where it listens, with the port that was picked. */
  readonly url: string;
  /**
   * Stops accepting, finishes what is being stored, says `bye` to everyone and closes. The store stays open: it is the
   * caller's. Resolves when every connection is gone. A second call changes nothing.
   */
  close(reason?: CloseReason): Promise<void>;
}

export async function startServer({
  listen,
  maxConnections = SESSION.maxConnections,
  ...given
}: ServerOptions): Promise<Server> {
  const ports: ServerDependencies = { ...given, sessions: new SessionRegistry(given.bus) };
  const { clock, accounts, bus, metrics } = ports;
  const connections = new Set<Connection>();
  let closing: Promise<void> | undefined;
  let emptied = (): void => undefined;

  accounts.onRevoked((users) => {
    for (const user of users) bus.publish(user, { type: 'revoked' });
  });

  const listener = await listen((transport, peer) => {
    const connection = new Connection(randomUUID(), transport, peer, ports, (gone) => {
      connections.delete(gone);
      metrics.connections = connections.size;
      if (connections.size === 0) emptied();
    });
    connections.add(connection);
    metrics.connections = connections.size;
    if (closing !== undefined) connection.close('shutdown');
    else if (connections.size > maxConnections) connection.close('too-many-connections');
    return connection;
  });

  const timer = clock.every(SESSION.tickMs, () => {
    const now = clock.monotonic();
    for (const connection of connections) connection.tick(now);
    metrics.users = ports.sessions.users;
  });

  async function close(reason: CloseReason): Promise<void> {
    listener.stopAccepting();
    let index = 0;
    for (const connection of connections) {
      // Clients come back one after the other, not all at once.
      connection.close(reason, Math.floor((index++ / connections.size) * SESSION.shutdownSpreadMs));
    }
    await listener.close();
    // A wire can be gone before what came on it is stored: the store must not be closed under it.
    await new Promise<void>((resolve) => {
      emptied = resolve;
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
