/**
 * Stands between the chat on the screen and what is kept of it: history, desk and outbox. Everything is kept before it is shown,
 * and shown before it counts as shown.
 */
import { type Client, ClientEnded, type ClientEvent, type IncomingMessage } from '../../client/client.js';
import {
  type History,
  isOwn,
  type OwnMessage,
  type ReceivedRecord,
  type SentState,
  toReceivedRecord,
} from '../../history/history.js';
import type { Clock } from '../../io/clock.js';
import type { EffectOf } from '../screen/effect.js';
import type { Screen } from '../screen/screen.js';
import type { DraftPersistence } from './draft-persistence.js';

interface ChatPersistenceOptions {
  readonly screen: Screen;
  readonly history: History;
  readonly drafts: DraftPersistence;
  readonly clock: Clock;
  readonly newId: () => string;
}

export class ChatPersistence {
  #client: Client | undefined;
  /** Whether what lies beside the outbox is ours to write. */
  #isOurs = false;
  /** Resolves when it is, for the first time. */
  readonly #opened: Promise<void>;
  #open: () => void = () => undefined;
  /** Conversations whose unfinished messages were taken up, or are being. */
  readonly #takenUp = new Map<string, Promise<void>>();
  /** Messages are kept and queued one after the other: in the order in which they were written (R16). */
  #sending: Promise<void> = Promise.resolve();

  constructor(private readonly options: ChatPersistenceOptions) {
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  /** Finds everything as it was left; changes nothing. Resolves when the open conversation can be shown. */
  async find(to: string | undefined): Promise<void> {
    const { screen, history, drafts, clock } = this.options;
    const { peer } = await drafts.putBack(await history.peers());
    const first = to ?? peer ?? screen.chat.conversations[0]?.peer;
    if (first === undefined) return;
    screen.chat.select(first);
    screen.loaded(first, undefined, await history.page(first), clock.now());
  }

  /** From here on messages can be sent. */
  use(client: Client): void {
    this.#client = client;
  }

  /**
   * The state folder is ours. What an earlier process left undone is taken up: what is queued is queued again with the same id
   * (R8), and what became of what was stored is asked for.
   */
  async opened(wasHeld: boolean): Promise<void> {
    const { screen, history, drafts, clock } = this.options;
    this.#isOurs = true;
    if (wasHeld) {
      // The process before wrote until now.
      const { peer } = await drafts.putBack(await history.peers());
      const open = screen.open?.peer ?? peer;
      if (open !== undefined) {
        screen.chat.select(open);
        screen.loaded(open, undefined, await history.page(open), clock.now());
      }
    }
    this.#open();
    await this.keepDesk(); // What was written until now.
    for (const peer of await history.peers()) await this.#takeUp(peer);
  }

  /** The client has ended: what lies beside the outbox is another's. */
  ended(): void {
    this.#isOurs = false;
  }

  /** Messages came. Resolves when they are kept and in the chat, with those that are unread. */
  async received(messages: readonly IncomingMessage[]): Promise<readonly ReceivedRecord[]> {
    const came = this.options.clock.now();
    const byPeer = new Map<string, ReceivedRecord[]>();
    for (const message of messages) {
      const record = toReceivedRecord(message, came);
      const others = byPeer.get(record.from);
      if (others) others.push(record);
      else byPeer.set(record.from, [record]);
    }
    const unread = [...byPeer].map(([peer, records]) => this.#receivedFrom(peer, records));
    return (await Promise.all(unread)).flat();
  }

  /** An own message got further. Refused for now, it is still queued. */
  async changed({ to, id, state, refusal }: Extract<ClientEvent, { readonly type: 'state' }>): Promise<void> {
    await this.#settle(to, id, state, state === 'failed' ? refusal?.message : undefined);
  }

  /** A message left the composer. Resolves when it is kept, shown and queued. */
  async send({ to, body }: EffectOf<'send'>): Promise<void> {
    const { screen, history, drafts, clock, newId } = this.options;
    const record = { to, id: newId(), at: clock.now(), body };
    const left = drafts.leaving(record);
    this.#sending = this.#sending.then(async () => {
      await this.#opened;
      await this.#takeUp(to); // What was written before goes before (R16).
      const segment = await history.addSent(record);
      const kept = left();
      screen.chat.sent({ ...record, state: 'queued' }, segment);
      await this.#queue(record);
      await kept;
    });
    await this.#sending;
  }

  async resend({ said: { to, id, body } }: EffectOf<'resend'>): Promise<void> {
    await this.#settle(to, id, 'queued');
    await this.#queue({ to, id, body });
  }

  async read(peer: string): Promise<void> {
    const { history, clock } = this.options;
    if (this.#isOurs) await history.markRead(peer, clock.now());
  }

  /** Keeps what is open and what is being written. */
  async keepDesk(): Promise<void> {
    if (this.#isOurs) await this.options.drafts.keep();
  }

  /** Resolves when everything is kept; these were read as they came. */
  async close(read: readonly string[]): Promise<void> {
    const { drafts, history } = this.options;
    await this.keepDesk();
    for (const peer of read) await this.read(peer);
    drafts.close();
    await history.close();
  }

  async #receivedFrom(peer: string, records: readonly ReceivedRecord[]): Promise<readonly ReceivedRecord[]> {
    const { screen, history, clock } = this.options;
    const segments = await history.addReceived(peer, records);
    return records.filter((record, index) => {
      const segment = segments[index];
      // Kept before a crash that came before it was marked as shown: it is in the history that is on the screen (R15).
      return segment !== undefined && screen.chat.received(record, segment, clock.now());
    });
  }

  #takeUp(peer: string): Promise<void> {
    const known = this.#takenUp.get(peer);
    if (known) return known;
    const taking = this.#takeUpFirst(peer);
    this.#takenUp.set(peer, taking);
    return taking;
  }

  async #takeUpFirst(peer: string): Promise<void> {
    const { screen, history } = this.options;
    const page = await history.page(peer);
    if (!page) return;
    screen.chat.found(peer, page);
    const mine = page.messages.filter(isOwn);
    this.#client?.track(mine.filter(({ state }) => state === 'stored'));
    for (const said of mine) if (said.state === 'queued') await this.#queue(said);
  }

  async #queue({ to, id, body }: Pick<OwnMessage, 'to' | 'id' | 'body'>): Promise<void> {
    try {
      this.#client?.send(to, body, { id });
    } catch (error) {
      // At the end it stays queued: the next process takes it up.
      if (!(error instanceof ClientEnded)) await this.#settle(to, id, 'failed', (error as Error).message);
    }
  }

  /** In turn with the pages of the history: what a page says is never older than what the screen was told before. */
  async #settle(to: string, id: string, state: SentState, why?: string): Promise<void> {
    await this.options.history.setState(to, id, state, why);
    this.options.screen.chat.changed(to, id, state, why);
  }
}
