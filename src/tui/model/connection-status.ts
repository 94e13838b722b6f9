/** What is known of the connection, for the status line: events of the client in, one state out. Pure. */
import type { ClientEvent } from '../../client/client.js';
import { offlineReason } from '../../client/offline-reason.js';

export type ConnectionStatus =
  | { readonly state: 'connecting' }
  | { readonly state: 'online' }
  /** `retryAt`: when the next attempt begins, ms of the clock that was given. `why` is for people. */
  | { readonly state: 'offline'; readonly why: string; readonly retryAt: number }
  | { readonly state: 'ended'; readonly why: string };

/** The connection after an event; undefined when the event says nothing of it. */
export function connectionStatusAfter(event: ClientEvent, now: number): ConnectionStatus | undefined {
  switch (event.type) {
    case 'connecting':
      return { state: 'connecting' };
    case 'online':
      return { state: 'online' };
    case 'offline':
      return { state: 'offline', why: offlineReason(event), retryAt: now + event.retryInMs };
    case 'ended':
      return { state: 'ended', why: event.detail || event.reason };
    default:
      return undefined;
  }
}
