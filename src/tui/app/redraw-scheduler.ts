/** Brings the screen to the terminal: at once after a key, otherwise so many times a second; and never faster than it is taken. */
import type { Clock, Timer } from '../../io/clock.js';
import type { FrameRenderer } from '../components/screen-frame.js';
import { TUI } from '../limits.js';
import { type Frame, paint } from '../render/painter.js';
import type { Terminal } from '../render/terminal.js';
import type { Screen } from '../screen/screen.js';
import { toViewModel } from '../view-model/view-model.js';

/** So many times as long as a drawing took, there is none unless a key is pressed. */
const REST = 4;

interface RedrawSchedulerOptions {
  readonly screen: Screen;
  readonly terminal: Terminal;
  readonly frameRenderer: FrameRenderer;
  readonly clock: Clock;
}

export class RedrawScheduler {
  /** What the terminal shows; undefined when nobody knows. */
  #shown: Frame | undefined;
  #timer: Timer | undefined;
  #isDue = false;
  #drawnAt = Number.NEGATIVE_INFINITY;
  /** How long the last drawing took. */
  #tookMs = 0;
  #isClosed = false;

  constructor(private readonly options: RedrawSchedulerOptions) {}

  /** Draws at the end of this turn: what is typed is seen at once. */
  now(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.options.clock.defer(() => this.#draw());
  }

  /** Draws with the next frame: whatever comes in is seen soon, and what comes in together is drawn together. */
  soon(): void {
    if (this.#timer || this.#isDue) return;
    const { clock } = this.options;
    // On a slow machine drawing takes no more than its share: there are keys and messages to handle.
    const pause = Math.max(TUI.frameMs, this.#tookMs * REST);
    const wait = Math.max(0, this.#drawnAt + pause - clock.monotonic());
    this.#timer = clock.after(wait, () => this.#draw());
  }

  /** Nobody knows what the terminal shows: everything is drawn again. */
  lost(): void {
    this.#shown = undefined;
    this.options.screen.size = this.options.terminal.size;
    this.now();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #draw(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#isDue = false;
    const { screen, terminal, frameRenderer, clock } = this.options;
    // A terminal that takes nothing is not told every step: `drained` draws what it is by then.
    if (this.#isClosed || terminal.isBusy) return;
    this.#drawnAt = clock.monotonic();
    const frame = frameRenderer.frame(toViewModel(screen, clock.now()), screen.size);
    const isSameSize =
      this.#shown?.grid.length === frame.grid.length && this.#shown.grid[0]?.length === frame.grid[0]?.length;
    const bytes = paint(isSameSize ? this.#shown : undefined, frame);
    this.#shown = frame;
    if (bytes !== '') terminal.write(bytes);
    this.#tookMs = clock.monotonic() - this.#drawnAt;
  }
}
