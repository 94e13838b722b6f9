/** The type of a handler: a function from a frame, its session and the dependencies to an outcome. It has no socket and no clock. */
import type { ClientFrameOf, ClientFrameType } from '../protocol/frame-catalogue.js';
import type { PushTrail } from '../store/store.js';
import type { HandlerDependencies } from './dependencies.js';
import type { Outcome } from './handler-outcome.js';
import type { AuthenticatedUser } from './session-rules.js';

/** The state of the session when the frame is handled. */
export interface SessionView {
  readonly auth: AuthenticatedUser;
  /** The highest seq that was pushed in this session. */
  readonly pushed: number;
  /** The highest seq that is acked. */
  readonly acked: number;
  /** When the unacked messages were pushed; see DeliveryWindow. Only valid until the handler first awaits. */
  readonly pushes: PushTrail['pushes'];
  /** The server's time, ms since 1970. */
  readonly now: number;
}

/** Rejects with StoreUnavailable or AccountsUnavailable when nothing can be written now; else for a bug or a broken store. */
export type Handler<T extends ClientFrameType> = (
  frame: ClientFrameOf<T>,
  session: SessionView,
  deps: HandlerDependencies,
) => Outcome | Promise<Outcome>;
