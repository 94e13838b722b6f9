/** The epochs that a mailbox had before: a client that knows one of them follows to the newest. Pure. */

/** A mailbox gets a new epoch only after its store was restored, or its user removed. */
const MAX_PAST_EPOCHS = 100;

/** With these, each once; the oldest are forgotten. */
export const withPast = (past: readonly string[], more: readonly string[]): readonly string[] =>
  [...new Set([...past, ...more])].slice(-MAX_PAST_EPOCHS);
