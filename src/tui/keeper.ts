/**
 * Stands between the chat on the screen and what is kept of it: history, desk, outbox. Everything is kept before it is shown,
 * and shown before it counts as shown.
 */
import { type Client, ClientEnded, type ClientEvent, type IncomingMessage } from '../client/client.js';
import type { Desk, DeskFile } from '../history/desk.js';
import { exportConversation } from '../history/export.js';
import { type History, isMine, type ReceivedRecord, type SaidByMe, type SentState } from '../history/history.js';
import type { Scribble } from '../history/scribble.js';
import type { Clock } from '../io/clock.js';
import type { Files } from '../io/files.js';
import { inline, safe } from '../text/safe-text.js';
import { type Composer, composerWith } from './composer.js';
import { type Conversation, keyOf } from './conversation.js';
import type { Effect } from './effect.js';
import type { Screen } from './screen.js';

export interface KeeperOptions {
  readonly screen: Screen;
  readonly history: History;
  readonly desk: DeskFile;
  readonly scribble: Scribble;
  readonly files: Files;
  readonly clock: Clock;
  readonly newId: () => string;
}

type EffectOf<T extends Effect['type']> = Extract<Effect, { readonly type: T }>;

export class Keeper {
  #client: Client | undefined;
  /** Resolves when what is beside the outbox is ours to write. */
  readonly #opened: Promise<void>;
  #open: () => void = () => undefined;
  #isOpen = false;
  /** Drafts as they were found: they may be replaced by what is found later. */
  readonly #found = new Map<string, Composer>();
  /** Conversations whose unfinished messages were taken up, or are being. */
  readonly #takenUp = new Map<string, Promise<void>>();
  /** Messages are kept and queued one after the other: in the order in which they were written (R16). */
  #sending: Promise<void> = Promise.resolve();

  constructor(private readonly options: KeeperOptions) {
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  /** Finds everything as it was left; changes nothing. Resolves when the open conversation can be shown. */
  async find(to: string | undefined): Promise<void> {
    const { screen, history, desk, clock } = this.options;
    const [{ peer, recent, drafts }, peers] = await Promise.all([desk.load(), history.peers()]);
    for (const one of new Set([...recent.filter((name) => peers.includes(name)), ...peers])) screen.chat.with(one);
    this.#putBack(drafts);
    const first = to ?? peer ?? screen.chat.conversations[0]?.peer;
    if (first === undefined) return;
    screen.chat.select(first);
    const page = await history.page(first);
    screen.loaded(first, undefined, page, clock.now());
  }

  /** From here on messages can be sent. */
  use(client: Client): void {
    this.#client = client;
  }

  /**
   * The outbox is ours, and so is what lies beside it. What an earlier process left undone is taken up: what is queued is
   * queued again with the same id (R8), and what became of what was stored is asked for.
   */
  async opened(wasHeld: boolean): Promise<void> {
    const { screen, history, desk, clock } = this.options;
    this.#isOpen = true;
    this.#open();
    if (wasHeld) {
      // The process before wrote until now.
      const { peer, drafts } = await desk.load();
      this.#putBack(drafts);
      const open = screen.open?.peer ?? peer;
      if (open !== undefined) {
        screen.chat.select(open);
        screen.loaded(open, undefined, await history.page(open), clock.now());
      }
    }
    await this.keepDesk(); // What was written until now.
    for (const peer of await history.peers()) await this.#takeUp(peer);
  }

  /** Messages came. Resolves when they are kept and in the chat, with those that are unread. */
  async received(messages: readonly IncomingMessage[]): Promise<readonly ReceivedRecord[]> {
    const came = this.options.clock.now();
    const byPeer = new Map<string, ReceivedRecord[]>();
    for (const { epoch, seq, id, from, body, at, replay } of messages) {
      const record = { from, epoch, seq, id, at, body, came, ...(replay !== undefined && { replay }) };
      const others = byPeer.get(from);
      if (others) others.push(record);
      else byPeer.set(from, [record]);
    }
    const unread = [...byPeer].map(([peer, records]) => this.#receivedFrom(peer, records));
    return (await Promise.all(unread)).flat();
  }

  /** An own message got further. */
  async changed({ to, id, state, refusal }: Extract<ClientEvent, { readonly type: 'state' }>): Promise<void> {
    // Refused for now: it is still queued.
    await this.#settle(to, id, state, state === 'failed' ? refusal?.message : undefined);
  }

  async send({ to, body }: EffectOf<'send'>): Promise<void> {
    const { screen, history, clock, newId } = this.options;
    const record = { to, id: newId(), at: clock.now(), body };
    this.#sending = this.#sending.then(async () => {
      await this.#opened;
      await this.#takeUp(to); // What was written before goes before (R16).
      const segment = await history.sent(record);
      screen.chat.sent({ ...record, state: 'queued' }, segment);
      this.#queue(record);
    });
    await this.#sending;
  }

