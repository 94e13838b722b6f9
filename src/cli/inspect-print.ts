/** Queues on stdout: messages, numbers, or one line for monitoring. */
import { CHECK_CODES, type CheckBounds, check } from '../queue/check.js';
import type { QueuedMessage } from '../queue/queued-message.js';
import { Tally } from '../queue/summary.js';
import { messagesOf, type Survey, summariesOf } from '../queue/survey.js';
import type { Output } from './output.js';
import { checkLine, messageColumns, messageRow, SUMMARY_COLUMNS, summaryRow, totalRow } from './queue-text.js';
import { Table } from './table.js';

export interface ListingOptions {
  readonly limit: number | undefined;
  readonly withBody: boolean;
  /** ms since 1970: what ages are counted from. */
  readonly now: number;
}

/** Prints each message as soon as it is read; as fast as the reader takes them. */
export async function printMessages(survey: Survey, options: ListingOptions, output: Output): Promise<void> {
  const { limit, withBody, now } = options;
  const table = new Table(output, messageColumns(withBody));
  for await (const portion of messagesOf(survey, limit)) {
    if (output.json) await Promise.all(portion.map((message) => output.object(exportOf(message, withBody))));
    else await table.add(portion.map((message) => messageRow(message, now, withBody)));
  }
  await table.end();
}

/** Everything that is known of a message; with its body it can be put into another server. */
function exportOf({ to, seq, id, from, at, status, attempts, triedAt, bytes, body }: QueuedMessage, withBody: boolean) {
  const known = { to, seq, id, from, at, status, attempts, ...(triedAt !== undefined && { triedAt }), bytes };
  return withBody ? { ...known, body } : known;
}

/** One line for each mailbox that has any, and the total. */
export async function printSummary(survey: Survey, now: number, output: Output): Promise<void> {
  const summaries = await summariesOf(survey);
  const total = new Tally();
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
  survey: Survey,
  { bounds, now, conclude }: { readonly bounds: CheckBounds; readonly now: number; readonly conclude: () => void },
  output: Output,
): Promise<number> {
  const summaries = await summariesOf(survey);
  conclude();
  const total = new Tally();
  for (const summary of summaries) total.join(summary);
  const state = check(total, bounds, now);
  if (output.json) await output.object({ state, mailboxes: summaries.length, ...total });
  else await output.line(checkLine(state, total, summaries.length, bounds, now));
  return CHECK_CODES[state];
}
