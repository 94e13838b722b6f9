/** Keeps the desk: which conversation is open, and what is being written. What is typed is kept before it is seen. */
import type { Desk, DeskFile } from '../history/desk.js';
import type { Scribble } from '../history/scribble.js';
import type { Chat } from './chat.js';
import { type Composer, composerWith } from './composer.js';

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

  constructor(private readonly options: DeskKeeperOptions) {}

  /** Puts back what was left, but nothing over what was written since. */
  async putBack(): Promise<Desk> {
    const { chat, desk, scribble } = this.options;
    const left = await desk.load();
    const scribbled = scribble.read();
    // What was scribbled is the newest.
    for (const { to, text } of [...left.drafts, ...(scribbled ? [scribbled] : [])]) {
      const conversation = chat.with(to);
      if (conversation.composer.text !== '' && conversation.composer !== this.#found.get(to)) continue;
      conversation.composer = composerWith(text);
      this.#found.set(to, conversation.composer);
    }
    return left;
  }

  /** Keeps everything as it is now: at once what the open conversation's composer holds, durably soon after. */
  async keep(): Promise<void> {
    const { chat, desk, scribble } = this.options;
    const { conversations, open } = chat;
    const drafts = conversations.map(({ peer }) => ({ to: peer, text: this.#textFor(peer) }));
    const written = drafts.find(({ to }) => to === open?.peer);
    if (written) scribble.note(written);
    const recent = conversations.map(({ peer }) => peer);
    await desk.save({ recent, drafts: drafts.filter(({ text }) => text !== ''), ...(open && { peer: open.peer }) });
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
