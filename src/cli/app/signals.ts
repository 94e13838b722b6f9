/** Signals that ask a command to end, and SIGHUP, which does not always. */
import { isatty } from 'node:tty';
import type { Exit } from '../errors/exit-codes.js';
import { standardTerminals } from '../output/standard-streams.js';

/**
 * SIGHUP says that a terminal was closed. A command with no terminal at stdin, stdout and stderr has none to lose, and goes
 * on: `nohup im listen &`. Node forgets at its start that nohup had told it to ignore the signal.
 */
export function ignoreHangupWithoutTerminal(): void {
  if (standardTerminals().length === 0) process.on('SIGHUP', () => undefined);
}

/**
 * Resolves at the first SIGINT, SIGTERM or, on a terminal, SIGHUP. A second SIGINT or SIGTERM kills the process, as by
 * default. Further SIGHUPs are ignored: when a terminal closes, both the terminal and the shell send one.
 * @param onHangup what SIGHUP does instead of ending the command, unless a terminal of it was closed.
 */
export function untilSignal(onHangup?: () => void): Promise<Exit & ('interrupted' | 'terminated')> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve('interrupted'));
    process.once('SIGTERM', () => resolve('terminated'));
    const terminals = standardTerminals();
    if (onHangup) {
      process.on('SIGHUP', () => {
        // On Windows only a closed console sends it, and Windows ends the process soon after.
        const isClosed = process.platform === 'win32' || !terminals.every((fd) => isatty(fd));
        if (isClosed) resolve('terminated');
        else onHangup();
      });
    } else if (terminals.length > 0) {
      process.on('SIGHUP', () => {
        process.once('exit', killByHangup);
        resolve('terminated');
      });
    }
  });
}

/** Ends the process by SIGHUP, as it would without a handler. */
function killByHangup(): void {
  process.removeAllListeners('SIGHUP');
  process.kill(process.pid, 'SIGHUP');
}
