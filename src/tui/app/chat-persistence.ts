/**
 * Keeps chat, history and outbox in step. A message is durable in the history before it is shown or sent, and shown before it
 * counts as shown.
 */
import { randomUUID } from 'node:crypto';
import {
  type Client,
  ClientEnded,
  type ClientEvent,
  type IncomingMessage,
  type UnsendOutcome,
} from '../../client/api/client.js';
import {
  type History,
  isOwn,
  type OwnMessage,
  type PushedRecord,
  peerOf,
  type ReceivedRecord,
  type SentState,
  toPushedRecord,
} from '../../history/history.js';
import type { Clock } from '../../io/clock.js';
import type { EffectOf } from '../screen/effect.js';
import type { Screen } from '../screen/screen.js';
import type { DraftPersistence } from './draft-persistence.js';

export class ChatPersistence {
  #client: Client | undefined;
  /** Whether this process holds the state folder, and may write to it. */
  #ownsStateFolder = false;
  #setOpened: () => void = () => undefined;
  /** Resolves when it holds the state folder for the first time. */
  readonly #opened = new Promise<void>((resolve) => {
    this.#setOpened = resolve;
  });
  /** One entry for each conversation whose unfinished messages were resumed, or are being resumed. */
  readonly #resumed = new Map<string, Promise<void>>();
  /** Up to where each conversation was read on another device. */
  readonly #readElsewhere = new Map<string, { readonly epoch: string; readonly seq: number }>();
  /** Own messages are stored and queued one after the other, in the order in which they were written (R16). */
  #sending: Promise<void> = Promise.resolve();

  constructor(
    private readonly screen: Screen,
    private readonly history: History,
    private readonly drafts: DraftPersistence,
    private readonly clock: Clock,
  ) {}

  /**
   * Restores the conversations as an earlier process left them, without writing. Resolves when the open one can be shown.
   * @param to the peer of the conversation to open; by default the one that was open.
   */
  async restore(to: string | undefined): Promise<void> {
    const { peer } = await this.drafts.restore(await this.history.peers());
    await this.#show(to ?? peer ?? this.screen.chat.listed[0]?.peer);
  }

  /** Sends through this client from now on. */
  attach(client: Client): void {
    this.#client = client;
  }

  /**
   * This process holds the state folder. Resumes unfinished messages: queued ones are queued again with the same id (R8), and
   * the client asks for the state of stored ones. @param wasHeld whether another process held the folder until now.
   */
  async opened(wasHeld: boolean): Promise<void> {
    this.#ownsStateFolder = true;
    if (wasHeld) {
      // The other process may have written since `restore`.
      const { peer } = await this.drafts.restore(await this.history.peers());
      await this.#show(this.screen.open?.peer ?? peer);
    }
    this.#setOpened();
    await this.saveChatState();
    for (const peer of await this.history.peers()) await this.#resume(peer);
  }

  /** The client has ended: another process may hold the state folder. Returns whether the drafts are saved. */
  ended(): boolean {
    const wasOwner = this.#ownsStateFolder;
    this.#ownsStateFolder = false;
    return wasOwner;
  }

  /** Stores received messages. Resolves with the unread ones when all are durable and in the chat. */
  async received(messages: readonly IncomingMessage[]): Promise<readonly ReceivedRecord[]> {
    const came = this.clock.now();
    const byPeer = new Map<string, PushedRecord[]>();
    for (const message of messages) {
      const record = toPushedRecord(message, came);
      const peer = peerOf(record);
      const others = byPeer.get(peer);
      if (others) others.push(record);
      else byPeer.set(peer, [record]);
    }
    const unread = [...byPeer].map(([peer, records]) => this.#receivedFrom(peer, records));
    return (await Promise.all(unread)).flat();
  }

  /** Another device of the user has read this conversation, up to this position. */
  async readElsewhere({ peer, epoch, seq }: Extract<ClientEvent, { readonly type: 'read' }>): Promise<void> {
    this.#readElsewhere.set(peer, { epoch, seq });
    await this.#applyRead(peer);
  }

  /** Records the new state of an own message. */
  async stateChanged({ to, id, state, refusal }: Extract<ClientEvent, { readonly type: 'state' }>): Promise<void> {
    const { chat, options } = this.screen;
    if (state === 'queued' && refusal) chat.delayed(to, options.texts.reasons.delay(refusal, to));
    else await this.#setState(to, id, state, refusal?.message);
  }

  /** Sends a message from the composer. Resolves when it is durable, shown and queued. */
  async send({ to, body, re }: EffectOf<'send'>): Promise<void> {
    const record = { to, id: randomUUID(), at: this.clock.now(), body, ...(re !== undefined && { re }) };
    const release = this.drafts.hold(record);
    this.#sending = this.#sending.then(async () => {
      await this.#opened;
      await this.#resume(to); // messages of an earlier process are sent first (R16)
      const segment = await this.history.addSent(record);
      const saved = release();
      this.screen.chat.sent({ ...record, state: 'queued' }, segment);
      await this.#queue(record);
      await saved;
    });
    await this.#sending;
  }

  /** Queues a failed message again, with the same id. */
  async resend({ message }: EffectOf<'resend'>): Promise<void> {
    await this.#setState(message.to, message.id, 'queued');
    await this.#queue(message);
  }

  /** Takes an own message back. Resolves with what became of it, or why that is not known; its new state is an event of the client. */
  async unsend({ to, id }: Pick<OwnMessage, 'to' | 'id'>): Promise<UnsendOutcome | Error> {
    await this.#opened;
    await this.#sending;
    try {
      return (await this.#client?.unsend({ to, id })) ?? 'unknown';
    } catch (error) {
      return error as Error; // It goes on as if nothing was asked.
    }
  }

  /** Records that everything from this peer has been read. */
  async markRead(peer: string): Promise<void> {
    if (!this.#ownsStateFolder) return;
    if (await this.history.markRead(peer, this.clock.now())) this.#client?.markRead(peer);
  }

  /** Connects now instead of at the next attempt. */
  async retry(): Promise<void> {
    this.#client?.retry();
  }

  /** Saves the open conversation and the drafts. */
  async saveChatState(): Promise<void> {
    if (this.#ownsStateFolder) await this.drafts.save();
  }

  /** Resolves when everything is saved. @param read peers whose messages were read on arrival. */
  async close(read: readonly string[]): Promise<void> {
    await this.saveChatState();
    for (const peer of read) await this.markRead(peer);
    this.drafts.close();
    await this.history.close();
  }

  async #show(peer: string | undefined): Promise<void> {
    if (peer === undefined) return;
    this.screen.chat.select(peer);
    this.screen.pageLoaded(peer, undefined, await this.history.page(peer), this.clock.now());
  }

  async #receivedFrom(peer: string, records: readonly PushedRecord[]): Promise<readonly ReceivedRecord[]> {
    const { chat } = this.screen;
    const segments = await this.history.addPushed(peer, records);
    const unread: ReceivedRecord[] = [];
    const copies: PushedRecord[] = [];
    for (const [index, record] of records.entries()) {
      const segment = segments[index];
      // R15: undefined means that it is in the history, and shown, already: the process died before it was marked as shown.
      if (segment === undefined) continue;
      if ('to' in record) {
        const { to, id, at, body, re } = record;
        chat.sentElsewhere({ to, id, at, body, ...(re !== undefined && { re }), state: 'stored' }, segment);
        copies.push(record);
      } else if (record.isHistory) chat.receivedElsewhere(record, segment);
      else if (chat.received(record, segment, this.clock.now())) unread.push(record);
    }
    if (copies.length > 0) this.#client?.track(copies.map(({ id }) => ({ id, to: peer })));
    if (this.#readElsewhere.has(peer)) await this.#applyRead(peer);
    return unread;
  }

  /** Messages up to the position may still come: then it is applied again. */
  async #applyRead(peer: string): Promise<void> {
    const upTo = this.#readElsewhere.get(peer);
    if (!this.#ownsStateFolder || upTo === undefined) return;
    if (await this.history.markRead(peer, this.clock.now(), upTo)) this.screen.chat.readElsewhere(peer);
  }

  #resume(peer: string): Promise<void> {
    const known = this.#resumed.get(peer);
    if (known) return known;
    const resuming = this.#resumeOnce(peer);
    this.#resumed.set(peer, resuming);
    return resuming;
  }

  async #resumeOnce(peer: string): Promise<void> {
    const page = await this.history.page(peer);
    if (!page) return;
    this.screen.chat.restore(peer, page);
    const own = page.messages.filter(isOwn);
    this.#client?.track(own.filter(({ state }) => state === 'stored'));
    for (const message of own) if (message.state === 'queued') await this.#queue(message);
  }

  async #queue({ to, id, body, re }: Pick<OwnMessage, 'to' | 'id' | 'body' | 're'>): Promise<void> {
    try {
      this.#client?.send(to, body, { id, ...(re !== undefined && { re }) });
    } catch (error) {
      // After the end of the client it stays queued: the next process resumes it.
      if (!(error instanceof ClientEnded)) await this.#setState(to, id, 'failed', (error as Error).message);
    }
  }

  /** First the history, then the screen: a page loaded in between is never older than what the screen shows. */
  async #setState(to: string, id: string, state: SentState, why?: string): Promise<void> {
    await this.history.setState(to, id, state, why);
    this.screen.chat.stateChanged(to, id, state, why);
  }
}
