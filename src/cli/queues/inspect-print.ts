/** Prints queues on stdout: messages, a summary, or the audit. */
import { toExport } from '../../queue-admin/export-line.js';
import type { QueuedMessage } from '../../queue-admin/queue-source.js';
import { type QueueSummary, totalOf } from '../../queue-admin/summary.js';
import type { Audit } from '../../store/store.js';
import type { Output } from '../output/output.js';
import { printList, Table } from '../output/table.js';
import { AUDIT_COLUMNS, messageColumns, rowOf, type Shown, summaryColumns, TOTAL_COLUMNS } from './queue-text.js';

/**
 * Prints messages as they are read, no faster than stdout takes them. Resolves with how many there were.
 * @param now ms since 1970, for ages.
 */
export async function printMessages(
  batches: AsyncIterable<readonly QueuedMessage[]>,
  shown: Shown,
  now: number,
  output: Output,
): Promise<number> {
  const columns = messageColumns(shown);
  const table = new Table(output, columns);
  let count = 0;
  for await (const batch of batches) {
    count += batch.length;
    if (output.json) await Promise.all(batch.map((message) => output.object(toExport(message, shown.body))));
    else await table.add(batch.map((message) => rowOf(columns, message, now)));
  }
  await table.end();
  return count;
}

/** Prints one line per mailbox, and the total. */
export async function printSummary(summaries: readonly QueueSummary[], now: number, output: Output): Promise<void> {
  const total = totalOf(summaries);
  if (output.json) {
    await Promise.all(summaries.map((summary) => output.object(summary)));
    await output.object({ mailboxes: summaries.length, ...total });
    return;
  }
  const columns = summaryColumns(summaries);
  const table = new Table(output, columns);
  await table.add(summaries.map((summary) => rowOf(columns, summary, now)));
  await table.add([rowOf(TOTAL_COLUMNS, { user: 'total', ...total, seenAt: 0, online: false, devices: [] }, now)]);
  await table.end();
}

/** Prints what operators did, oldest first. */
export async function printAudits(audits: readonly Audit[], output: Output): Promise<void> {
  await printList(output, AUDIT_COLUMNS, audits, {
    toObject: (audit) => audit,
    toRow: (audit) => rowOf(AUDIT_COLUMNS, audit, audit.at),
  });
}
