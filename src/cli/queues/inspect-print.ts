/** Queues on stdout: messages, numbers, or one line for monitoring. */
import { CHECK_CODES, checkThresholds, type Thresholds } from '../../queue-admin/check-thresholds.js';
import { toExport } from '../../queue-admin/export-line.js';
import { type QueueScan, summariesOf } from '../../queue-admin/queue-scan.js';
import type { QueuedMessage } from '../../queue-admin/queued-message.js';
import { TotalsCounter } from '../../queue-admin/summary.js';
import type { Audit } from '../../store/store.js';
import type { Output } from '../output/output.js';
import { Table } from '../output/table.js';
import {
  AUDIT_COLUMNS,
  auditRow,
  checkLine,
  messageColumns,
  messageRow,
  type Shown,
  SUMMARY_COLUMNS,
  summaryRow,
  totalRow,
} from './queue-text.js';

interface ListingOptions {
  readonly shown: Shown;
  /** ms since 1970: what ages are counted from. */
  readonly now: number;
}

/** Prints each message as soon as it comes; as fast as the reader takes them. Returns how many there were. */
export async function printPortions(
  portions: AsyncIterable<readonly QueuedMessage[]>,
  { shown, now }: ListingOptions,
  output: Output,
): Promise<number> {
  const table = new Table(output, messageColumns(shown));
  let count = 0;
  for await (const portion of portions) {
    count += portion.length;
    if (output.json) await Promise.all(portion.map((message) => output.object(toExport(message, shown.body))));
    else await table.add(portion.map((message) => messageRow(message, now, shown)));
  }
  await table.end();
  return count;
}

/** One line for each mailbox that has any, and the total. */
export async function printSummary(survey: QueueScan, now: number, output: Output): Promise<void> {
  const summaries = await summariesOf(survey);
  const total = new TotalsCounter();
  for (const summary of summaries) total.join(summary);
  if (output.json) {
    await Promise.all(summaries.map((summary) => output.object(summary)));
    await output.object({ mailboxes: summaries.length, ...total });
    return;
  }
  const table = new Table(output, SUMMARY_COLUMNS);
  await table.add(summaries.map((summary) => summaryRow(summary, now)));
  await table.add([totalRow(total, now)]);
  await table.end();
}

/** One line. Returns the exit code. @param conclude throws when not all could be read: then nothing can be said. */
export async function printCheck(
  survey: QueueScan,
  { bounds, now, conclude }: { readonly bounds: Thresholds; readonly now: number; readonly conclude: () => void },
  output: Output,
): Promise<number> {
  const summaries = await summariesOf(survey);
  conclude();
  const total = new TotalsCounter();
  for (const summary of summaries) total.join(summary);
  const state = checkThresholds(total, bounds, now);
  if (output.json) await output.object({ state, mailboxes: summaries.length, ...total });
  else await output.line(checkLine(state, total, summaries.length, bounds, now));
  return CHECK_CODES[state];
}

/** What operators did, oldest first. Returns the exit code. */
export async function printAudits(audits: readonly Audit[], output: Output): Promise<number> {
  const table = new Table(output, AUDIT_COLUMNS);
  for (const audit of audits) await (output.json ? output.object(audit) : table.add([auditRow(audit)]));
  await table.end();
  return 0;
}
