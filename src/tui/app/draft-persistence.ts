/** Saves the open conversation and the drafts. Typed text is written to disk before it is drawn. */
import type { ChatState, ChatStateFile, Draft } from '../../history/chat-state-file.js';
import { type History, isOwn, type SentRecord } from '../../history/history.js';
import type { UnsyncedDrafts } from '../../history/unsynced-drafts.js';
import { type Composer, composerWith, EMPTY_COMPOSER } from '../composer/composer.js';
import type { Chat } from '../model/chat.js';

export class DraftPersistence {
  /** Composers as they were restored; another `restore` replaces those that were not edited since. */
  readonly #restored = new Map<string, Composer>();
  /** Which conversations were closed and muted as restored; another `restore` changes those that the user has not changed since. */
  #restoredFlags: Pick<ChatState, 'closed' | 'muted'> = { closed: [], muted: [] };
  /** Submitted messages that are not in the history yet: they are saved as drafts. */
  readonly #submitted: Draft[] = [];
  /** Drafts by peer, as JSON, when they were last noted. */
  #noted: ReadonlyMap<string, string> = new Map();
  /** Peers whose noted drafts may not be in the chat state file yet. */
  readonly #unsaved = new Set<string>();

  constructor(
    private readonly chat: Chat,
    private readonly history: History,
    private readonly chatState: ChatStateFile,
    private readonly unsyncedDrafts: UnsyncedDrafts,
  ) {}

  /**
   * Restores conversations and drafts. Called again, it keeps drafts that were edited since; a draft that was deleted or sent since
   * comes back only if another process has changed it. @param peers all peers in the history.
   */
  async restore(peers: readonly string[]): Promise<ChatState> {
    const { chat } = this;
    const saved = await this.chatState.load();
    const unsynced = this.unsyncedDrafts.read();
    const isNewer = new Set(unsynced.map(({ to }) => to));
    const drafts = [...saved.drafts.filter(({ to }) => !isNewer.has(to)), ...unsynced];
    this.#noted = new Map(drafts.map(({ to }) => [to, draftsJson(drafts, to)]));
    for (const to of isNewer) this.#unsaved.add(to);
    const texts = await this.#textsOf(drafts);
    const known = new Set([...peers, ...texts.keys()]);
    for (const peer of [...saved.recent.filter((one) => known.has(one)), ...known]) chat.conversationWith(peer);
    this.#restoreFlags(saved);
    for (const [to, restored] of this.#restored) {
      const conversation = chat.conversationWith(to);
      if (conversation.composer !== restored) continue;
      conversation.composer = EMPTY_COMPOSER;
      this.#restored.delete(to);
    }
    for (const [to, text] of texts) {
      const conversation = chat.conversationWith(to);
      const composer = composerWith(text);
      if (conversation.composer.text !== '' || this.#restored.get(to)?.text === composer.text) continue;
      conversation.composer = composer;
      this.#restored.set(to, composer);
    }
    return saved;
  }

  /** Saves the current state: written without fsync when this returns, durable when it resolves. */
  async save(): Promise<void> {
    const { conversations, peers: recent, open } = this.chat;
    const typed = conversations.map(({ peer, composer }) => ({ to: peer, text: composer.text }));
    const drafts = [...this.#submitted, ...typed.filter(({ text }) => text !== '')];
    const noted = new Map(recent.map((peer) => [peer, draftsJson(drafts, peer)]));
    for (const [to, json] of noted) if (json !== (this.#noted.get(to) ?? NO_DRAFTS)) this.#unsaved.add(to);
    this.#noted = noted;
    // An empty draft overrides the one in the chat state file.
    const emptied = [...this.#unsaved].filter((to) => noted.get(to) === NO_DRAFTS).map((to) => ({ to, text: '' }));
    this.unsyncedDrafts.save([...drafts.filter(({ to }) => this.#unsaved.has(to)), ...emptied]);
    const closed = conversations.filter(({ isClosed }) => isClosed).map(({ peer }) => peer);
    const muted = conversations.filter(({ isMuted }) => isMuted).map(({ peer }) => peer);
    await this.chatState.save({ recent, drafts, closed, muted, ...(open && { peer: open.peer }) });
    if (this.#noted === noted) this.#unsaved.clear();
  }

  /** Saves a submitted message as a draft until it is in the history: then call the returned function. */
  hold({ to, id, body }: SentRecord): () => Promise<void> {
    const draft = { to, id, text: body };
    this.#submitted.push(draft);
    return () => {
      this.#submitted.splice(this.#submitted.indexOf(draft), 1);
      return this.save();
    };
  }

  close(): void {
    this.unsyncedDrafts.close();
  }

  #restoreFlags({ closed, muted }: ChatState): void {
    const before = this.#restoredFlags;
    for (const one of this.chat.conversations) {
      const { peer } = one;
      if (one.isMuted === before.muted.includes(peer)) one.isMuted = muted.includes(peer);
      const isUnchanged = one.isClosed === before.closed.includes(peer) && one !== this.chat.open;
      if (isUnchanged) one.isClosed = closed.includes(peer);
    }
    this.#restoredFlags = { closed, muted };
  }

  /** The text for each peer's composer; without submitted messages that are in the history. */
  async #textsOf(drafts: readonly Draft[]): Promise<ReadonlyMap<string, string>> {
    const texts = new Map<string, string>();
    for (const { to, id, text } of drafts) {
      if (text === '' || (id !== undefined && (await this.#isInHistory(to, id)))) continue;
      const before = texts.get(to);
      texts.set(to, before === undefined ? text : `${before}\n${text}`);
    }
    return texts;
  }

  /** Looks at the two newest segments only: a submitted message is among the newest. */
  async #isInHistory(to: string, id: string): Promise<boolean> {
    const newest = await this.history.page(to);
    const older = newest?.older === undefined ? undefined : await this.history.page(to, newest.older);
    return [newest, older].some((page) => page?.messages.some((message) => isOwn(message) && message.id === id));
  }
}

const draftsJson = (drafts: readonly Draft[], peer: string): string =>
  JSON.stringify(drafts.filter(({ to, text }) => to === peer && text !== ''));

const NO_DRAFTS = '[]';
