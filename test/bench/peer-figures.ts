/** The comparison with peers as figures: what is committed, printed as a table, and drawn. */

import { median } from './median.js';
import type { Contestant } from './rounds.js';
import type { Figures } from './work.js';

/** The median of some rounds, and the least and the greatest value. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export interface SystemFigures {
  readonly name: string;
  readonly messagesPerSecond: Spread;
  readonly serverMicros: Spread;
  /** Relative to im in the same round: messages per second, and server CPU per message. */
  readonly speedRatio: Spread;
  readonly cpuRatio: Spread;
  /** From send to receipt, ms. */
  readonly p50: number;
  readonly p99: number;
  /** Part of a core that the load generator took. */
  readonly loadBusy: number;
}

export interface PeerFigures {
  /** `2026-11-29` */
  readonly date: string;
  readonly node: string;
  /** Versions of the peers, by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly cpu: string;
  readonly rounds: number;
  readonly secondsPerRound: number;
  /** Processes that wanted a core before the start. */
  readonly loadBefore: number;
  /** Other things ran: times say little, and ratios not much. */
  readonly isBusy: boolean;
  /** The first one is im, to which the others are compared. */
  readonly systems: readonly SystemFigures[];
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: rounded(median(values)), least: rounded(Math.min(...values)), most: rounded(Math.max(...values)) };
}

/** Three digits are more than a measurement has. */
const rounded = (value: number): number => Number(value.toPrecision(3));

/** @param results by round; the first contestant is im. */
export function systemsOf(
  results: ReadonlyMap<Pick<Contestant, 'name'>, readonly Figures[]>,
): readonly SystemFigures[] {
  const [base = []] = results.values();
  const pick = (figures: readonly Figures[], measure: (one: Figures) => number): Spread =>
    spreadOf(figures.map(measure));
  const ratio = (figures: readonly Figures[], measure: (one: Figures) => number): Spread =>
    spreadOf(figures.map((one, round) => measure(one) / measure(base[round] ?? one)));
  return [...results].map(([{ name }, figures]) => ({
    name,
    messagesPerSecond: pick(figures, (one) => one.messagesPerSecond),
    serverMicros: pick(figures, (one) => one.serverCpuMicros),
    speedRatio: ratio(figures, (one) => one.messagesPerSecond),
    cpuRatio: ratio(figures, (one) => one.serverCpuMicros),
    p50: rounded(median(figures.map((one) => one.receipt.p50))),
    p99: rounded(median(figures.map((one) => one.receipt.p99))),
    loadBusy: rounded(median(figures.map((one) => one.loadBusy))),
  }));
}

const spread = ({ median: middle, least, most }: Spread): string => `${middle} (${least} to ${most})`;

/** A table in Markdown, with the conditions under it. */
export function peerTable(figures: PeerFigures): string {
  const head = [
    '',
    'messages/s, im = 1',
    'server CPU per message, im = 1',
    'µs/message',
    'messages/s',
    'p50 ms',
    'p99 ms',
  ];
  const rows = figures.systems.map(({ name, speedRatio, cpuRatio, serverMicros, messagesPerSecond, p50, p99 }) => [
    name,
    spread(speedRatio),
    spread(cpuRatio),
    String(serverMicros.median),
    messagesPerSecond.median.toLocaleString('en'),
    String(p50),
    String(p99),
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), '', conditions(figures)].join('\n');
}

/** One sentence. */
export function conditions(figures: PeerFigures): string {
  const { date, node, versions, cpu, rounds, secondsPerRound, isBusy, loadBefore } = figures;
  const peers = Object.entries(versions).map(([name, version]) => `${name} ${version}`.trim());
  const busy = isBusy ? `, **busy machine** (load ${loadBefore} before the start): not for comparison` : '';
  return `${date}, Node ${node}, ${peers.join(', ')}; ${cpu}; medians of ${rounds} rounds of ${secondsPerRound} s, with the least and the greatest${busy}.`;
}