  async resend({ said: { to, id, body } }: EffectOf<'resend'>): Promise<void> {
    await this.#settle(to, id, 'queued');
    this.#queue({ to, id, body });
  }

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
    return first ? screen.jumped(peer, page, keyOf(first), clock.now()) : [];
  }

  /** @param found called after each step of the search. */
  async search({ words, run }: EffectOf<'search'>, found: () => void): Promise<void> {
    const { screen, history } = this.options;
    if (words.trim() === '') return;
    const open = screen.open?.peer;
    const peers = screen.chat.conversations.map(({ peer }) => peer);
    const inTurn = open === undefined ? peers : [open, ...peers.filter((peer) => peer !== open)];
    for await (const some of history.search(words, inTurn)) {
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

  async read(peer: string): Promise<void> {
    const { history, clock } = this.options;
    if (this.#isOpen) await history.read(peer, clock.now());
  }

  /** Keeps what is open and what is being written. */
  async keepDesk(): Promise<void> {
    if (!this.#isOpen) return;
    const { conversations, open } = this.options.screen.chat;
    if (open) this.#note(open);
    const drafts = conversations
      .filter(({ composer }) => composer.text !== '')
      .map(({ peer, composer }) => ({ to: peer, text: composer.text }));
    const recent = conversations.map(({ peer }) => peer);
    await this.options.desk.save({ recent, drafts, ...(open && { peer: open.peer }) });
  }

  /** Resolves when everything is kept; these were read as they came. */
  async close(read: readonly string[]): Promise<void> {
    for (const peer of read) await this.read(peer);
    this.options.scribble.close();
    await this.options.history.close();
  }

  async #receivedFrom(peer: string, records: readonly ReceivedRecord[]): Promise<readonly ReceivedRecord[]> {
    const { screen, history, clock } = this.options;
    const segments = await history.received(peer, records);
    return records.filter((record, index) => {
      const segment = segments[index];
      // Kept before a crash that came before it was marked as shown: it is in the history that is on the screen (R15).
      return segment !== undefined && screen.chat.received(record, segment, clock.now());
    });
  }

  /** What is being written is kept before it is seen. */
  #note({ peer, composer: { text } }: Conversation): void {
    this.options.scribble.note({ to: peer, text });
  }

  /** Drafts that were left; the last one is the newest. Nothing that was written since is lost. */
  #putBack(drafts: Desk['drafts']): void {
    const scribbled = this.options.scribble.read();
    for (const { to, text } of [...drafts, ...(scribbled ? [scribbled] : [])]) {
      const conversation = this.options.screen.chat.with(to);
      if (conversation.composer.text === '' || conversation.composer === this.#found.get(to)) {
        conversation.composer = composerWith(text);
        this.#found.set(to, conversation.composer);
      }
    }
  }

  #takeUp(peer: string): Promise<void> {
    const known = this.#takenUp.get(peer);
    if (known) return known;
    const taking = this.options.history.page(peer).then((page) => {
      if (!page) return;
      this.options.screen.chat.found(peer, page);
      const mine = page.said.filter(isMine);
      for (const said of mine) if (said.state === 'queued') this.#queue(said);
      this.#client?.follow(mine.filter(({ state }) => state === 'stored'));
    });
    this.#takenUp.set(peer, taking);
    return taking;
  }

  #queue({ to, id, body }: Pick<SaidByMe, 'to' | 'id' | 'body'>): void {
    try {
      this.#client?.send(to, body, { id });
    } catch (error) {
      // At the end it stays queued: the next process takes it up.
      if (!(error instanceof ClientEnded)) void this.#settle(to, id, 'failed', (error as Error).message);
    }
  }

  async #settle(to: string, id: string, state: SentState, why?: string): Promise<void> {
    // In turn with the pages of the history: what a page says is never newer than what the screen was told before.
    await this.options.history.changed(to, id, state, why);
    this.options.screen.chat.changed(to, id, state, why);
  }
}
