/** Decides when the screen is drawn: at once after a key, else at most once a frame, and never while the terminal is busy. */
import type { Clock, Timer } from '../../io/clock.js';
import type { FrameRenderer } from '../components/frame-renderer.js';
import { TUI } from '../limits.js';
import { type Frame, paint } from '../render/painter.js';
import type { Terminal } from '../render/terminal.js';
import type { Screen } from '../screen/screen.js';
import { toViewModel } from '../view-model/view-model.js';

/** Without keys, the pause between two draws is at least so many times as long as a draw: a slow machine has other work. */
const PAUSE_FACTOR = 4;

interface RedrawSchedulerOptions {
  readonly screen: Screen;
  readonly terminal: Terminal;
  readonly frameRenderer: FrameRenderer;
  readonly clock: Clock;
}

export class RedrawScheduler {
  /** What the terminal shows; undefined when that is not known. */
  #shown: Frame | undefined;
  #timer: Timer | undefined;
  #isDeferred = false;
  #drawnAt = Number.NEGATIVE_INFINITY;
  /** Duration of the last draw. */
  #tookMs = 0;
  #isClosed = false;

  constructor(private readonly options: RedrawSchedulerOptions) {}

  /** Draws at the end of this turn of the event loop. */
  drawNow(): void {
    if (this.#isDeferred) return;
    this.#isDeferred = true;
    this.options.clock.defer(() => this.#draw());
  }

  /** Draws with the next frame: events that arrive together are drawn together. */
  drawSoon(): void {
    if (this.#timer || this.#isDeferred) return;
    const { clock } = this.options;
    const pause = Math.max(TUI.frameMs, this.#tookMs * PAUSE_FACTOR);
    const wait = Math.max(0, this.#drawnAt + pause - clock.monotonic());
    this.#timer = clock.after(wait, () => this.#draw());
  }

  /** Redraws everything, at the terminal's current size. */
  redrawAll(): void {
    this.#shown = undefined;
    this.options.screen.size = this.options.terminal.size;
    this.drawNow();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #draw(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#isDeferred = false;
    const { screen, terminal, frameRenderer, clock } = this.options;
    // A busy terminal skips frames: `drained` draws the state at that time.
    if (this.#isClosed || terminal.isBusy) return;
    this.#drawnAt = clock.monotonic();
    const frame = frameRenderer.render(toViewModel(screen, clock.now()), screen.size);
    const isSameSize =
      this.#shown?.grid.length === frame.grid.length && this.#shown.grid[0]?.length === frame.grid[0]?.length;
    const bytes = paint(isSameSize ? this.#shown : undefined, frame);
    this.#shown = frame;
    if (bytes !== '') terminal.write(bytes);
    this.#tookMs = clock.monotonic() - this.#drawnAt;
  }
}
