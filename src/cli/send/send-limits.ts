/** The bounds of `im send`. */
import { WIRE } from '../../protocol/limits.js';

export const SENDING = {
  /** Messages that are not answered yet: more than the window, so that the client always has the next ones at hand. */
  maxPending: 4 * WIRE.window,
  /** UTF-16 units of their bodies. */
  maxPendingUnits: 4 * 1024 * 1024,
  /** Failures that are named when the first stops everything: the others were under way, and are only counted. */
  maxNamed: 10,
  /** How long it waits for the answers to what it has sent, when somebody wants it to end. */
  lastAnswersMs: 3_000,
} as const;

/** Bounds of the report on a command that was run (`im send --exec`). */
export const EXEC_REPORT = {
  /** Of the end of what it printed. */
  maxLines: 20,
  maxOutputBytes: 4 * 1024,
  /** Characters of the command itself. */
  maxCommandLength: 200,
} as const;
