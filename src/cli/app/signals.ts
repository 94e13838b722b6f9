/** How a command is asked to end. */
import type { Exit } from '../errors/exit-codes.js';

/**
 * Resolves at the first SIGINT, SIGTERM or SIGHUP, which then does not end the process by itself. A second SIGINT or SIGTERM
 * does. SIGHUP says that the terminal is gone; it comes from the terminal and from the shell, so more than once.
 */
export function untilSignal(): Promise<Exit & ('interrupted' | 'terminated')> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve('interrupted'));
    process.once('SIGTERM', () => resolve('terminated'));
    process.on('SIGHUP', () => {
      process.once('exit', endByHangup);
      resolve('terminated');
    });
  });
}

/** The end that SIGHUP means. Any other way, Node resets the terminal that is gone, fails, and aborts. */
function endByHangup(): void {
  process.removeAllListeners('SIGHUP');
  process.kill(process.pid, 'SIGHUP');
}
