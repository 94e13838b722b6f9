/** A user blocks others from within a chat. Each request has a connection of its own, in mode `send`, beside that of the chat. */

import type { ClientPorts } from '../ports.js';
import { OperatorLost, type OperatorOptions, OperatorRefused, operate } from './operator-client.js';

/** `list` needs no name. */
export interface BlockingRequest {
  readonly action: 'list' | 'block' | 'unblock';
  readonly name?: string | undefined;
}

/** Who is blocked now, or why nothing was done, as text for people. */
export type BlockingResult =
  | { readonly isDone: true; readonly blocked: readonly string[] }
  | { readonly isDone: false; readonly problem: string };

/** Rejects only for a bug. */
export type Blocking = (request: BlockingRequest) => Promise<BlockingResult>;

export function blockingFor(login: Omit<OperatorOptions, 'mode'>, ports: Partial<ClientPorts> = {}): Blocking {
  return async ({ action, name }) => {
    const operator = operate({ ...login, mode: 'send' }, ports);
    try {
      const { blocked } = await operator.senders({ action, ...(name !== undefined && { names: [name] }) });
      return { isDone: true, blocked };
    } catch (error) {
      if (!(error instanceof OperatorRefused || error instanceof OperatorLost)) throw error;
      return { isDone: false, problem: error.message };
    } finally {
      await operator.close();
    }
  };
}
