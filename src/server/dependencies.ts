/** What a connection needs from outside. The commands and the tests choose the implementations. */
import type { Clock } from '../io/clock.js';
import type { Log } from '../io/log.js';
import type { HandlerDependencies } from './handler.js';
import type { LoginGuard } from './login-guard.js';
import type { Metrics } from './metrics.js';
import type { OwnReads } from './own-reads.js';
import type { Places } from './places.js';
import type { Rates } from './rates.js';
import type { Bus } from './session-bus.js';
import type { SessionRegistry } from './session-registry.js';
import type { Turns } from './turns.js';

export interface ServerDependencies extends HandlerDependencies {
  readonly bus: Bus;
  readonly ownReads: OwnReads;
  readonly sessions: SessionRegistry;
  readonly places: Places;
  readonly guard: LoginGuard;
  readonly turns: Turns;
  readonly rates: Rates;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}
