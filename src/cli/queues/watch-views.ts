/** The two ways in which watched queues are shown: a terminal's screen that is drawn anew, and a log of changes. */

import { WATCH } from '../../queue-admin/limits.js';
import type { QueueScan } from '../../queue-admin/queue-scan.js';
import { TotalsCounter } from '../../queue-admin/summary.js';
import { WatchDiff } from '../../queue-admin/watch-diff.js';
import { inline, type SafeText, safe } from '../../text/safe-text.js';
import { createTextWidth } from '../../text/text-width.js';
import { Failure } from '../errors/failure.js';
import { formatBytes } from '../output/bytes.js';
import { formatDuration } from '../output/duration.js';
import { heading as paintHeading } from '../output/heading.js';
import type { Output } from '../output/output.js';
import { Layout, Table } from '../output/table.js';
import { formatAge, formatTime } from '../output/timestamps.js';
import type { WatchedItems } from './watched-items.js';

export interface WatchView {
  /** Shows the queues as they are; `now` in ms since 1970. */
  show(survey: QueueScan, now: number): Promise<void>;
  /** They cannot be looked at now; `undefined`: they can. Told after each look. */
  trouble(what: string | undefined): void;
}

/** As many as there is room for, and how many there are besides. */
export class ScreenView<T> implements WatchView {
  readonly #textWidth = createTextWidth();
  #body: readonly SafeText[] = [];

  constructor(
    private readonly kind: WatchedItems<T>,
    private readonly everyMs: number,
    private readonly output: Output,
  ) {}

  async show(survey: QueueScan, now: number): Promise<void> {
    const { kind, output } = this;
    const total = new TotalsCounter();
    // The first line, the headings, what is left out, and the line on which the cursor stands.
    const room = Math.max(1, (output.rows ?? 24) - 4);
    const first: T[] = [];
    let unreadable = 0;
    let count = 0;
    const counted = { ...survey, unreadable: () => unreadable++ };
    for await (const items of kind.look(counted)) {
      count += items.length;
      for (const item of items) kind.count(item, total);
      if (first.length < room) first.push(...items.slice(0, room - first.length));
    }
    const what = safe`${count} ${inline(kind.name)}, ${formatBytes(total.bytes)}`;
    const oldest = total.oldestAt === undefined ? safe`` : safe`, the oldest ${formatAge(now - total.oldestAt)}`;
    const faults = unreadable === 0 ? safe`` : safe`, ${unreadable} mailboxes cannot be read`;
    const head = safe`${formatTime(now)}, every ${inline(formatDuration(this.everyMs))}: ${what}${oldest}${faults}`;
    await this.#draw(head, this.#lay(first, count, now));
  }

  trouble(what: string | undefined): void {
    if (what !== undefined) void this.#draw(safe`${inline(what)}; trying again; what it was before:`, this.#body);
  }

  #lay(first: readonly T[], count: number, now: number): SafeText[] {
    if (first.length === 0) return [];
    const layout = new Layout(this.kind.columns, this.output.columns);
    const rows = first.map((item) => this.kind.cellsOf(item, now));
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

  /** A line that the terminal breaks would push the last ones off the screen. */
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

/** A line for each change. At first everything is new. */
export class ChangeLog<T> implements WatchView {
  readonly #changes = new WatchDiff<T>();
  readonly #table: Table;
  readonly #noted = new Set<string>();
  #trouble: string | undefined;

  constructor(
    private readonly kind: WatchedItems<T>,
    private readonly output: Output,
  ) {
    this.#table = new Table(output, [{ heading: 'CHANGE ' }, ...kind.columns]); // as wide as "changed"
  }

  async show(survey: QueueScan, now: number): Promise<void> {
    const { kind, output } = this;
    const noteOnce: QueueScan['unreadable'] = (queue) => {
      if (!this.#noted.has(queue.user)) survey.unreadable(queue);
      this.#noted.add(queue.user);
    };
    let isFirst = true;
    const print = async (changed: readonly { readonly change: string; readonly item: T }[]): Promise<void> => {
      if (changed.length === 0) return;
      isFirst = false;
      if (output.json) {
        const objects = changed.map(({ change, item }) => ({ change, now, ...kind.objectOf(item, change === 'gone') }));
        await Promise.all(objects.map(output.object));
      } else await this.#table.add(changed.map(({ change, item }) => [inline(change), ...kind.cellsOf(item, now)]));
    };
    for await (const items of kind.look({ ...survey, unreadable: noteOnce })) {
      await print(items.flatMap((item) => this.#see(item) ?? []));
      if (this.#changes.size > WATCH.maxItems) throw tooMany(kind.name);
    }
    await print(this.#changes.end());
    if (!isFirst) await this.#table.end();
  }

  trouble(what: string | undefined): void {
    if (what !== undefined && what !== this.#trouble) this.output.note(safe`im: ${inline(what)}; trying again`);
    this.#trouble = what;
  }

  /** The item itself is printed; what is remembered of it is less. */
  #see(item: T): { readonly change: string; readonly item: T } | undefined {
    const { kind } = this;
    const changed = this.#changes.see(kind.keyOf(item), kind.markOf(item), kind.remembered(item));
    return changed && { change: changed.change, item };
  }
}

const tooMany = (name: string): Failure =>
  new Failure('usage', `there are more than ${WATCH.maxItems} ${name} to watch`, {
    next: 'narrow it down with filters or --limit, or watch the numbers: --summary',
  });
