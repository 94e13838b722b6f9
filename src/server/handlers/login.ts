/** R3 to R6: verifies the user and the token, and claims the mailbox. The only handler that runs before login. */
import { errorFrame } from '../../protocol/error-frames.js';
import type { ClientFrameOf } from '../../protocol/frame-catalogue.js';
import type { Mode } from '../../protocol/frames/login.js';
import type { Welcome } from '../../protocol/frames/welcome.js';
import { WIRE } from '../../protocol/limits.js';
import type { Claim } from '../../store/store.js';
import { type HandlerDependencies, NUDGE, type Outcome } from '../handler.js';

const NO_MAILBOX = { fence: 0, delivered: 0, last: 0, isRestored: false };

/** @param session the id that the session gets if the login succeeds, and the server's time in ms since 1970. */
export async function login(
  frame: ClientFrameOf<'login'>,
  { session, now }: { readonly session: string; readonly now: number },
  { store, accounts }: HandlerDependencies,
): Promise<Outcome> {
  if (frame.v !== 1) return { close: 'unsupported-version' };

  const identity = await accounts.verify(frame.user, frame.token);
  if (identity === undefined) return { replies: [errorFrame('unauthorized')], close: 'unauthorized' }; // R3

  const mode: Mode = frame.mode ?? 'chat';
  if (mode === 'operate' && identity.role !== 'operator') {
    return { replies: [errorFrame('forbidden')], close: 'forbidden' }; // the token is right: not `unauthorized`
  }

  // R6: an older session loses the mailbox only now that the newer one is authenticated.
  const claim: Claim =
    mode === 'chat' ? await store.claim(frame.user, frame.last) : { ...NO_MAILBOX, epoch: store.epoch };
  const welcome: Welcome = {
    type: 'welcome',
    v: 1,
    user: frame.user,
    session,
    epoch: claim.epoch,
    delivered: claim.delivered,
    pending: claim.last - claim.delivered,
    heartbeatMs: WIRE.heartbeatMs,
    idleMs: WIRE.idleMs,
    window: WIRE.window,
    maxBodyBytes: WIRE.maxBodyBytes,
    at: now,
  };
  const outcome: Outcome = {
    replies: [welcome],
    auth: {
      identity,
      mode,
      session,
      fence: claim.fence,
      ...(frame.agent !== undefined && { agent: frame.agent }),
    },
  };
  if (mode !== 'chat') return outcome;
  return {
    ...outcome,
    claim,
    notices: [
      { user: frame.user, notice: { type: 'takeover', fence: claim.fence } }, // R6
      { user: frame.user, notice: NUDGE }, // R5
    ],
  };
}
