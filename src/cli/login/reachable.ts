/** Whether anything listens where a server should be: asked only when a command has no token, to say what to do next. */
import { connect } from 'node:net';
import { systemClock as clock } from '../../io/clock.js';
import { withTimeout } from '../async/with-timeout.js';

/** A firewall may drop what is sent. */
const TIMEOUT_MS = 3_000;

/** Opens a connection and closes it: nothing is sent before a login (R1). */
export async function isReachable(url: string): Promise<boolean> {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket = connect({ host, port: Number(port) || (protocol === 'wss:' ? 443 : 80) });
  const opened = new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  });
  const outcome = await withTimeout(clock, TIMEOUT_MS, opened);
  socket.destroy();
  return outcome === true;
}
