/** Loads the screen, and with it Ink and React: a tenth of a second that no other command has to spend. */
import type * as OpenChat from './open-chat.js';

export type { ChatOptions, ChatPorts } from './open-chat.js';
export type { Leave } from './run-chat.js';

export type Tui = typeof OpenChat;

export async function loadChat(): Promise<Tui> {
  // React asks once, when it is loaded. What it would do otherwise is for its own developers, and it never forgets it.
  process.env.NODE_ENV = 'production';
  return import('./open-chat.js');
}
