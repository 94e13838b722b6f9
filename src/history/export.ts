/** Writes a conversation to a file as JSON Lines: for people to keep, and for other programs. */

import { writeAll } from '../disk/json-file.js';
import type { Files } from '../io/files.js';
import type { History } from './history.js';
import { type HistoryMessage, isOwn } from './segment.js';

/** How much is gathered before it is written. */
const CHUNK_LENGTH = 64 * 1024;

/** Resolves with the number of messages, when they are on disk. EEXIST when the file is there: nothing is overwritten. */
export async function exportConversation(history: History, peer: string, path: string, files: Files): Promise<number> {
  const file = await files.append(path, { new: true });
  try {
    let count = 0;
    let text = '';
    for await (const said of history.all(peer)) {
      text += `${JSON.stringify(exported(said, peer))}\n`;
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

/** The same names as everywhere: those of the protocol. */
function exported(said: HistoryMessage, peer: string): object {
  const { id, at, body } = said;
  if (isOwn(said))
    return { to: peer, id, at, body, state: said.state, ...(said.why !== undefined && { why: said.why }) };
  const { from, seq, epoch, replay } = said;
  return { from, seq, epoch, id, at, body, ...(replay !== undefined && { replay }) };
}
