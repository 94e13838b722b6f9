/** A server on a database, in this process, wired as `im serve` wires it. */
import type { Accounts } from '../../src/accounts/accounts.js';
import { openServedDatabase } from '../../src/cli/serve/served-database.js';
import { systemClock as clock } from '../../src/io/clock.js';
import { silentLog as log } from '../../src/io/log.js';
import { listenWs } from '../../src/io/ws-server.js';
import { Metrics } from '../../src/server/metrics.js';
import { startServer } from '../../src/server/server.js';

export interface DatabaseServer {
  readonly url: string;
  readonly accounts: Accounts;
  close(): Promise<void>;
}

/** Resolves when it listens, on a free port of 127.0.0.1. */
export async function serveDatabase(address: string): Promise<DatabaseServer> {
  process.env.IM_DATABASE_URL = address; // an address with a password must come from there
  const served = await openServedDatabase({
    address,
    isSingleNode: true,
    limits: {},
    onCommit: () => {},
    clock,
    log,
    version: '0.0.0',
  });
  const { store, accounts, bus } = served;
  const listen: Parameters<typeof startServer>[0]['listen'] = (accept, acceptRequest) =>
    listenWs({ host: '127.0.0.1', port: 0, acceptRequest }, accept);
  const server = await startServer({ store, accounts, bus, clock, log, metrics: new Metrics(), listen });
  return {
    url: server.url,
    accounts,
    close: async () => {
      await server.close();
      await served.close();
    },
  };
}
