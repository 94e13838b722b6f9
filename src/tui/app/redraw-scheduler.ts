/** Decides when the screen is drawn: at once after a key, else at most once a frame, and never while the terminal is busy. */
import type { Clock, Timer } from '../../io/clock.js';
import type { FrameRenderer } from '../components/frame-renderer.js';
import { TUI } from '../limits.js';
import { type Frame, paint } from '../render/painter.js';
import { LEAVE_PLAIN_PAGE, type PlainPage, plainPage } from '../render/plain-page.js';
import { MOUSE_OFF, MOUSE_ON, type Terminal } from '../render/terminal.js';
import type { Screen } from '../screen/screen.js';
import { toViewModel, type ViewModel } from '../view-model/view-model.js';
import { titleBytes } from './notify.js';

/** Without keys, the pause between two draws is at least so many times as long as a draw: a slow machine has other work. */
const PAUSE_FACTOR = 4;

interface RedrawOptions {
  /** The mouse is reported; not on the page of plain text, where the terminal's own selection is wanted. */
  readonly hasMouse: boolean;
  /** The title of the window shows how many messages are unread. */
  readonly hasTitle: boolean;
}

export class RedrawScheduler {
  /** What the terminal shows; undefined when that is not known. */
  #shown: Frame | undefined;
  /** The page of plain text that the terminal shows instead. It is not written again: that would undo a selection. */
  #plain: string | undefined;
  /** The title that the terminal shows; undefined when that is not known. */
  #title: string | undefined;
  #timer: Timer | undefined;
  #isDeferred = false;
  #drawnAt = Number.NEGATIVE_INFINITY;
  /** Duration of the last draw. */
  #tookMs = 0;
  #isClosed = false;

  constructor(
    private readonly screen: Screen,
    private readonly terminal: Terminal,
    private readonly frameRenderer: FrameRenderer,
    private readonly clock: Clock,
    private options: RedrawOptions = { hasMouse: false, hasTitle: false },
  ) {}

  configure(options: RedrawOptions): void {
    this.options = options;
    this.redrawAll();
  }

  /** Draws at the end of this turn of the event loop. */
  drawNow(): void {
    if (this.#isClosed || this.#isDeferred) return;
    this.#isDeferred = true;
    this.clock.defer(() => this.#draw());
  }

  /** Draws with the next frame: events that arrive together are drawn together. */
  drawSoon(): void {
    if (this.#isClosed || this.#timer || this.#isDeferred) return;
    const pause = Math.max(TUI.frameMs, this.#tookMs * PAUSE_FACTOR);
    const wait = Math.max(0, this.#drawnAt + pause - this.clock.monotonic());
    this.#timer = this.clock.after(wait, () => this.#draw());
  }

  /** Redraws everything, at the terminal's current size. */
  redrawAll(): void {
    this.#shown = undefined;
    this.#title = undefined;
    if (this.#plain !== undefined) this.#plain = '';
    this.screen.size = this.terminal.size;
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
    // A busy terminal skips frames: `drained` draws the state at that time.
    if (this.#isClosed || this.terminal.isBusy) return;
    this.#drawnAt = this.clock.monotonic();
    const view = toViewModel(this.screen, this.clock.now());
    const bytes = view.plain ? this.#plainBytes(view.plain) : this.#frameBytes(view);
    if (bytes !== '') this.terminal.write(bytes);
    if (this.options.hasTitle) this.#drawTitle();
    this.#tookMs = this.clock.monotonic() - this.#drawnAt;
  }

  #drawTitle(): void {
    const { me, unread } = this.screen.chat;
    const title = titleBytes(me, unread);
    if (title === this.#title) return;
    this.#title = title;
    this.terminal.write(title);
  }

  #plainBytes(page: PlainPage): string {
    const bytes = plainPage(page, this.screen.size);
    if (bytes === this.#plain) return '';
    this.#plain = bytes;
    this.#shown = undefined;
    return this.options.hasMouse ? MOUSE_OFF + bytes : bytes;
  }

  #frameBytes(view: ViewModel): string {
    const frame = this.frameRenderer.render(view, this.screen.size);
    const isSameSize =
      this.#shown?.grid.length === frame.grid.length && this.#shown.grid[0]?.length === frame.grid[0]?.length;
    const bytes = paint(isSameSize ? this.#shown : undefined, frame);
    this.#shown = frame;
    const leave = this.#plain === undefined ? '' : LEAVE_PLAIN_PAGE + (this.options.hasMouse ? MOUSE_ON : '');
    this.#plain = undefined;
    return leave + bytes;
  }
}
