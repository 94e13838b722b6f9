/** Brings what is on disk to the screen: pages, what was searched for, and a copy for the user. Changes nothing that is kept. */
import { exportConversation } from '../history/export.js';
import type { History } from '../history/history.js';
import type { Clock } from '../io/clock.js';
import type { Files } from '../io/files.js';
import { inline, safe } from '../text/safe-text.js';
import { keyOf } from './conversation.js';
import { type Effect, type EffectOf, NOTHING } from './effect.js';
import type { Screen } from './screen.js';

export interface LookupOptions {
  readonly screen: Screen;
  readonly history: History;
  readonly files: Files;
  readonly clock: Clock;
}

/** What each wants done next is returned. */
export class Lookup {
  constructor(private readonly options: LookupOptions) {}

  async load({ peer, segment }: EffectOf<'load'>): Promise<readonly Effect[]> {
    const { screen, history, clock } = this.options;
    screen.loaded(peer, segment, await history.page(peer, segment), clock.now());
    return screen.askAhead(clock.now());
  }

  async jump({ peer, segment, key }: EffectOf<'jump'>): Promise<readonly Effect[]> {
    const { screen, history, clock } = this.options;
    const page = await history.page(peer, segment);
    return [...screen.jumped(peer, page, key, clock.now()), ...screen.askAhead(clock.now())];
  }

  async start({ peer }: EffectOf<'start'>): Promise<readonly Effect[]> {
    const { screen, history, clock } = this.options;
    const page = await history.page(peer, 'oldest');
    const [first] = page?.said ?? [];
    return first ? screen.jumped(peer, page, keyOf(first), clock.now()) : NOTHING;
  }

  /** The open conversation first. @param found called after each step. */
  async search({ words, run }: EffectOf<'search'>, found: () => void): Promise<void> {
    const { screen, history } = this.options;
    if (words.trim() === '') return;
    const peers = screen.chat.conversations.map(({ peer }) => peer);
    const open = screen.open?.peer;
    peers.sort((one, other) => Number(other === open) - Number(one === open));
    for await (const some of history.search(words, peers)) {
      const goesOn = screen.searched(run, some, true);
      found();
      if (!goesOn) break;
    }
    screen.searched(run, [], false);
  }

  async export({ peer, path }: EffectOf<'export'>): Promise<void> {
    const { screen, history, files } = this.options;
    try {
      const count = await exportConversation(history, peer, path, files);
      screen.tell(safe`${count} messages are in ${inline(path)}`);
    } catch (error) {
      screen.tell(safe`not exported: ${inline((error as Error).message)}`);
    }
  }
}
