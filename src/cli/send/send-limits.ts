/** The limits of `im send`. */
import { WIRE } from '../../protocol/limits.js';

export const SENDING = {
  /** How long a message may take, without --timeout. */
  timeoutMs: 10_000,
  /** How long nothing may happen before a person at a terminal is told what it waits for. */
  quietMs: 1_000,
  /** Messages given to the client and not yet settled: more than the window, so that the client never runs dry. */
  maxPending: 2 * WIRE.window,
  /** UTF-16 units of their bodies. */
  maxPendingUnits: 4 * 1024 * 1024,
  /** Failures printed one by one when the first of them stops everything; the others are only counted. */
  maxPrintedFailures: 10,
  /** How long to wait for the answers to messages already sent, after a signal. */
  lastAnswersMs: 3_000,
} as const;

/** The limits of the report on a command (`im send --exec`). */
export const EXEC_REPORT = {
  /** From the end of its output. */
  maxLines: 20,
  maxOutputBytes: 4 * 1024,
  /** Characters of the command line. */
  maxCommandLength: 200,
} as const;
