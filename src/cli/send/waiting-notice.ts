/** Tells a person at a terminal what a command waits for, when nothing has happened for a while. */
import type { Clock, Timer } from '../../io/clock.js';
import type { SafeText } from '../../text/safe-text.js';
import type { Output } from '../output/output.js';
import { SENDING } from './send-limits.js';

interface Waiting {
  /** Since when, on the monotonic clock. */
  readonly since: number;
  readonly text: SafeText;
}

export class WaitingNotice {
  #timer: Timer | undefined;
  #said = '';

  /** @param waiting what it waits for now; undefined: for nothing. */
  constructor(
    private readonly ports: { readonly output: Output; readonly clock: Clock },
    private readonly waiting: () => Waiting | undefined,
  ) {}

  /** It waits from now on, until `waiting` returns undefined. Each text is printed once in a row. */
  start(ms: number = SENDING.quietMs): void {
    if (this.ports.output.showsProgress) this.#timer ??= this.ports.clock.after(ms, () => this.#check());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #check(): void {
    const { clock, output } = this.ports;
    this.#timer = undefined;
    const waiting = this.waiting();
    if (!waiting) return;
    const leftMs = waiting.since + SENDING.quietMs - clock.monotonic();
    if (leftMs <= 0 && waiting.text !== this.#said) output.note(waiting.text);
    if (leftMs <= 0) this.#said = waiting.text;
    this.start(leftMs > 0 ? leftMs : SENDING.quietMs);
  }
}
