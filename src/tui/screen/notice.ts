/** Notices: short texts for the user in the status line, and when they go. Pure. */
import type { SafeText } from '../../text/safe-text.js';
import { TUI } from '../limits.js';

/** What a notice is about, and how long it stays. */
const NOTICES = {
  /** The result of a key or a command: goes with the next key, or by itself. */
  result: { staysMs: TUI.noticeMs, endsWithAnyKey: true },
  /** Something was not done, and why: goes with the next key. */
  problem: { staysMs: Number.POSITIVE_INFINITY, endsWithAnyKey: true },
  /** Something happened that the user may not be looking at: goes with Esc. */
  warning: { staysMs: Number.POSITIVE_INFINITY, endsWithAnyKey: false },
} as const;

export type NoticeKind = keyof typeof NOTICES;

interface Notice {
  readonly kind: NoticeKind;
  readonly text: SafeText;
  /** ms since 1970. */
  readonly at: number;
}

/** At most one notice of each kind. A warning is shown when there is no other notice. */
export class Notices {
  #latest: Notice | undefined;
  #warning: Notice | undefined;

  /** What to show now. */
  get text(): SafeText | undefined {
    return (this.#latest ?? this.#warning)?.text;
  }

  add(kind: NoticeKind, text: SafeText, now: number): void {
    const notice = { kind, text, at: now };
    if (NOTICES[kind].endsWithAnyKey) this.#latest = notice;
    else this.#warning = notice;
  }

  /** A key was pressed. Returns whether it was Esc and closed a warning. */
  keyPressed(isEscape: boolean): boolean {
    const closes = isEscape && this.#latest === undefined && this.#warning !== undefined;
    this.#latest = undefined;
    if (closes) this.#warning = undefined;
    return closes;
  }

  /** Returns whether a notice was too old, and went. */
  expire(now: number): boolean {
    if (!this.#latest || Math.abs(now - this.#latest.at) < NOTICES[this.#latest.kind].staysMs) return false; // clocks jump
    this.#latest = undefined;
    return true;
  }
}
