/** What the server counts: plain numbers, so that counting costs nothing. ops.ts turns them into Prometheus text when asked. */
import type { ServerFrame } from '../protocol/catalogue.js';
import type { CloseReason } from '../protocol/closes.js';
import type { ErrorCode } from '../protocol/errors.js';

export class Metrics {
  /** Open connections, logged in or not. */
  connections = 0;
  /** Users with a session. */
  users = 0;
  messagesStored = 0;
  messagesDuplicate = 0;
  messagesPushed = 0;
  /** Messages whose status became 1. */
  messagesDelivered = 0;
  /** What was passed over (R2). */
  passedOver = 0;
  readonly refusals = new Map<ErrorCode, number>();
  readonly closes = new Map<CloseReason, number>();

  /** Counts what a reply says. */
  replied(frame: ServerFrame): void {
    if (frame.type === 'error') {
      this.refusals.set(frame.code, (this.refusals.get(frame.code) ?? 0) + 1);
    } else if (frame.type === 'stored') {
      const duplicates = frame.duplicates?.length ?? 0;
      this.messagesStored += frame.ids.length - duplicates;
      this.messagesDuplicate += duplicates;
    }
  }

  closed(reason: CloseReason): void {
    this.closes.set(reason, (this.closes.get(reason) ?? 0) + 1);
  }
}
