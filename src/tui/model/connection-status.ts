/** The state of the connection for the status line, derived from client events. Pure. */
import type { ClientEvent } from '../../client/client.js';
import { offlineReason } from '../../client/offline-reason.js';

export type ConnectionStatus =
  | { readonly state: 'connecting' }
  | { readonly state: 'online' }
  /** `retryAt`: start of the next attempt, in ms of the clock that was passed. `reason` is text for people. */
  | { readonly state: 'offline'; readonly reason: string; readonly retryAt: number }
  | { readonly state: 'ended'; readonly reason: string };

/** The status after an event; undefined when the event does not change it. */
export function connectionStatusAfter(event: ClientEvent, now: number): ConnectionStatus | undefined {
  switch (event.type) {
    case 'connecting':
      return { state: 'connecting' };
    case 'online':
      return { state: 'online' };
    case 'offline':
      return { state: 'offline', reason: offlineReason(event), retryAt: now + event.retryInMs };
    case 'ended':
      return { state: 'ended', reason: event.detail || event.reason };
    default:
      return undefined;
  }
}
