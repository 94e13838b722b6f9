/** The state folder: a client's outbox and inbox on disk. */
import type { ClientPorts } from './options.js';
import type { State } from './state.js';

export async function openState(_options: { folder: string; user: string }, _ports: ClientPorts): Promise<State> {
  throw new Error('state folders are not there yet');
}
