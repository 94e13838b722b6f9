/** What `im listen --from` does with messages of others: they are kept in the history, unread, where the chat client shows them. */
import { join } from 'node:path';
import type { IncomingMessage } from '../../client/events.js';
import { History, toReceivedRecord } from '../../history/history.js';
import type { Clock } from '../../io/clock.js';
import { realFiles as files } from '../../io/files.js';

export interface UnmatchedMessages {
  /** Keeps a message: durable when it resolves, so it may be acked. Resolves with whether it was not kept before. */
  keep(message: IncomingMessage): Promise<boolean>;
  close(): Promise<void>;
}

/** @param stateFolder the client's; it is there, and this process's own, when the first message comes. */
export function openUnmatchedMessages(stateFolder: string, clock: Clock): UnmatchedMessages {
  const history = new History({ files, folder: join(stateFolder, 'chat', 'history') });
  return {
    keep: async (message) => {
      const [segment] = await history.addReceived(message.from, [toReceivedRecord(message, clock.now())]);
      return segment !== undefined;
    },
    close: () => history.close(),
  };
}
