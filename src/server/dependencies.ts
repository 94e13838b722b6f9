/** What the server works with. Chosen by the composition roots: the commands, and the tests. */
import type { Accounts } from '../accounts/accounts.js';
import type { Clock } from '../io/clock.js';
import type { Log } from '../io/log.js';
import type { Store } from '../store/store.js';
import type { Metrics } from './metrics.js';
import type { Bus } from './session-bus.js';
import type { SessionRegistry } from './session-registry.js';

/** All that a handler may reach: no socket, no clock, no file. */
export interface HandlerDependencies {
  readonly store: Store;
  readonly accounts: Accounts;
  readonly bus: Pick<Bus, 'presence'>;
}

/** All that a connection may reach. */
export interface ServerDependencies extends HandlerDependencies {
  readonly bus: Bus;
  readonly sessions: SessionRegistry;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}
