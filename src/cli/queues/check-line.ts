/** `im inspect-queue --check`: one line after the conventions of monitoring plugins, and its exit code. */
import { type CheckState, checkThresholds, type Thresholds } from '../../queue-admin/check-thresholds.js';
import { type QueueSummary, type Totals, totalOf } from '../../queue-admin/summary.js';
import { inline, plural, type SafeText, safe } from '../../text/safe-text.js';
import type { Output } from '../output/output.js';
import { formatAge } from '../output/timestamps.js';

/** What monitoring plugins exit with. */
const EXIT_CODES = { ok: 0, warning: 1, critical: 2, unknown: 3 } as const satisfies Record<
  CheckState | 'unknown',
  number
>;

/** Prints the line, and returns the exit code. */
export async function printCheck(
  summaries: readonly QueueSummary[],
  thresholds: Thresholds,
  now: number,
  output: Output,
): Promise<number> {
  const total = totalOf(summaries);
  const state = checkThresholds(total, thresholds, now);
  if (output.json) await output.object({ state, mailboxes: summaries.length, ...total });
  else await output.line(checkLine(state, total, summaries.length, thresholds, now));
  return EXIT_CODES[state];
}

/** For queues that cannot be read: monitoring needs a line then, too. */
export async function printUnknown(why: string, output: Output): Promise<number> {
  await (output.json ? output.object({ state: 'unknown', why }) : output.line(safe`QUEUE UNKNOWN - ${inline(why)}`));
  return EXIT_CODES.unknown;
}

/** `QUEUE OK - text for people | data for programs`. */
function checkLine(
  state: CheckState,
  { count, oldestAt }: Totals,
  mailboxes: number,
  thresholds: Thresholds,
  now: number,
): SafeText {
  const { warnAgeMs, critAgeMs, warnCount = '', critCount = '' } = thresholds;
  const seconds = (ms: number): string => String(Math.max(0, Math.floor(ms / 1000)));
  const age = oldestAt === undefined ? 0 : now - oldestAt;
  const oldest = oldestAt === undefined ? safe`` : safe`, the oldest ${formatAge(age)}`;
  const data = [
    `undelivered=${count};${warnCount};${critCount};0`,
    `oldest=${seconds(age)}s;${seconds(warnAgeMs)};${seconds(critAgeMs)};0`,
  ];
  const text = safe`${count} undelivered in ${plural(mailboxes, 'mailbox')}${oldest}`;
  return safe`QUEUE ${inline(state.toUpperCase())} - ${text} | ${inline(data.join(' '))}`;
}
