/** What a benchmark prints: figures, a histogram, the verdict. */

import { inline, plural, type SafeText, safe } from '../../text/safe-text.js';
import { formatBytes } from '../output/bytes.js';
import { broken, type Verdict } from './checker.js';
import type { Bar, Summary } from './latencies.js';
import type { Work } from './load.js';

/** A part of a run: `live`; or `store` while the recipients are away, and `drain` when they come. */
export interface Phase {
  readonly name: 'live' | 'store' | 'drain';
  readonly messages: number;
  readonly seconds: number;
  readonly messagesPerSecond: number;
  /** User + system time of the server for each message, µs; undefined where it is not known. */
  readonly serverMicros: number | undefined;
  /** Parts of one core, 0 to 1; the server may use more than one. */
  readonly serverBusy: number | undefined;
  readonly loadBusy: number;
}

export interface Times {
  readonly summary: Summary;
  readonly bars: readonly Bar[];
}

export interface Result {
  readonly work: Work;
  readonly url: string;
  /** Of the server of the benchmark. */
  readonly own:
    | {
        readonly folder: string;
        readonly isInMemory: boolean;
        /** Of a small append, ms. */
        readonly datasync: { readonly p50: number; readonly p99: number };
        readonly residentBytes: number | undefined;
        /** How often it was killed; undefined when that was not asked for. */
        readonly kills?: number;
      }
    | undefined;
  readonly connections: number;
  readonly phases: readonly Phase[];
  /** From send to `stored`, and from send to receipt: undefined when none was measured. */
  readonly stored: Times | undefined;
  readonly delivered: Times | undefined;
  readonly verdict: Verdict;
  /** What the recipients have not acked, as the server says. */
  readonly unacked: number;
}

/** The load generator was the limit, not the server. */
const LOAD_LIMIT = 0.9;

const BAR_COLUMNS = 40;

const count = (value: number): string => Math.round(value).toLocaleString('en');
const percent = (part: number | undefined): string => (part === undefined ? '-' : `${Math.round(part * 100)} %`);
/** Three digits are more than a measurement has. */
const ms = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2));

/** Lines of at most 80 columns. */
export function reportLines(result: Result): readonly SafeText[] {
  const { phases, own, stored, delivered } = result;
  const sections = [
    headLines(result),
    [...phaseLines(phases), ...memoryLines(own?.residentBytes)],
    timeLines([
      ['send to stored', stored],
      ['send to receipt', delivered],
    ]),
    barLines(delivered ? ['send to receipt', delivered] : ['send to stored', stored]),
    verdictLines(result),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : [safe``, ...lines]));
}

function headLines({ work, own, url, connections }: Result): readonly SafeText[] {
  const { pairs, window, bodyBytes } = work;
  const beside = connections === 0 ? safe`` : safe`; ${inline(count(connections))} idle sessions`;
  const what = safe`${plural(pairs, 'pair')}, window ${window}, bodies of ${plural(bodyBytes, 'byte')}${beside}`;
  if (own === undefined) return [what, safe`server: ${inline(url)}`];
  const { datasync, folder, isInMemory } = own;
  return [
    what,
    safe`server: its own, on ${inline(folder)}`,
    isInMemory
      ? safe`disk: none, the folder is in memory, so nothing is durable: --folder DIR`
      : safe`disk: a small write takes ${inline(ms(datasync.p50))} ms (p99 ${inline(ms(datasync.p99))}) to be on it`,
  ];
}

function phaseLines(phases: readonly Phase[]): readonly SafeText[] {
  const rows = phases.map((phase) => {
    const { name, messages, seconds, messagesPerSecond, serverMicros, serverBusy, loadBusy } = phase;
    const cpu = serverMicros === undefined ? '-' : `${serverMicros.toFixed(1)} µs`;
    return [name, count(messages), ms(seconds), count(messagesPerSecond), cpu, percent(serverBusy), percent(loadBusy)];
  });
  const head = ['', 'messages', 'seconds', 'messages/s', 'CPU/message', 'server busy', 'load busy'];
  const lines = alignedLines(head, rows);
  return phases.some(({ loadBusy }) => loadBusy > LOAD_LIMIT)
    ? [...lines, safe`the load generator was the limit: the server can do more`]
    : lines;
}

