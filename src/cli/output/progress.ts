/** How far something is: a bar on a terminal, now and then a line elsewhere. */
import type { Clock } from '../../io/clock.js';
import { inline, safe } from '../../text/safe-text.js';
import type { Output } from './output.js';

const BAR_COLUMNS = 24;
/** How often the bar moves, and how often a line is written where there is none. */
const BAR_EVERY_MS = 100;
const LINE_EVERY_MS = 5_000;

export class Progress {
  #nextAt: number;

  /** @param what is counted: "delivered". */
  constructor(
    private readonly output: Output,
    private readonly clock: Pick<Clock, 'monotonic'>,
    private readonly what: string,
  ) {
    this.#nextAt = clock.monotonic() + (output.showsProgress ? 0 : LINE_EVERY_MS);
  }

  /** @param total undefined: nobody knows yet. */
  update(done: number, total: number | undefined): void {
    const now = this.clock.monotonic();
    if (now < this.#nextAt) return;
    this.#nextAt = now + (this.output.showsProgress ? BAR_EVERY_MS : LINE_EVERY_MS);
    const count = total === undefined ? safe`${done}` : safe`${done} of ${total}`;
    const text = safe`${count} ${inline(this.what)}`;
    if (!this.output.showsProgress) this.output.note(safe`im: ${text}`);
    else this.output.progress(total === undefined ? text : safe`${inline(barOf(done, total))} ${text}`);
  }
}

function barOf(done: number, total: number): string {
  const full = total === 0 ? BAR_COLUMNS : Math.floor((Math.min(done, total) / total) * BAR_COLUMNS);
  return `[${'#'.repeat(full)}${'-'.repeat(BAR_COLUMNS - full)}]`;
}
