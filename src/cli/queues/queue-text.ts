/** Queues as people read them: rows of a table, and one line for monitoring. */
import type { CheckState, Thresholds } from '../../queue-admin/check-thresholds.js';
import type { QueuedMessage } from '../../queue-admin/queued-message.js';
import type { QueueSummary, Totals } from '../../queue-admin/summary.js';
import type { Audit } from '../../store/store.js';
import { inline, type SafeText, safe } from '../../text/safe-text.js';
import { formatBytes } from '../output/bytes.js';
import type { Column } from '../output/table.js';
import { formatAge, formatTime } from '../output/timestamps.js';

/** What a listing shows of each message besides what it always shows. */
export interface Shown {
  readonly body: boolean;
  /** When it is not the same for all. */
  readonly status: boolean;
}

export const messageColumns = ({ body, status }: Shown): readonly Column[] => [
  { heading: 'TO' },
  { heading: 'SEQ', isNumber: true },
  { heading: 'ID' },
  { heading: 'FROM' },
  { heading: 'STORED', isSpare: true }, // the age says it, too
  { heading: 'AGE', isNumber: true },
  { heading: 'TRIES', isNumber: true },
  { heading: 'LAST', isNumber: true },
  { heading: 'SIZE', isNumber: true },
  ...(status ? [{ heading: 'STATUS' }] : []),
  ...(body ? [{ heading: 'BODY' }] : []),
];

/** UTF-16 units of a body that are shown. */
const PREVIEW = 60;

export function messageRow(message: QueuedMessage, now: number, shown: Shown): SafeText[] {
  const { to, seq, id, from, at, attempts, triedAt, bytes, body, status } = message;
  return [
    inline(to),
    inline(String(seq)),
    inline(id),
    inline(from),
    formatTime(at),
    formatAge(now - at),
    inline(String(attempts)),
    agoOf(triedAt, now),
    formatBytes(bytes),
    ...(shown.status ? [inline(status)] : []),
    ...(shown.body ? [preview(body)] : []),
  ];
}

export const SUMMARY_COLUMNS: readonly Column[] = [
  { heading: 'USER' },
  { heading: 'COUNT', isNumber: true },
  { heading: 'SIZE', isNumber: true },
  { heading: 'OLDEST', isNumber: true },
  { heading: 'TRIES', isNumber: true },
  { heading: 'SEEN', isNumber: true },
];

export const summaryRow = ({ user, seenAt, ...totals }: QueueSummary, now: number): SafeText[] => [
  inline(user),
  ...numbersOf(totals, now),
  agoOf(seenAt || undefined, now),
];

export const totalRow = (totals: Totals, now: number): SafeText[] => [
  inline('total'),
  ...numbersOf(totals, now),
  safe``,
];

const numbersOf = ({ count, bytes, oldestAt, attempts }: Totals, now: number): SafeText[] => [
  inline(String(count)),
  formatBytes(bytes),
  agoOf(oldestAt, now),
  inline(String(attempts)),
];

/** Of what operators did. */
export const AUDIT_COLUMNS: readonly Column[] = [
  { heading: 'WHEN' },
  { heading: 'BY' },
  { heading: 'WHAT' },
  { heading: 'USER' },
  { heading: 'DONE', isNumber: true },
  { heading: 'LEFT', isNumber: true },
  { heading: 'AS ASKED FOR' },
];

export const auditRow = ({ at, by, what, user = '-', done, left, filter }: Audit): SafeText[] => [
  formatTime(at),
  inline(by),
  inline(what),
  inline(user),
  inline(String(done)),
  inline(String(left)),
  inline(filter),
];

/** After the convention of monitoring plugins: what people read, a bar, what programs read. */
export function checkLine(
  state: CheckState,
  totals: Totals,
  mailboxes: number,
  bounds: Thresholds,
  now: number,
): SafeText {
  const { count, oldestAt } = totals;
  const { warnAgeMs, critAgeMs, warnCount = '', critCount = '' } = bounds;
  const seconds = (ms: number): string => String(Math.max(0, Math.floor(ms / 1000)));
  const age = oldestAt === undefined ? 0 : now - oldestAt;
  const oldest = oldestAt === undefined ? safe`` : safe`, the oldest ${formatAge(age)}`;
  const numbers = [
    `undelivered=${count};${warnCount};${critCount};0`,
    `oldest=${seconds(age)}s;${seconds(warnAgeMs)};${seconds(critAgeMs)};0`,
  ];
  const word = inline(state.toUpperCase());
  return safe`QUEUE ${word} - ${count} undelivered in ${mailboxes} mailboxes${oldest} | ${inline(numbers.join(' '))}`;
}

const agoOf = (at: number | undefined, now: number): SafeText => (at === undefined ? safe`-` : formatAge(now - at));

/** The beginning of a body, on one line. No half of a surrogate pair at its end. */
function preview(body: string): SafeText {
  const text = body.slice(0, PREVIEW);
  return body.length <= PREVIEW ? inline(text) : safe`${inline(text.replace(/[\ud800-\udbff]$/, ''))}…`;
}
