/** Reads the history for the screen: pages, search, export. Changes nothing in it. */
import { errorCode } from '../../disk/disk-errors.js';
import { exportConversation } from '../../history/export.js';
import type { History } from '../../history/history.js';
import type { Clock } from '../../io/clock.js';
import type { Files } from '../../io/files.js';
import { inline, type SafeText, safe } from '../../text/safe-text.js';
import { composerWith } from '../composer/composer.js';
import { messageKey } from '../model/conversation.js';
import { type Effect, type EffectOf, NO_EFFECTS } from '../screen/effect.js';
import type { Screen } from '../screen/screen.js';
import { displayPath, expandPath, type PathContext } from './tilde-path.js';

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
    const { results, problems } = this.screen.options.texts;
    try {
      const count = await exportConversation(this.history, peer, target, this.files);
      this.screen.notices.add('result', results.exported(count, name), this.clock.now());
      return NO_EFFECTS;
    } catch (error) {
      const reasons: Readonly<Record<string, SafeText>> = problems.write;
      const reason = reasons[errorCode(error) ?? ''] ?? inline((error as Error).message);
      const { open, notices } = this.screen;
      const isPutBack = open?.peer === peer && open.composer.text === '';
      const clearing = isPutBack ? problems.clearing(this.screen.keymap.labelOf('kill-to-start')) : safe``;
      notices.add('problem', problems.notExported(name, reason, clearing), this.clock.now());
      if (!isPutBack) return NO_EFFECTS;
      open.composer = composerWith(`/export ${path}`, open.composer.killed);
      return [{ type: 'save' }];
    }
  }
}
