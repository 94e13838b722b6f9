/** The lines that line mode prints for events: text for people, objects for programs. Pure. */
import type { ClientEvent, IncomingMessage } from '../../client/events.js';
import { certificateAdvice, offlineReason } from '../../client/offline-reason.js';
import { inline, type SafeText, safe } from '../../text/safe-text.js';
import { formatDuration } from '../output/duration.js';
import { headingOf } from '../output/message-text.js';
import { formatMinute } from '../output/timestamps.js';

type EventOf<T extends ClientEvent['type']> = Extract<ClientEvent, { readonly type: T }>;

/** A message that is older than this is printed with the time at which it was stored. */
const RECENT_MS = 60_000;

/** `bob: `, or `bob (2026-01-31 14:03): ` for a message that had to wait, or is history. */
export function lineHeading(message: IncomingMessage, now: number): SafeText {
  if (message.replay !== undefined || now - message.at < RECENT_MS) return headingOf(message);
  const who = message.to === undefined ? inline(message.from) : safe`you to ${inline(message.to)}`;
  return safe`${who} (${formatMinute(message.at)}): `;
}

/** `stored 3 for bob`. @param number identifies an own message: people do not see ids. @param delay why it stays queued. */
export function stateText({ state, to, refusal }: EventOf<'state'>, number: number, delay?: string): SafeText {
  const why = delay ?? refusal?.message;
  const reason = why === undefined ? safe`` : safe`: ${inline(why)}`;
  const preposition = state === 'stored' || state === 'queued' ? safe`for` : safe`to`;
  return safe`${inline(state)} ${number} ${preposition} ${inline(to)}${reason}`;
}

export function onlineText(user: string, { welcome: { pending } }: EventOf<'online'>): SafeText {
  return pending === 0 ? safe`online as ${inline(user)}` : safe`online as ${inline(user)}, ${pending} waiting`;
}

export function offlineText({ retryInMs, ...loss }: EventOf<'offline'>): SafeText {
  const when = retryInMs === 0 ? 'now' : `in ${formatDuration(Math.ceil(retryInMs / 1000) * 1000)}`;
  const advice = certificateAdvice(loss.detail);
  const attempt = safe`next attempt ${inline(when)}`;
  return safe`offline: ${inline(offlineReason(loss))}; ${advice === undefined ? attempt : safe`${inline(advice)}; ${attempt}`}`;
}

/** For the end: own messages that the server has not stored yet, and how to send them. */
export const queuedText = (count: number, user: string): SafeText =>
  count === 1
    ? safe`1 message is queued; im connect ${inline(user)} sends it`
    : safe`${count} messages are queued; im connect ${inline(user)} sends them`;

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
