/** The lines that line mode prints for events: text for people, objects for programs. Pure. */
import type { ClientEvent, IncomingMessage } from '../../client/events.js';
import { inline, type SafeText } from '../../text/safe-text.js';
import type { Texts } from '../../tui/texts/en.js';
import { formatDuration } from '../output/duration.js';
import { formatMinute } from '../output/timestamps.js';

type EventOf<T extends ClientEvent['type']> = Extract<ClientEvent, { readonly type: T }>;

/** A message that is older than this is printed with the time at which it was stored. */
const RECENT_MS = 60_000;

/** `bob: `, or `bob (2026-01-31 14:03): ` for a message that had to wait, or is history. */
export function lineHeading(message: IncomingMessage, now: number, { line }: Texts): SafeText {
  const from = inline(message.from);
  const to = message.to === undefined ? undefined : inline(message.to);
  if (message.replay !== undefined) return to === undefined ? line.replayFrom(from) : line.toPeer(to);
  if (now - message.at < RECENT_MS) return to === undefined ? line.from(from) : line.toPeer(to);
  const minute = formatMinute(message.at);
  return to === undefined ? line.fromAt(from, minute) : line.toPeerAt(to, minute);
}

/** `stored 3 for bob`. @param number identifies an own message: people do not see ids. @param delay why it stays queued. */
export function stateText(
  { state, to, refusal }: EventOf<'state'>,
  number: number,
  { line, reasons }: Texts,
  delay?: SafeText,
): SafeText {
  const why = delay ?? (refusal && reasons.refusal(refusal.message));
  return line.state(state, number, inline(to), why);
}

export const onlineText = (user: string, { welcome: { pending } }: EventOf<'online'>, { line }: Texts): SafeText =>
  line.online(inline(user), pending);

export function offlineText({ retryInMs, ...loss }: EventOf<'offline'>, { line, reasons }: Texts): SafeText {
  const wait = retryInMs === 0 ? undefined : inline(formatDuration(Math.ceil(retryInMs / 1000) * 1000));
  return line.offline(reasons.offline(loss), reasons.advice(loss), wait);
}

/** An event as `--json` prints it. Undefined for messages, which `show` prints, and for events that programs do not need. */
export function eventObject(event: ClientEvent, user: string): object | undefined {
  switch (event.type) {
    case 'online':
      return { event: 'online', user, pending: event.welcome.pending };
    case 'offline':
      return { event: 'offline', reason: event.reason, detail: event.detail, retryInMs: event.retryInMs };
    case 'state': {
      const { to, id, state, duplicate, refusal } = event;
      return {
        event: 'state',
        to,
        id,
        state,
        ...(duplicate && { duplicate }),
        ...(refusal && { error: refusal.code }),
      };
    }
    case 'locked':
      return { event: 'locked', holder: event.holder };
    case 'new-epoch':
      return { event: 'new-epoch', epoch: event.epoch, previous: event.previous };
    case 'missed':
      return { event: 'missed', count: event.count };
    case 'ended':
      return { event: 'ended', reason: event.reason };
    case 'caught-up':
    case 'connecting':
    case 'history':
    case 'read':
    case 'opened':
    case 'message':
      return undefined;
  }
}
