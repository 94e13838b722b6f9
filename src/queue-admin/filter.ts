/** Filters for messages in queues. Pure. */
import type { QueuedMessage, QueueState } from './queue-source.js';

/** A message matches if all given conditions hold. Times are of storing, in ms since 1970. */
export interface QueueFilter {
  readonly status: QueueState | 'all';
  /** Any of these senders. */
  readonly from?: readonly string[] | undefined;
  /** Any of these ids. */
  readonly ids?: readonly string[] | undefined;
  /** At this time or later. */
  readonly since?: number | undefined;
  /** Before this time. */
  readonly until?: number | undefined;
  /** Matches somewhere in the body. Without the flags `g` and `y`, which keep state between calls. */
  readonly grep?: RegExp | undefined;
}

export function matchesFilter({ status, from, ids, since, until, grep }: QueueFilter, message: QueuedMessage): boolean {
  if (status !== 'all' && status !== message.status) return false;
  if (from && !from.includes(message.from)) return false;
  if (ids && !ids.includes(message.id)) return false;
  if (since !== undefined && message.at < since) return false;
  if (until !== undefined && message.at >= until) return false;
  return grep === undefined || grep.test(message.body);
}
