/** Loads the screen, with Ink and React, only when it is needed: it takes a tenth of a second. */
import type * as OpenChat from './open-chat.js';

export type Tui = typeof OpenChat;

export async function loadChat(): Promise<Tui> {
  // React reads NODE_ENV once, when it is loaded. Its development build is slower, and records data without limit.
  process.env.NODE_ENV = 'production';
  return import('./open-chat.js');
}
