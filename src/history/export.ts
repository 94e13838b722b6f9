/** Exports a conversation to a file as JSON Lines, for people and for other programs. */

import { writeAll } from '../disk/json-file.js';
import type { Files } from '../io/files.js';
import type { History } from './history.js';
import { type HistoryMessage, isOwn } from './segment.js';

/** Text is buffered up to this many UTF-16 units before it is written. */
const CHUNK_LENGTH = 64 * 1024;

/** Resolves with the number of messages when the file is synced. Rejects with EEXIST when it exists: nothing is overwritten. */
export async function exportConversation(history: History, peer: string, path: string, files: Files): Promise<number> {
  const file = await files.append(path, { new: true });
  try {
    let count = 0;
    let text = '';
    for await (const message of history.messages(peer)) {
      text += `${JSON.stringify(toExported(message, peer))}\n`;
      count += 1;
      if (text.length < CHUNK_LENGTH) continue;
      await writeAll(file, Buffer.from(text));
      text = '';
    }
    await writeAll(file, Buffer.from(text));
    await file.sync();
    return count;
  } finally {
    await file.close();
  }
}

/** A message as an object for JSON. The fields have the names that they have in the protocol. */
export function toExported(message: HistoryMessage, peer: string): object {
  const { id, at, body, re } = message;
  const about = re !== undefined && { re };
  if (isOwn(message)) {
    const { state, why } = message;
    return { to: peer, id, at, body, ...about, state, ...(why !== undefined && { why }) };
  }
  const { from, seq, epoch, replay } = message;
  return { from, seq, epoch, id, at, body, ...about, ...(replay !== undefined && { replay }) };
}
