/** Reads the history for the screen: pages, search, export. Changes nothing in it. */
import { errorCode } from '../../disk/disk-errors.js';
import { exportConversation } from '../../history/export.js';
import type { History } from '../../history/history.js';
import type { Clock } from '../../io/clock.js';
import type { Files } from '../../io/files.js';
import { inline, plural, safe } from '../../text/safe-text.js';
import { composerWith } from '../composer/composer.js';
import { messageKey } from '../model/conversation.js';
import { type Effect, type EffectOf, NO_EFFECTS } from '../screen/effect.js';
import type { Screen } from '../screen/screen.js';
import { clearingHint } from '../screen/slash-commands.js';
import { displayPath, expandPath, type PathContext } from './tilde-path.js';

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

/** Each method performs an effect, and returns the effects that follow from it. */
export class HistoryLookup {
  constructor(
    private readonly screen: Screen,
    private readonly history: History,
    private readonly files: Files,
    private readonly clock: Clock,
    private readonly paths: PathContext,
  ) {}

  async loadPage({ peer, segment }: EffectOf<'load-page'>): Promise<readonly Effect[]> {
    this.screen.pageLoaded(peer, segment, await this.history.page(peer, segment), this.clock.now());
    return this.screen.prefetch(this.clock.now());
  }

  async loadOldest({ peer }: EffectOf<'load-oldest'>): Promise<readonly Effect[]> {
    const page = await this.history.page(peer, 'oldest');
    const [first] = page?.messages ?? [];
    if (!first) return NO_EFFECTS;
    return this.screen.showMessage(peer, page, { key: messageKey(first), query: '' }, this.clock.now());
  }

  async showMessage({ peer, segment, key, query }: EffectOf<'show-message'>): Promise<readonly Effect[]> {
    const page = await this.history.page(peer, segment);
    const effects = this.screen.showMessage(peer, page, { key, query }, this.clock.now());
    return [...effects, ...this.screen.prefetch(this.clock.now())];
  }

  /** Searches the open conversation first. @param onProgress called after each segment. */
  async search({ query, id }: EffectOf<'search'>, onProgress: () => void): Promise<void> {
    if (query.trim() === '') return;
    const { peers } = this.screen.chat;
    const open = this.screen.open?.peer;
    peers.sort((one, other) => Number(other === open) - Number(one === open));
    for await (const hits of this.history.search(query, peers)) {
      const continues = this.screen.addHits(id, hits, true);
      onProgress();
      if (!continues) break;
    }
    this.screen.addHits(id, [], false);
  }

  /** Writes a conversation to a file. If that fails, the command is put back into the composer. */
  async export({ peer, path }: EffectOf<'export'>): Promise<readonly Effect[]> {
    const target = expandPath(path, this.paths);
    const name = inline(displayPath(target, this.paths));
    try {
      const count = await exportConversation(this.history, peer, target, this.files);
      this.screen.notices.add('result', safe`exported ${plural(count, 'message')} to ${name}`, this.clock.now());
      return NO_EFFECTS;
    } catch (error) {
      const reason = WRITE_ERRORS[errorCode(error) ?? ''] ?? (error as Error).message;
      const { open, notices } = this.screen;
      const isPutBack = open?.peer === peer && open.composer.text === '';
      const clearing = inline(isPutBack ? clearingHint(this.screen.keymap) : '');
      notices.add('problem', safe`not exported, ${inline(reason)}${clearing}: ${name}`, this.clock.now());
      if (!isPutBack) return NO_EFFECTS;
      open.composer = composerWith(`/export ${path}`, open.composer.killed);
      return [{ type: 'save' }];
    }
  }
}
