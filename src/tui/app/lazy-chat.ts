/** Loads the screen, with Ink and React, only when it is needed: it takes a tenth of a second. */
import type * as OpenChat from './open-chat.js';

export type Tui = typeof OpenChat;

export async function loadChat(): Promise<Tui> {
  return import('./open-chat.js');
}
