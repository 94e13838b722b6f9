/** R3 to R6: verifies the user and the token, and claims the mailbox. The only handler that runs before login. */
import type { Identity } from '../../accounts/accounts.js';
import type { CloseReason } from '../../protocol/close-codes.js';
import { errorFrame } from '../../protocol/error-frames.js';
import type { ClientFrameOf } from '../../protocol/frame-catalogue.js';
import { MAIN_DEVICE, type Mode } from '../../protocol/frames/login.js';
import type { Welcome } from '../../protocol/frames/welcome.js';
import { WIRE } from '../../protocol/limits.js';
import { type Claim, type Claimant, type Store, TooManyDevices } from '../../store/store.js';
import { type HandlerDependencies, NUDGE, type Outcome } from '../handler.js';

const NO_MAILBOX = { fence: 0, delivered: 0, missed: 0, history: 0, last: 0, isRestored: false, dropped: [] };

export interface Entrance {
  /** The id that the session gets if the login succeeds. */
  readonly session: string;
  /** The server's time, ms since 1970. */
  readonly now: number;
  /** Whether the connection is closed by now. */
  isGone(): boolean;
  /** Called when the token is right, before anything else happens. Returns why there is no place for the session. */
  admit(identity: Identity, login: { readonly mode: Mode; readonly device: string }): CloseReason | undefined;
}

export async function login(
  frame: ClientFrameOf<'login'>,
  { session, now, isGone, admit }: Entrance,
  { store, accounts }: HandlerDependencies,
): Promise<Outcome> {
  if (frame.v !== 1) return { close: 'unsupported-version' };

  const identity = await accounts.verify(frame.user, frame.token, now);
  if (identity === undefined) return { replies: [errorFrame('unauthorized')], close: 'unauthorized' }; // R3

  const { user, device = MAIN_DEVICE, mode = 'chat', last, copies = false, history } = frame;
  const refusal = admit(identity, { mode, device });
  if (refusal !== undefined) return { close: refusal };
  if (mode === 'operate' && identity.role !== 'operator') {
    return { replies: [errorFrame('forbidden')], close: 'forbidden' }; // the token is right: not `unauthorized`
  }

  // R6: an older session of the device loses the mailbox only now that the newer one is authenticated.
  const claim =
    mode === 'chat'
      ? await claimUnlessTooMany(store, user, { device, last, copies, history, isGone })
      : { ...NO_MAILBOX, epoch: store.epoch };
  if (claim === undefined) return { close: 'too-many-devices' };
  const outbox = mode === 'send' ? frame.outbox : undefined;
  const fence = outbox === undefined ? claim.fence : await store.claimOutbox(user, outbox, isGone);
  const welcome: Welcome = {
    type: 'welcome',
    v: 1,
    user,
    session,
    epoch: claim.epoch,
    delivered: claim.delivered,
    ...(mode === 'chat' && { device }),
    ...(claim.missed > 0 && { missed: claim.missed }),
    ...(claim.history > 0 && { history: claim.history }),
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
      device,
      copies,
      session,
      fence: claim.fence,
      sender: { generation: identity.generation, ...(fence > 0 && { fence }), ...(outbox !== undefined && { outbox }) },
      ...(frame.agent !== undefined && { agent: frame.agent }),
    },
  };
  if (outbox !== undefined)
    return { ...outcome, notices: [{ user, notice: { type: 'outbox-takeover', outbox, fence } }] };
  if (mode !== 'chat') return outcome;
  return {
    ...outcome,
    claim,
    notices: [
      { user, notice: { type: 'takeover', device, fence: claim.fence } }, // R6
      { user, notice: NUDGE }, // R5
    ],
  };
}

async function claimUnlessTooMany(store: Store, user: string, claimant: Claimant): Promise<Claim | undefined> {
  try {
    return await store.claim(user, claimant);
  } catch (error) {
    if (error instanceof TooManyDevices) return undefined;
    throw error;
  }
}
