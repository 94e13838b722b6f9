/** Keeps the desk: which conversation is open, and what is being written. What is typed is kept before it is seen. */
import type { Desk, DeskFile } from '../history/desk.js';
import type { Scribble } from '../history/scribble.js';
import type { Chat } from './chat.js';
import { type Composer, composerWith, EMPTY } from './composer.js';

export interface DeskKeeperOptions {
  readonly chat: Chat;
  readonly desk: DeskFile;
  readonly scribble: Scribble;
}

export class DeskKeeper {
  /** Drafts as they were found: what is found later may replace them. */
  readonly #found = new Map<string, Composer>();
  /** What left the composer and is not in the history yet: until then it is still a draft. */
  readonly #leaving: { readonly to: string; readonly body: string }[] = [];

  /** The texts as they were kept last, by name; and those that the desk on disk may not have yet. */
  #noted: ReadonlyMap<string, string> = new Map();
  readonly #unsaved = new Set<string>();

  constructor(private readonly options: DeskKeeperOptions) {}

  /**
   * Puts back what was left, but nothing over what was written since.
   * @param peers everyone with whom there is a history.
   */
  async putBack(peers: readonly string[]): Promise<Desk> {
    const { chat, desk, scribble } = this.options;
    const left = await desk.load();
    const scribbled = scribble.read(); // Newer than the desk.
    const drafts = new Map([...left.drafts, ...scribbled].map(({ to, text }) => [to, text]));
    this.#noted = drafts;
    for (const { to } of scribbled) this.#unsaved.add(to);
    const written = [...drafts].filter(([, text]) => text !== '');
    const known = new Set([...peers, ...written.map(([to]) => to)]);
    for (const one of [...left.recent.filter((peer) => known.has(peer)), ...known]) chat.with(one);
    for (const [to, found] of this.#found) {
      const conversation = chat.with(to);
      if (conversation.composer === found) conversation.composer = EMPTY;
    }
    for (const [to, text] of written) {
      const conversation = chat.with(to);
      if (conversation.composer.text !== '') continue;
      conversation.composer = composerWith(text);
      this.#found.set(to, conversation.composer);
    }
    return left;
  }

  /** Keeps everything as it is now: at once as a note, durably when it resolves. */
  async keep(): Promise<void> {
    const { chat, desk, scribble } = this.options;
    const { conversations, open } = chat;
    const texts = new Map(conversations.map(({ peer }) => [peer, this.#textFor(peer)]));
    const drafts = [...texts].map(([to, text]) => ({ to, text }));
    for (const { to, text } of drafts) if (text !== (this.#noted.get(to) ?? '')) this.#unsaved.add(to);
    this.#noted = texts;
    scribble.note(drafts.filter(({ to }) => this.#unsaved.has(to)));
    const recent = conversations.map(({ peer }) => peer);
    await desk.save({ recent, drafts: drafts.filter(({ text }) => text !== ''), ...(open && { peer: open.peer }) });
    if (this.#noted === texts) this.#unsaved.clear();
  }

  /** A message left the composer. To be called again, with the returned function, when it is in the history. */
  leaving(to: string, body: string): () => Promise<void> {
    const message = { to, body };
    this.#leaving.push(message);
    return () => {
      this.#leaving.splice(this.#leaving.indexOf(message), 1);
      return this.keep();
    };
  }

  close(): void {
    this.options.scribble.close();
  }

  #textFor(peer: string): string {
    const leaving = this.#leaving.filter(({ to }) => to === peer).map(({ body }) => body);
    const text = this.options.chat.with(peer).composer.text;
    return [...leaving, ...(text === '' ? [] : [text])].join('\n');
  }
}
