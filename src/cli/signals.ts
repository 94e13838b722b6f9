/** How a command is asked to end. */
import type { Exit } from './exit-codes.js';

/** Resolves at the first SIGINT, SIGTERM or SIGHUP (the terminal is gone), which then does not end the process by itself. A second one does. */
export function untilSignal(): Promise<Exit & ('interrupted' | 'terminated')> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve('interrupted'));
    process.once('SIGTERM', () => resolve('terminated'));
    process.once('SIGHUP', () => resolve('terminated'));
  });
}
