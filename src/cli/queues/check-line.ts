/** `im inspect-queue --check`: one line after the conventions of monitoring plugins, and its exit code. */
import { type QueueSummary, type Totals, totalOf } from '../../queue-admin/summary.js';
import { inline, plural, safe } from '../../text/safe-text.js';
import type { Output } from '../output/output.js';
import { unlessClosed } from '../output/output-failure.js';
import { formatAge } from '../output/timestamps.js';

/** What monitoring plugins exit with. */
const EXIT_CODES = { ok: 0, warning: 1, critical: 2, unknown: 3 } as const;
type CheckState = Exclude<keyof typeof EXIT_CODES, 'unknown'>;

/** A reached threshold sets its state. Ages, of the oldest message, in ms. */
interface Thresholds {
  readonly warnAgeMs: number;
  readonly critAgeMs: number;
  readonly warnCount?: number | undefined;
  readonly critCount?: number | undefined;
}

/** @param now ms since 1970. */
export function checkThresholds({ count, oldestAt }: Totals, thresholds: Thresholds, now: number): CheckState {
  const {
    warnAgeMs,
    critAgeMs,
    warnCount = Number.POSITIVE_INFINITY,
    critCount = Number.POSITIVE_INFINITY,
  } = thresholds;
  const age = oldestAt === undefined ? -1 : now - oldestAt;
  if (age >= critAgeMs || count >= critCount) return 'critical';
  return age >= warnAgeMs || count >= warnCount ? 'warning' : 'ok';
}

/** Prints `QUEUE OK - text for people | data for programs`, and returns the exit code. */
export async function printCheck(
  summaries: readonly QueueSummary[],
  thresholds: Thresholds,
  now: number,
  output: Output,
): Promise<number> {
  const total = totalOf(summaries);
  const state = checkThresholds(total, thresholds, now);
  if (output.json) await unlessClosed(output.object({ state, mailboxes: summaries.length, ...total }));
  else {
    const { count, oldestAt } = total;
    const { warnAgeMs, critAgeMs, warnCount = '', critCount = '' } = thresholds;
    const seconds = (ms: number): number => Math.max(0, Math.floor(ms / 1000));
    const age = oldestAt === undefined ? 0 : now - oldestAt;
    const oldest = oldestAt === undefined ? safe`` : safe`, the oldest ${formatAge(age)}`;
    const text = safe`${count} undelivered in ${plural(summaries.length, 'mailbox')}${oldest}`;
    const data =
      `undelivered=${count};${warnCount};${critCount};0 ` +
      `oldest=${seconds(age)}s;${seconds(warnAgeMs)};${seconds(critAgeMs)};0`;
    await unlessClosed(output.line(safe`QUEUE ${inline(state.toUpperCase())} - ${text} | ${inline(data)}`));
  }
  return EXIT_CODES[state];
}

/** For queues that cannot be read: monitoring needs a line then, too. */
export async function printUnknown(why: string, output: Output): Promise<number> {
  const write = output.json
    ? output.object({ state: 'unknown', why })
    : output.line(safe`QUEUE UNKNOWN - ${inline(why)}`);
  const [printed] = await Promise.allSettled([write]);
  if (printed.status === 'rejected') output.note(safe`im: ${inline(`${why}: ${printed.reason.why}`)}`);
  return EXIT_CODES.unknown;
}
