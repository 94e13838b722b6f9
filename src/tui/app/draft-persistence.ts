/** Keeps the desk: which conversation is open, and what is being written. What is typed is kept before it is seen. */
import type { ChatState, ChatStateFile, Draft } from '../../history/chat-state-file.js';
import { type History, isOwn, type SentRecord } from '../../history/history.js';
import type { UnsyncedDrafts } from '../../history/unsynced-drafts.js';
import { type Composer, composerWith, EMPTY } from '../composer/composer.js';
import type { Chat } from '../model/chat.js';

interface DraftPersistenceOptions {
  readonly chat: Chat;
  readonly history: History;
  readonly chatState: ChatStateFile;
  readonly unsyncedDrafts: UnsyncedDrafts;
}

export class DraftPersistence {
  /** Drafts as they were found: what is found later may replace them. */
  readonly #found = new Map<string, Composer>();
  /** What left the composer and is not in the history yet: until then it is still a draft. */
  readonly #leaving: Draft[] = [];
  /** What was kept last, by name, as JSON; and the names of which the desk on disk may not know that. */
  #noted: ReadonlyMap<string, string> = new Map();
  readonly #unsaved = new Set<string>();

  constructor(private readonly options: DraftPersistenceOptions) {}

  /**
   * Puts back what was left, but nothing over what was written since.
   * @param peers everyone with whom there is a history.
   */
  async putBack(peers: readonly string[]): Promise<ChatState> {
    const { chat, chatState, unsyncedDrafts } = this.options;
    const left = await chatState.load();
    const scribbled = unsyncedDrafts.read();
    const isNewer = new Set(scribbled.map(({ to }) => to));
    const drafts = [...left.drafts.filter(({ to }) => !isNewer.has(to)), ...scribbled];
    this.#noted = new Map([...new Set(drafts.map(({ to }) => to))].map((to) => [to, asJson(drafts, to)]));
    for (const to of isNewer) this.#unsaved.add(to);
    const texts = await this.#textsOf(drafts);
    const known = new Set([...peers, ...texts.keys()]);
    for (const one of [...left.recent.filter((peer) => known.has(peer)), ...known]) chat.with(one);
    for (const [to, found] of this.#found) {
      const conversation = chat.with(to);
      if (conversation.composer === found) conversation.composer = EMPTY;
    }
    for (const [to, text] of texts) {
      const conversation = chat.with(to);
      if (conversation.composer.text !== '') continue;
      conversation.composer = composerWith(text);
      this.#found.set(to, conversation.composer);
    }
    return left;
  }

  /** Keeps everything as it is now: at once as a note, durably when it resolves. */
  async keep(): Promise<void> {
    const { chat, chatState, unsyncedDrafts } = this.options;
    const { conversations, open } = chat;
    const recent = conversations.map(({ peer }) => peer);
    const written = conversations.map(({ peer, composer }) => ({ to: peer, text: composer.text }));
    const drafts = [...this.#leaving, ...written.filter(({ text }) => text !== '')];
    const noted = new Map(recent.map((peer) => [peer, asJson(drafts, peer)]));
    for (const [to, json] of noted) if (json !== (this.#noted.get(to) ?? NONE)) this.#unsaved.add(to);
    this.#noted = noted;
    // That nothing is being written any more is worth a note, too.
    const emptied = [...this.#unsaved].filter((to) => noted.get(to) === NONE).map((to) => ({ to, text: '' }));
    unsyncedDrafts.save([...drafts.filter(({ to }) => this.#unsaved.has(to)), ...emptied]);
    await chatState.save({ recent, drafts, ...(open && { peer: open.peer }) });
    if (this.#noted === noted) this.#unsaved.clear();
  }

  /** A message left the composer. Returns what is to be called when it is in the history. */
  leaving({ to, id, body }: SentRecord): () => Promise<void> {
    const draft = { to, id, text: body };
    this.#leaving.push(draft);
    return () => {
      this.#leaving.splice(this.#leaving.indexOf(draft), 1);
      return this.keep();
    };
  }

  close(): void {
    this.options.unsyncedDrafts.close();
  }

  /** What is to be written further, by name. What has reached the history is no draft any more. */
  async #textsOf(drafts: readonly Draft[]): Promise<ReadonlyMap<string, string>> {
    const texts = new Map<string, string>();
    for (const { to, id, text } of drafts) {
      if (text === '' || (id !== undefined && (await this.#isKept(to, id)))) continue;
      const before = texts.get(to);
      texts.set(to, before === undefined ? text : `${before}\n${text}`);
    }
    return texts;
  }

  /** Whether a message that left the composer last of all is in the history: in its newest segment, or the one before. */
  async #isKept(to: string, id: string): Promise<boolean> {
    const { history } = this.options;
    const newest = await history.page(to);
    const older = newest?.older === undefined ? undefined : await history.page(to, newest.older);
    return [newest, older].some((page) => page?.messages.some((said) => isOwn(said) && said.id === id));
  }
}

const asJson = (drafts: readonly Draft[], peer: string): string =>
  JSON.stringify(drafts.filter(({ to, text }) => to === peer && text !== ''));

const NONE = '[]';
