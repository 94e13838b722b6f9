/** `im listen --from`: keeps messages of other senders unread in the history, where the chat client shows them. */
import { join } from 'node:path';
import type { IncomingMessage } from '../../client/api/client.js';
import { History, toPushedRecord } from '../../history/history.js';
import { systemClock as clock } from '../../io/clock.js';
import { realFiles as files } from '../../io/files.js';

export type UnmatchedMessages = ReturnType<typeof openUnmatchedMessages>;

/** @param stateFolder of the client. It exists, and is locked by this process, before the first message arrives. */
export function openUnmatchedMessages(stateFolder: string) {
  const history = new History({ files, folder: join(stateFolder, 'chat', 'history') });
  return {
    /** Resolves when the message is durable, so it may be acked: with false when an earlier process has kept it already. */
    async keep(message: IncomingMessage): Promise<boolean> {
      const [segment] = await history.addPushed(message.from, [toPushedRecord(message, clock.now())]);
      return segment !== undefined;
    },
    close: () => history.close(),
  };
}
