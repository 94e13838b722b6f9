/** `im listen --from`: keeps messages of other senders unread in the history, where the chat client shows them. */
import { join } from 'node:path';
import type { IncomingMessage } from '../../client/events.js';
import { History, toReceivedRecord } from '../../history/history.js';
import type { Clock } from '../../io/clock.js';
import { realFiles as files } from '../../io/files.js';

export interface UnmatchedMessages {
  /** Resolves when the message is durable, so it may be acked: with false when an earlier process has kept it already. */
  keep(message: IncomingMessage): Promise<boolean>;
  close(): Promise<void>;
}

/** @param stateFolder of the client. It exists, and is locked by this process, before the first message arrives. */
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
