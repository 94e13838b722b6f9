/** `im listen`: shows messages until enough have arrived, time is up, or a signal. */
import { type Client, type IncomingMessage, missedText, NEW_EPOCH_TEXT } from '../../client/api/client.js';
import type { Clock } from '../../io/clock.js';
import { inline, plural, safe } from '../../text/safe-text.js';
import { EN } from '../../tui/texts/en.js';
import { offlineText, onlineText } from '../connect/line-text.js';
import { chatFailure } from '../errors/client-failure.js';
import type { Exit } from '../errors/exit-codes.js';
import { Failure } from '../errors/failure.js';
import { formatDuration } from '../output/duration.js';
import type { Output } from '../output/output.js';
import type { UnmatchedMessages } from './unmatched-messages.js';

interface ListenJob {
  readonly user: string;
  readonly device: string;
  /**
   * Prints messages, or runs a command for each. Resolves with how many that were: an earlier process may have shown some already.
   * An error ends the client, and none of them is acked. `stopping` resolves when the client ends: what is being shown should
   * end soon.
   */
  readonly show: (messages: readonly IncomingMessage[], stopping: Promise<void>) => Promise<number>;
  /** The largest number of messages in one call of `show`. */
  readonly maxBatch?: number | undefined;
  /** Show only messages of these senders. `unmatched` keeps the others; undefined: they are left to the user's other devices. */
  readonly only?: { readonly from: readonly string[]; readonly unmatched: UnmatchedMessages | undefined } | undefined;
  /** End after this many messages were shown. */
  readonly count?: number | undefined;
  /** End when everything was shown that waited at the login. Then `count` is only a limit. */
  readonly drain?: boolean | undefined;
  /** End after this time. A failure if `count` is not reached then, or not all is shown with `drain`, or the server never was reached. */
  readonly timeoutMs?: number | undefined;
}

const NEVER = Number.POSITIVE_INFINITY;

/** As in ClientOptions. */
export interface BatchHandler {
  readonly onMessages: (messages: readonly IncomingMessage[]) => Promise<void>;
  readonly maxBatch: () => number;
}

interface ListenPorts {
  readonly output: Output;
  readonly clock: Clock;
  readonly signal: Promise<Exit>;
}

/**
 * Resolves when the client has ended, with the acks of the shown messages sent.
 * @param connect starts the client.
 * @throws Failure
 */
export async function listen(
  { user, device, show, maxBatch = NEVER, only, count, drain = false, timeoutMs }: ListenJob,
  { output, clock, signal }: ListenPorts,
  connect: (handler: BatchHandler) => Client,
): Promise<Exit> {
  let shown = 0;
  let kept = 0;
  let reason: Exit | 'counted' | 'drained' | 'timeout' | undefined;
  let noteStopping = (): void => undefined;
  const stopping = new Promise<void>((resolve) => {
    noteStopping = resolve;
  });

  const stop = (because: typeof reason): void => {
    reason ??= because;
    noteStopping();
    client.close();
  };
  const onMessages = async (messages: readonly IncomingMessage[]): Promise<void> => {
    const matching = only ? messages.filter(({ from }) => only.from.includes(from)) : messages;
    if (matching.length > 0) shown += await show(matching, stopping);
    if (only && matching.length < messages.length) {
      for (const message of messages)
        if (!matching.includes(message) && (await only.unmatched?.keep(message))) kept += 1;
    }
    if (shown === count) stop('counted');
  };
  // No further messages than are still to be shown.
  const client = connect({ onMessages, maxBatch: () => Math.min(maxBatch, (count ?? NEVER) - shown) });
  let wasOnline = false;
  let isLost = false;
  client.subscribe((event) => {
    if (event.type === 'online') {
      if (isLost) output.note(onlineText(user, event, EN));
      wasOnline = true;
      isLost = false;
    } else if (event.type === 'offline') {
      if (!isLost) output.note(offlineText(event, EN)); // not each failed attempt
      isLost = true;
    } else if (event.type === 'new-epoch') output.note(inline(NEW_EPOCH_TEXT));
    else if (event.type === 'caught-up' && drain) stop('drained');
    else if (event.type === 'ended') noteStopping();
    else if (event.type === 'missed') output.note(inline(missedText(event.count)));
  });
  const timer = timeoutMs === undefined ? undefined : clock.after(timeoutMs, () => stop('timeout'));
  signal.then(stop);

  const end = await client.ended;
  timer?.cancel();
  if (kept > 0)
    output.note(safe`kept ${plural(kept, 'unread message')} from others; to read: im connect ${inline(user)}`);
  if (reason === undefined) throw chatFailure(end, user, device);
  if (reason !== 'timeout') return reason === 'counted' || reason === 'drained' ? 'done' : reason;
  const time = formatDuration(timeoutMs ?? 0);
  if (!wasOnline) {
    throw new Failure('not-stored', `the server was not reached within ${time}`, {
      next: 'to find out why: im doctor',
    });
  }
  if (drain) {
    throw new Failure('not-stored', `received ${plural(shown, 'message')} within ${time}, and not all that waited`, {
      next: 'nothing is lost: run it again',
    });
  }
  if (count !== undefined) {
    throw new Failure('not-stored', `received ${shown} of ${plural(count, 'message')} within ${time}`);
  }
  return 'done';
}
