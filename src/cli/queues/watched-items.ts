/** What `--watch` can show: messages, or mailboxes in numbers. */
import { type ExportedMessage, toExport } from '../../queue-admin/export-line.js';
import { messagesOf, type QueueScan, summariesOf } from '../../queue-admin/queue-scan.js';
import type { QueueSummary, Totals } from '../../queue-admin/summary.js';
import { messageColumns, type QueueColumn, type Shown, SUMMARY_COLUMNS } from './queue-text.js';

/** `T` is plain data: it is compared, remembered and printed as JSON. */
export interface WatchedItems<T extends object> {
  readonly noun: string;
  readonly columns: readonly QueueColumn<T>[];
  /** All items, in batches. */
  readonly scan: (scan: QueueScan) => AsyncIterable<readonly T[]>;
  /** Identifies an item from one scan to the next. */
  readonly keyOf: (item: T) => string;
  readonly totalsOf: (item: T) => Totals;
}

export const watchedMessages = (limit: number | undefined, shown: Shown): WatchedItems<ExportedMessage> => ({
  noun: 'message',
  columns: messageColumns(shown),
  async *scan(scan) {
    for await (const batch of messagesOf(scan, limit)) yield batch.map((message) => toExport(message, shown.body));
  },
  keyOf: ({ to, seq }) => `${to} ${seq}`,
  totalsOf: ({ bytes, at, attempts }) => ({ count: 1, bytes, oldestAt: at, attempts }),
});

export const watchedMailboxes: WatchedItems<QueueSummary> = {
  noun: 'mailbox',
  columns: SUMMARY_COLUMNS,
  async *scan(scan) {
    yield await summariesOf(scan);
  },
  keyOf: ({ user }) => user,
  totalsOf: (summary) => summary,
};
