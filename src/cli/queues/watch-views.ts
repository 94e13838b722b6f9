/** What `--watch` shows, messages or mailboxes, and how: on a screen that is redrawn, or as a log of changes. */
import { type ExportedMessage, toExport } from '../../queue-admin/export-line.js';
import { messagesOf, type QueueScan, summariesOf } from '../../queue-admin/queue-scan.js';
import { type QueueSummary, type Totals, TotalsCounter, totalsOf } from '../../queue-admin/summary.js';
import { type Change, WatchDiff } from '../../queue-admin/watch-diff.js';
import { inline, plural, type SafeText, safe } from '../../text/safe-text.js';
import { createTextWidth } from '../../text/text-width.js';
import { Failure } from '../errors/failure.js';
import { formatBytes } from '../output/bytes.js';
import { formatDuration } from '../output/duration.js';
import type { Output } from '../output/output.js';
import { Layout, paintHeading, Table } from '../output/table.js';
import { formatAge, formatTime } from '../output/timestamps.js';
import { WATCH } from './queue-limits.js';
import { messageColumns, type QueueColumn, rowOf, type Shown, summaryColumns } from './queue-text.js';

/** `T` is plain data: it is compared, remembered and printed as JSON. */
export interface WatchedItems<T extends object> {
  readonly noun: string;
  /** @param shown the items that are shown; undefined: any. */
  readonly columns: (shown?: readonly T[]) => readonly QueueColumn<T>[];
  /** All items, in batches. */
  readonly scan: (scan: QueueScan) => AsyncIterable<readonly T[]>;
  /** Identifies an item from one scan to the next. */
  readonly keyOf: (item: T) => string;
  readonly totalsOf: (item: T) => Totals;
}

export const watchedMessages = (limit: number | undefined, shown: Shown): WatchedItems<ExportedMessage> => ({
  noun: 'message',
  columns: () => messageColumns(shown),
  async *scan(scan) {
    for await (const batch of messagesOf(scan, limit)) yield batch.map((message) => toExport(message, shown.body));
  },
  keyOf: ({ to, seq, id }) => `${to} ${seq ?? id}`,
  totalsOf,
});

export const watchedMailboxes: WatchedItems<QueueSummary> = {
  noun: 'mailbox',
  columns: summaryColumns,
  async *scan(scan) {
    yield await summariesOf(scan);
  },
  keyOf: ({ user }) => user,
  totalsOf: (summary) => summary,
};

export interface WatchView {
  /** Shows the result of a scan; `now` in ms since 1970. */
  show(scan: QueueScan, now: number): Promise<void>;
  /** Why the queues cannot be read now; undefined when they can. Called after each attempt. */
  setProblem(problem: string | undefined): void;
}

/** Shows as many items as fit on the terminal, and how many more there are. */
export class ScreenView<T extends object> implements WatchView {
  readonly #textWidth = createTextWidth();
  #body: readonly SafeText[] = [];

  constructor(
    private readonly items: WatchedItems<T>,
    private readonly everyMs: number,
    private readonly output: Output,
  ) {}

  async show(scan: QueueScan, now: number): Promise<void> {
    const { items, output } = this;
    const total = new TotalsCounter();
    // All rows but the head, the headings, `… more`, and the row of the cursor.
    const room = Math.max(1, (output.rows ?? 24) - 4);
    const first: T[] = [];
    let unreadable = 0;
    let count = 0;
    for await (const batch of items.scan({ ...scan, unreadable: () => unreadable++ })) {
      count += batch.length;
      for (const item of batch) total.add(items.totalsOf(item));
      if (first.length < room) first.push(...batch.slice(0, room - first.length));
    }
    const what = safe`${plural(count, items.noun)}, ${formatBytes(total.bytes)}`;
    const oldest = total.oldestAt === undefined ? safe`` : safe`, the oldest ${formatAge(now - total.oldestAt)}`;
    const problem = unreadable === 0 ? safe`` : safe`, ${plural(unreadable, 'mailbox')} cannot be read`;
    const head = safe`${formatTime(now)}, every ${inline(formatDuration(this.everyMs))}: ${what}${oldest}${problem}`;
    await this.#draw(head, this.#layOut(first, count, now));
  }

  setProblem(problem: string | undefined): void {
    if (problem === undefined) return;
    void this.#draw(safe`${inline(problem)}; trying again; the last result:`, this.#body);
  }

  #layOut(first: readonly T[], count: number, now: number): SafeText[] {
    if (first.length === 0) return [];
    const columns = this.items.columns(first);
    const layout = new Layout(columns, this.output.columns);
    const rows = first.map((item) => rowOf(columns, item, now));
    layout.fit(rows);
    const more = count - first.length;
    return [
      paintHeading(this.#cut(layout.headings)),
      ...rows.map((row) => this.#cut(layout.lineOf(row))),
      ...(more > 0 ? [safe`… ${more} more`] : []),
    ];
  }

  async #draw(head: SafeText, body: readonly SafeText[]): Promise<void> {
    this.#body = body;
    await this.output.screen([this.#cut(head), ...body]);
  }

  /** Cuts a line at the edge of the terminal: a wrapped line would scroll others off the screen. */
  #cut(line: SafeText): SafeText {
    const columns = this.output.columns ?? 80;
    let text = '';
    let used = 0;
    for (const cell of this.#textWidth.cells(line)) {
      used += cell.columns;
      if (used > columns) break;
      text += cell.text;
    }
    return text as SafeText;
  }
}

/** Prints a line for each change since the last scan. At the first scan every item is new. */
export class ChangeLog<T extends object> implements WatchView {
  readonly #diff = new WatchDiff<T>();
  readonly #table: Table;
  readonly #columns: readonly QueueColumn<T>[];
  readonly #unreadable = new Set<string>();
  #problem: string | undefined;

  constructor(
    private readonly items: WatchedItems<T>,
    private readonly output: Output,
  ) {
    this.#columns = items.columns();
    this.#table = new Table(output, [{ heading: 'CHANGE ' }, ...this.#columns]); // as wide as `changed`
  }

  async show(scan: QueueScan, now: number): Promise<void> {
    const { items, output } = this;
    const noteOnce: QueueScan['unreadable'] = (queue) => {
      if (!this.#unreadable.has(queue.user)) scan.unreadable(queue);
      this.#unreadable.add(queue.user);
    };
    let hasChanged = false;
    const print = async (changes: readonly Change<T>[]): Promise<void> => {
      if (changes.length === 0) return;
      hasChanged = true;
      if (output.json) await Promise.all(changes.map(({ change, item }) => output.object({ change, now, ...item })));
      else
        await this.#table.add(changes.map(({ change, item }) => [inline(change), ...rowOf(this.#columns, item, now)]));
    };
    for await (const batch of items.scan({ ...scan, unreadable: noteOnce })) {
      await print(batch.flatMap((item) => this.#diff.see(items.keyOf(item), item) ?? []));
      if (this.#diff.size > WATCH.maxItems) throw tooMany(items.noun);
    }
    await print(this.#diff.endScan());
    if (hasChanged) await this.#table.end();
  }

  setProblem(problem: string | undefined): void {
    if (problem !== undefined && problem !== this.#problem)
      this.output.note(safe`im: ${inline(problem)}; trying again`);
    this.#problem = problem;
  }
}

const tooMany = (noun: string): Failure =>
  new Failure('usage', `there are more than ${plural(WATCH.maxItems, noun)} to watch`, {
    next: 'use filters or --limit, or watch the numbers: --summary',
  });
