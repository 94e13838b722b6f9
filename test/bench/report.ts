/** Prints figures as tables. */
import type { ClientFigures, ClientsFigures } from './clients.js';
import type { CommandFigures } from './commands.js';
import type { Growth } from './growth.js';
import type { IdleFigures } from './idle.js';
import { median } from './median.js';
import type { Contestant } from './rounds.js';
import type { ScreenFigures } from './screen.js';
import type { Figures, Percentiles } from './work.js';

type Measure = (figures: Figures) => number;

const medianOf = (figures: readonly Figures[], measure: Measure) => median(figures.map(measure));

/** Median of the ratios of consecutive rounds: steadier than the ratio of the medians. NaN without a peer. */
export function ratioOf(measure: Measure, figures: readonly Figures[], peer: readonly Figures[] | undefined): number {
  if (peer === undefined) return Number.NaN;
  return median(figures.map((one, round) => measure(one) / measure(peer[round] ?? one)));
}

const fixed = (digits: number) => (value: number) => (Number.isNaN(value) ? '–' : value.toFixed(digits));
const percent = (value: number) => `${Math.round(value * 100)} %`;
const thousands = (value: number) => Math.round(value).toLocaleString('en');

const speed: Measure = (figures) => figures.messagesPerSecond;
const cpu: Measure = (figures) => figures.serverCpuMicros;

/** One line per contestant; ratios are relative to the peer. */
export function loadedTable(results: ReadonlyMap<Contestant, Figures[]>, peer: Figures[] | undefined): string {
  return table(
    ['', 'messages/s', 'ratio', 'server µs/msg', 'ratio', 'p50 ms', 'p99 ms', 'RSS MiB', 'server busy', 'load busy'],
    [...results].map(([{ name }, figures]) => [
      name,
      thousands(medianOf(figures, speed)),
      fixed(2)(ratioOf(speed, figures, peer)),
      fixed(2)(medianOf(figures, cpu)),
      fixed(2)(ratioOf(cpu, figures, peer)),
      fixed(2)(medianOf(figures, (one) => one.receipt.p50)),
      fixed(2)(medianOf(figures, (one) => one.receipt.p99)),
      fixed(0)(medianOf(figures, (one) => one.serverMiB)),
      percent(medianOf(figures, (one) => one.serverBusy)),
      percent(medianOf(figures, (one) => one.loadBusy)),
    ]),
  );
}

export function unloadedTable(results: ReadonlyMap<Contestant, Figures[]>, datasync: Percentiles): string {
  const ms = fixed(2);
  const row = (name: string, answer: Percentiles, receipt?: Percentiles) => [
    name,
    ms(answer.p50),
    ms(answer.p99),
    receipt ? ms(receipt.p50) : '',
    receipt ? ms(receipt.p99) : '',
  ];
  const pick = (figures: readonly Figures[], leg: 'answer' | 'receipt'): Percentiles => ({
    p50: medianOf(figures, (one) => one[leg].p50),
    p99: medianOf(figures, (one) => one[leg].p99),
  });
  return table(
    ['one message at a time', 'answer p50 ms', 'p99 ms', 'receipt p50 ms', 'p99 ms'],
    [
      ...[...results].map(([{ name }, figures]) => row(name, pick(figures, 'answer'), pick(figures, 'receipt'))),
      row('fdatasync alone', datasync),
    ],
  );
}

export function growthTable(growth: Growth): string {
  const { stored, perSecond, firstMicros, lastMicros, serverMiB, drainedMailboxSize, drainedPerSecond } = growth;
  return table(
    ['receivers offline', ''],
    [
      ['stored', thousands(stored)],
      ['stored per second', thousands(perSecond)],
      ['server µs/msg, first third', fixed(2)(firstMicros)],
      ['server µs/msg, last third', fixed(2)(lastMicros)],
      ['RSS MiB', fixed(0)(serverMiB)],
      [`drained per second, ${thousands(drainedMailboxSize)} to one client`, thousands(drainedPerSecond)],
    ],
  );
}

export function commandsTable({ sendMs, bareMs, ratio, lines }: CommandFigures): string {
  return table(
    ['commands', ''],
    [
      ['im send, whole process, ms', fixed(0)(sendMs)],
      ['bare oclif command, ms', fixed(0)(bareMs)],
      ['ratio', fixed(2)(ratio)],
      ['im send --stdin lines, lines/s', thousands(lines.perSecond)],
      ['im send µs/line', fixed(1)(lines.sendMicros)],
      ['server µs/line', fixed(1)(lines.serverMicros)],
    ],
  );
}

export function clientsTable({ messages, lines, listen, library, inMemory }: ClientsFigures): string {
  const row = (name: string, { perSecond, micros, serverMicros }: ClientFigures) => [
    name,
    thousands(perSecond),
    fixed(1)(micros),
    fixed(1)(serverMicros),
  ];
  return table(
    [`${thousands(messages)} messages`, 'messages/s', 'client µs/msg', 'server µs/msg'],
    [
      row('im send --stdin lines', lines),
      row('im listen > file', listen),
      row('library, with a state folder', library),
      row('library, in memory', inMemory),
    ],
  );
}

export function idleTable(figures: IdleFigures): string {
  const { sessions, perSession, serverMiB, stormSeconds, loginMicros, idleBusy, heartbeatMicros } = figures;
  const kilobytes = (bytes: number) => fixed(2)(bytes / 1_000);
  return table(
    [`${thousands(sessions)} idle sessions`, '', 'goal'],
    [
      ['resident memory per session, KB', kilobytes(perSession.rss), '10'],
      ['  of it the heap of V8', kilobytes(perSession.heapUsed), ''],
      ['  of it outside the heap, known to V8', kilobytes(perSession.external), ''],
      ['RSS MiB', fixed(0)(serverMiB), ''],
      ['server busy with heartbeats, %', fixed(1)(idleBusy * 100), '10 with 50,000'],
      ['server µs/heartbeat', fixed(1)(heartbeatMicros), ''],
      ['logins, s', fixed(1)(stormSeconds), ''],
      ['server µs/login', fixed(0)(loginMicros), ''],
    ],
  );
}

export function screenTable(figures: ScreenFigures): string {
  const { firstPaintMs, bareMs, quiet, busy, arrivedPerSecond, bytesPerKey, pageUp, toStartMs, searchMs, peakMiB } =
    figures;
  const ms = fixed(1);
  return table(
    ['the screen, 100,000 messages of history', 'p50', 'p99', 'goal'],
    [
      ['first paint beyond loading Ink, ms', fixed(0)(firstPaintMs - bareMs), '', '500'],
      ['first paint, ms', fixed(0)(firstPaintMs), '', ''],
      ['loading Ink alone, ms', fixed(0)(bareMs), '', ''],
      ['a key, quiet, ms', ms(quiet.p50), ms(quiet.p99), ''],
      [`a key, ${thousands(arrivedPerSecond)} messages/s arriving, ms`, ms(busy.p50), ms(busy.p99), '30 (p99)'],
      ['bytes written for a key, quiet', fixed(0)(bytesPerKey), '', '500'],
      ['page up, ms', ms(pageUp.p50), ms(pageUp.p99), ''],
      ['jump to the start, ms', fixed(0)(toStartMs), '', ''],
      ['search in all messages, ms', fixed(0)(searchMs), '', ''],
      ['peak RSS, MiB', fixed(0)(peakMiB), '', '200'],
    ],
  );
}

/** The first column is left-aligned, the figures are right-aligned. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  return [head, ...rows].map(line).join('\n');
}