const memoryLines = (bytes: number | undefined): readonly SafeText[] =>
  bytes === undefined ? [] : [safe`memory of the server at the end: ${formatBytes(bytes)}`];

function timeLines(all: readonly (readonly [string, Times | undefined])[]): readonly SafeText[] {
  const rows = all.flatMap(([name, times]) => {
    if (times === undefined) return [];
    const { p50, p90, p99, p999, max } = times.summary;
    return [[name, ...[p50, p90, p99, p999, max].map(ms)]];
  });
  return rows.length === 0 ? [] : alignedLines(['ms', 'p50', 'p90', 'p99', 'p99.9', 'max'], rows);
}

/** The first column is aligned left, the others right. */
function alignedLines(head: readonly string[], rows: readonly (readonly string[])[]): readonly SafeText[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const padded = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0);
  return [head, ...rows].map((cells) => inline(cells.map(padded).join('  ')));
}

/** A histogram to look at. */
function barLines([name, times]: readonly [string, Times | undefined]): readonly SafeText[] {
  if (times === undefined) return [];
  const { bars } = times;
  const all = bars.reduce((sum, bar) => sum + bar.count, 0);
  const most = Math.max(...bars.map((bar) => bar.count));
  const rows = bars.map((bar) => {
    const length = Math.ceil((bar.count / most) * BAR_COLUMNS);
    return [`< ${bar.below}`, '#'.repeat(length), `${((bar.count / all) * 100).toFixed(1)} %`] as const;
  });
  const width = Math.max(...rows.map(([below]) => below.length));
  return [
    inline(`${name}, ms`),
    ...rows.map(([below, bar, part]) =>
      inline(`${below.padStart(width)}  ${bar.padEnd(BAR_COLUMNS)}  ${part.padStart(7)}`),
    ),
  ];
}

function verdictLines({ verdict, own, unacked }: Result): readonly SafeText[] {
  const { sent, stored, delivered, lost, twice, outOfOrder, altered, pushedAgain } = verdict;
  const killed = own?.kills === undefined ? safe`` : safe`; killed ${plural(own.kills, 'time')}`;
  const repeated = pushedAgain === 0 ? safe`` : safe`, pushed again ${inline(count(pushedAgain))}`;
  const failure = verdictFailure(verdict, unacked);
  return [
    safe`sent ${inline(count(sent))}, stored ${inline(count(stored))}, delivered ${inline(count(delivered))}${repeated}${killed}`,
    safe`lost ${lost}, twice ${twice}, out of order ${outOfOrder}, altered ${altered}`,
    failure === undefined ? safe`every promise held` : inline(failure),
  ];
}

/** Why a run has failed; undefined: every message was stored, and delivered once, whole and in order, and acked. */
export function verdictFailure(verdict: Verdict, unacked: number): string | undefined {
  const promises = broken(verdict);
  if (promises.length > 0) return `a promise was broken: ${promises.join(', ')}`;
  const unanswered = verdict.sent - verdict.stored;
  if (unanswered > 0) return `${unanswered} messages were not answered`;
  if (unacked > 0) return `${unacked} messages are not acked`;
  return undefined;
}

/** Numbers with at most three decimals. */
const rounded = <T extends object>(value: T): T =>
  Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, typeof one === 'number' ? Math.round(one * 1_000) / 1_000 : one]),
  ) as T;

/** The same for programs; times in ms. */
export function reportObject(result: Result): object {
  const { work, own, url, connections, phases, stored, delivered, verdict, unacked } = result;
  const failure = verdictFailure(verdict, unacked);
  return {
    event: 'result',
    ...work,
    connections,
    url,
    ...(own && { own: { ...own, datasync: rounded(own.datasync) } }),
    phases: phases.map(rounded),
    ...(stored && { stored: { ...rounded(stored.summary), histogram: stored.bars } }),
    ...(delivered && { delivered: { ...rounded(delivered.summary), histogram: delivered.bars } }),
    verdict: { ...verdict, unacked, held: failure === undefined },
  };
}
