/** Signals that ask a command to end. */
import type { Exit } from '../errors/exit-codes.js';

/**
 * Resolves at the first SIGINT, SIGTERM or SIGHUP. A second SIGINT or SIGTERM kills the process, as by default. Further
 * SIGHUPs are ignored: when a terminal closes, both the terminal and the shell send one.
 */
export function untilSignal(): Promise<Exit & ('interrupted' | 'terminated')> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve('interrupted'));
    process.once('SIGTERM', () => resolve('terminated'));
    process.on('SIGHUP', () => {
      process.once('exit', killByHangup);
      resolve('terminated');
    });
  });
}

/** Ends the process by SIGHUP. On a normal exit Node would reset the closed terminal, fail, and abort. */
function killByHangup(): void {
  process.removeAllListeners('SIGHUP');
  process.kill(process.pid, 'SIGHUP');
}
