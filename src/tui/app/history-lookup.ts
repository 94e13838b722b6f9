/** Reads the history for the screen: pages, search, export. Changes nothing in it. */
import { errorCode } from '../../disk/disk-errors.js';
import { exportConversation } from '../../history/export.js';
import type { History } from '../../history/history.js';
import type { Clock } from '../../io/clock.js';
import type { Files } from '../../io/files.js';
import { plural } from '../../text/plural.js';
import { inline, type SafeText, safe } from '../../text/safe-text.js';
import { composerWith } from '../composer/composer.js';
import { messageKey } from '../model/conversation.js';
import { type Effect, type EffectOf, NO_EFFECTS } from '../screen/effect.js';
import type { Screen } from '../screen/screen.js';
import { displayPath, expandPath, type PathContext } from './tilde-path.js';

interface HistoryLookupOptions {
  readonly screen: Screen;
  readonly history: History;
  readonly files: Files;
  readonly clock: Clock;
  readonly paths: PathContext;
}

/** Texts for errors of `export`, by code. */
const WRITE_ERRORS: Readonly<Record<string, string>> = {
  EEXIST: 'it exists already',
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder does not exist',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
};

const writeErrorText = (error: unknown): SafeText =>
  inline(WRITE_ERRORS[errorCode(error) ?? ''] ?? (error as Error).message);

/** Each method performs an effect, and returns the effects that follow from it. */
export class HistoryLookup {
  constructor(private readonly options: HistoryLookupOptions) {}

  async loadPage({ peer, segment }: EffectOf<'load-page'>): Promise<readonly Effect[]> {
    const { screen, history, clock } = this.options;
    screen.pageLoaded(peer, segment, await history.page(peer, segment), clock.now());
    return screen.prefetch(clock.now());
  }

  async loadOldest({ peer }: EffectOf<'load-oldest'>): Promise<readonly Effect[]> {
    const { screen, history, clock } = this.options;
    const page = await history.page(peer, 'oldest');
    const [first] = page?.messages ?? [];
    return first ? screen.showMessage(peer, page, { key: messageKey(first), query: '' }, clock.now()) : NO_EFFECTS;
  }

  async showMessage({ peer, segment, key, query }: EffectOf<'show-message'>): Promise<readonly Effect[]> {
    const { screen, history, clock } = this.options;
    const page = await history.page(peer, segment);
    return [...screen.showMessage(peer, page, { key, query }, clock.now()), ...screen.prefetch(clock.now())];
  }

  /** Searches the open conversation first. @param onProgress called after each segment. */
  async search({ query, id }: EffectOf<'search'>, onProgress: () => void): Promise<void> {
    const { screen, history } = this.options;
    if (query.trim() === '') return;
    const { peers } = screen.chat;
    const open = screen.open?.peer;
    peers.sort((one, other) => Number(other === open) - Number(one === open));
    for await (const hits of history.search(query, peers)) {
      const continues = screen.addHits(id, hits, true);
      onProgress();
      if (!continues) break;
    }
    screen.addHits(id, [], false);
  }

  /** Writes a conversation to a file. If that fails, the command is put back into the composer. */
  async export({ peer, path }: EffectOf<'export'>): Promise<readonly Effect[]> {
    const { screen, history, files, paths } = this.options;
    const target = expandPath(path, paths);
    const name = inline(displayPath(target, paths));
    try {
      const count = await exportConversation(history, peer, target, files);
      screen.notice = safe`exported ${plural(count, 'message')} to ${name}`;
      return NO_EFFECTS;
    } catch (error) {
      screen.notice = safe`cannot write ${name}: ${writeErrorText(error)}`;
      const { open } = screen;
      if (open?.peer !== peer || open.composer.text !== '') return NO_EFFECTS;
      open.composer = composerWith(`/export ${path}`, open.composer.killed);
      return [{ type: 'save' }];
    }
  }
}
