/** What a handler is: a frame, the session it came on and the ports, in; an outcome, out. It knows no socket and no clock. */
import type { ClientFrameOf, ClientFrameType } from '../protocol/frame-catalogue.js';
import type { PushTrail } from '../store/store.js';
import type { HandlerDependencies } from './dependencies.js';
import type { Outcome } from './handler-outcome.js';
import type { AuthenticatedUser } from './session-rules.js';

/** The session as a handler sees it, at the moment the frame is handled. */
export interface SessionView {
  readonly auth: AuthenticatedUser;
  /** The highest seq that was pushed in this session, and the highest that is settled. */
  readonly pushed: number;
  readonly settled: number;
  /** When what is unacked was pushed; see DeliveryWindow. Good until the handler first waits. */
  readonly turns: PushTrail['pushes'];
  /** The server's time, ms since 1970. */
  readonly now: number;
}

export type Handler<T extends ClientFrameType> = (
  frame: ClientFrameOf<T>,
  session: SessionView,
  ports: HandlerDependencies,
) => Outcome | Promise<Outcome>;
