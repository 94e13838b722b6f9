/** What the server needs from outside. The commands and the tests choose the implementations. */
import type { Accounts } from '../accounts/accounts.js';
import type { Clock } from '../io/clock.js';
import type { Log } from '../io/log.js';
import type { Store } from '../store/store.js';
import type { Metrics } from './metrics.js';
import type { Bus } from './session-bus.js';
import type { SessionRegistry } from './session-registry.js';

/** Everything that a handler may use: no socket, no clock, no file. */
export interface HandlerDependencies {
  readonly store: Store;
  readonly accounts: Accounts;
  readonly bus: Pick<Bus, 'presence'>;
}

/** Everything that a connection may use. */
export interface ServerDependencies extends HandlerDependencies {
  readonly bus: Bus;
  readonly sessions: SessionRegistry;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}
