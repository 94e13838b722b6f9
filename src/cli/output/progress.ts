/** Shows progress: a bar on a terminal, elsewhere a line every few seconds. */
import type { Clock } from '../../io/clock.js';
import { inline, safe } from '../../text/safe-text.js';
import type { Output } from './output.js';

const BAR_COLUMNS = 24;
const BAR_INTERVAL_MS = 100;
const LINE_INTERVAL_MS = 5_000;

export class Progress {
  #nextAt: number;

  /** @param what follows the count: `delivered`. */
  constructor(
    private readonly output: Output,
    private readonly clock: Pick<Clock, 'monotonic'>,
    private readonly what: string,
  ) {
    this.#nextAt = clock.monotonic() + (output.showsProgress ? 0 : LINE_INTERVAL_MS);
  }

  /** @param total undefined while it is unknown. @param what in place of that of the constructor. */
  update(done: number, total: number | undefined, what: string = this.what): void {
    const now = this.clock.monotonic();
    if (now < this.#nextAt) return;
    this.#nextAt = now + (this.output.showsProgress ? BAR_INTERVAL_MS : LINE_INTERVAL_MS);
    const count = total === undefined ? safe`${done}` : safe`${done} of ${total}`;
    const text = safe`${count} ${inline(what)}`;
    if (!this.output.showsProgress) this.output.note(safe`im: ${text}`);
    else this.output.progress(total === undefined ? text : safe`${inline(barOf(done, total))} ${text}`);
  }
}

function barOf(done: number, total: number): string {
  const full = total === 0 ? BAR_COLUMNS : Math.floor((Math.min(done, total) / total) * BAR_COLUMNS);
  return `[${'#'.repeat(full)}${'-'.repeat(BAR_COLUMNS - full)}]`;
}
