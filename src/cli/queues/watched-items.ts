/** What can be watched of queues: the messages, or the mailboxes in numbers. */
import { toExport } from '../../queue-admin/export-line.js';
import { messagesOf, type QueueScan, summariesOf } from '../../queue-admin/queue-scan.js';
import type { QueuedMessage } from '../../queue-admin/queued-message.js';
import type { QueueSummary, TotalsCounter } from '../../queue-admin/summary.js';
import type { SafeText } from '../../text/safe-text.js';
import type { Column } from '../output/table.js';
import { messageColumns, messageRow, type Shown, SUMMARY_COLUMNS, summaryRow } from './queue-text.js';

export interface WatchedItems<T> {
  /** Several of them, in words. */
  readonly name: string;
  readonly columns: readonly Column[];
  /** All of them as they are, in portions. */
  look(survey: QueueScan): AsyncIterable<readonly T[]>;
  keyOf(item: T): string;
  /** Changes when there is something new to say of it. */
  markOf(item: T): string;
  /** What is remembered of it until it is gone. */
  remembered(item: T): T;
  count(item: T, total: TotalsCounter): void;
  cellsOf(item: T, now: number): SafeText[];
  /** @param isGone then it is what was remembered. */
  objectOf(item: T, isGone: boolean): object;
}

export const watchedMessages = (limit: number | undefined, shown: Shown): WatchedItems<QueuedMessage> => ({
  name: 'messages',
  columns: messageColumns(shown),
  look: (survey) => messagesOf(survey, limit),
  keyOf: ({ to, seq }) => `${to} ${seq}`,
  markOf: ({ status, attempts, triedAt }) => `${status} ${attempts} ${triedAt}`,
  remembered: (message) => ({ ...message, body: '' }),
  count: (message, total) => total.add(message),
  cellsOf: (message, now) => messageRow(message, now, shown),
  objectOf: (message, isGone) => toExport(message, shown.body && !isGone),
});

export const watchedMailboxes: WatchedItems<QueueSummary> = {
  name: 'mailboxes',
  columns: SUMMARY_COLUMNS,
  async *look(survey) {
    yield await summariesOf(survey);
  },
  keyOf: ({ user }) => user,
  markOf: ({ count, bytes, oldestAt, attempts, seenAt }) => [count, bytes, oldestAt, attempts, seenAt].join(' '),
  remembered: (summary) => summary,
  count: (summary, total) => total.join(summary),
  cellsOf: summaryRow,
  objectOf: (summary) => summary,
};
