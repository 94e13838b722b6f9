/** Fits the numbers of connections to the number of files that this process may have open: each socket is one of them. */
import { TRANSPORT } from '../../io/limits.js';

export interface ConnectionNumbers {
  /** Connections that have logged in. */
  readonly sessions: number;
  readonly strangers: number;
}

/** How many files this process may have open; Infinity if there is no limit. Node has raised it to the hard limit. */
export function openFilesLimit(): number {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } };
  const soft = userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : Number.POSITIVE_INFINITY;
}

/**
 * The same numbers, or lower ones, so that neither a stranger nor a user can take the descriptors that the store needs: then
 * the server would answer `unavailable`. `sockets` is for all of them together.
 */
export function fitToOpenFiles(
  wanted: ConnectionNumbers,
  limit: number,
): ConnectionNumbers & { readonly sockets: number } {
  const forSockets = limit - Math.min(MAX_FILES, Math.ceil(limit / 2));
  const spare = Math.min(TRANSPORT.spareSockets, Math.floor(forSockets / 8));
  const strangers = Math.min(wanted.strangers, Math.max(1, Math.floor(forSockets / 4)));
  const sessions = Math.min(wanted.sessions, Math.max(1, forSockets - spare - strangers));
  return { sessions, strangers, sockets: sessions + strangers + spare };
}

/** Kept for files, for the operations port, and for Node. */
const MAX_FILES = 256;
