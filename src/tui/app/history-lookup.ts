/** Brings what is on disk to the screen: pages, what was searched for, and a copy for the user. Changes nothing that is kept. */
import { exportConversation } from '../../history/export.js';
import type { History } from '../../history/history.js';
import type { Clock } from '../../io/clock.js';
import type { Files } from '../../io/files.js';
import { inline, type SafeText, safe } from '../../text/safe-text.js';
import { composerWith } from '../composer/composer.js';
import { keyOf } from '../model/conversation.js';
import { type Effect, type EffectOf, NOTHING } from '../screen/effect.js';
import type { Screen } from '../screen/screen.js';
import { displayPath, expandPath, type PathContext } from './tilde-path.js';

interface HistoryLookupOptions {
  readonly screen: Screen;
  readonly history: History;
  readonly files: Files;
  readonly clock: Clock;
  readonly places: PathContext;
}

const WHY_NOT_WRITTEN: Readonly<Record<string, string>> = {
  EEXIST: 'is there already',
  ENOENT: 'is in no folder that exists',
  ENOTDIR: 'is in no folder that exists',
  EISDIR: 'is a folder',
  EACCES: 'may not be written',
  EROFS: 'may not be written',
  ENOSPC: 'has no room: the disk is full',
};

const whyNotWritten = ({ code = '', message }: NodeJS.ErrnoException): SafeText =>
  inline(WHY_NOT_WRITTEN[code] ?? `cannot be written: ${message}`);

/** What each wants done next is returned. */
export class HistoryLookup {
  constructor(private readonly options: HistoryLookupOptions) {}

  async load({ peer, segment }: EffectOf<'load'>): Promise<readonly Effect[]> {
    const { screen, history, clock } = this.options;
    screen.loaded(peer, segment, await history.page(peer, segment), clock.now());
    return screen.askAhead(clock.now());
  }

  async jump({ peer, segment, key, words }: EffectOf<'jump'>): Promise<readonly Effect[]> {
    const { screen, history, clock } = this.options;
    const page = await history.page(peer, segment);
    return [...screen.jumped(peer, page, { key, words }, clock.now()), ...screen.askAhead(clock.now())];
  }

  async start({ peer }: EffectOf<'start'>): Promise<readonly Effect[]> {
    const { screen, history, clock } = this.options;
    const page = await history.page(peer, 'oldest');
    const [first] = page?.messages ?? [];
    return first ? screen.jumped(peer, page, { key: keyOf(first), words: '' }, clock.now()) : NOTHING;
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

  /** What was typed stands there again when it fails. */
  async export({ peer, path }: EffectOf<'export'>): Promise<readonly Effect[]> {
    const { screen, history, files, places } = this.options;
    const target = expandPath(path, places);
    const name = inline(displayPath(target, places));
    try {
      const count = await exportConversation(history, peer, target, files);
      screen.notify(count === 1 ? safe`1 message is in ${name}` : safe`${count} messages are in ${name}`);
      return NOTHING;
    } catch (error) {
      screen.notify(safe`not exported: ${name} ${whyNotWritten(error as NodeJS.ErrnoException)}`);
      const { open } = screen;
      if (open?.peer !== peer || open.composer.text !== '') return NOTHING;
      open.composer = composerWith(`/export ${path}`, open.composer.killed);
      return [{ type: 'keep' }];
    }
  }
}
