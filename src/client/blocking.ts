/** A user blocks others from within a chat. Each request has a connection of its own, in mode `send`, beside that of the chat. */
import { OperatorLost, type OperatorOptions, OperatorRefused, operate } from './operator-client.js';
import type { ClientPorts } from './options.js';

/** `list` needs no name. */
export interface BlockingRequest {
  readonly action: 'list' | 'block' | 'unblock';
  readonly name?: string | undefined;
}

/** What became of it, as text for people. */
export interface BlockingResult {
  readonly isDone: boolean;
  readonly text: string;
}

/** Rejects only for a bug. */
export type Blocking = (request: BlockingRequest) => Promise<BlockingResult>;

export function blockingFor(login: Omit<OperatorOptions, 'mode'>, ports: Partial<ClientPorts> = {}): Blocking {
  return async ({ action, name }) => {
    const operator = operate({ ...login, mode: 'send' }, ports);
    try {
      const { blocked } = await operator.senders({ action, ...(name !== undefined && { names: [name] }) });
      return { isDone: true, text: textOf(action, name, blocked) };
    } catch (error) {
      if (!(error instanceof OperatorRefused || error instanceof OperatorLost)) throw error;
      return { isDone: false, text: `not done: ${error.message}` };
    } finally {
      await operator.close();
    }
  };
}

function textOf(action: BlockingRequest['action'], name: string | undefined, blocked: readonly string[]): string {
  if (action === 'block') return `you take no more messages from ${name}`;
  if (action === 'unblock') return `${name} is no longer blocked`;
  return blocked.length === 0 ? 'nobody is blocked' : `blocked: ${blocked.join(', ')}`;
}
