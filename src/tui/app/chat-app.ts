/** Runs the chat client: passes user input and client events to the models, and performs the effects. */

import type { Client, ClientEvent, IncomingMessage } from '../../client/client.js';
import type { Clock } from '../../io/clock.js';
import { safe } from '../../text/safe-text.js';
import { TUI } from '../limits.js';
import type { Terminal } from '../render/terminal.js';
import type { Effect } from '../screen/effect.js';
import { handleInput } from '../screen/input-handler.js';
import type { Input } from '../screen/key-decoder.js';
import type { Screen } from '../screen/screen.js';
import type { ChatPersistence } from './chat-persistence.js';
import type { HistoryLookup } from './history-lookup.js';
import { type Notification, notificationBytes } from './notify.js';
import type { RedrawScheduler } from './redraw-scheduler.js';

interface ChatAppOptions {
  readonly screen: Screen;
  readonly terminal: Terminal;
  readonly scheduler: RedrawScheduler;
  readonly persistence: ChatPersistence;
  readonly historyLookup: HistoryLookup;
  readonly clock: Clock;
  readonly notification: Notification;
}

/** NEW_EPOCH_TEXT of the client, short enough for a status line. */
const NEW_EPOCH_NOTICE = safe`the server's data changed, messages may be missing (Esc)`;

/** How the user left the screen: to quit, or for line mode. */
export type Leave = 'quit' | 'plain';

class Failed {
  constructor(readonly cause: unknown) {}
}

export class ChatApp {
  #finish: (result: Leave | Failed) => void = () => undefined;
  /** Resolves when the user leaves, or with the first error. */
  readonly #finished = new Promise<Leave | Failed>((resolve) => {
    this.#finish = resolve;
  });

  constructor(private readonly options: ChatAppOptions) {}

  /** For the client's `onMessages`: resolves when the messages are durable in the history and due to be drawn. */
  readonly show = async (messages: readonly IncomingMessage[]): Promise<void> => {
    const { screen, persistence, scheduler, terminal, notification, clock } = this.options;
    const [unread] = await persistence.received(messages);
    if (unread) terminal.write(notificationBytes(notification, unread));
    const [first] = messages;
    if (!screen.open && first) this.#perform(screen.select(first.from, clock.now()));
    scheduler.drawSoon();
  };

  /**
   * Runs until the user leaves, or `until` resolves. When this resolves, the terminal is restored and everything is saved.
   * @throws the first error of a handler or an effect.
   */
  async run<T>(client: Client, until: Promise<T>): Promise<Leave | T> {
    const { screen, terminal, scheduler, persistence, clock } = this.options;
    persistence.attach(client);
    const unsubscribe = client.subscribe((event) => this.#handleClientEvent(event));
    const ticker = clock.every(TUI.tickMs, () => this.#tick());
    let result: Leave | Failed | T | undefined;
    try {
      result = await Promise.race([this.#finished, until]);
      if (result instanceof Failed) throw result.cause;
      return result;
    } finally {
      ticker.cancel();
      scheduler.close();
      terminal.leave(result === 'plain');
      unsubscribe();
      await persistence.close(screen.chat.takeAutoRead());
    }
  }

  /** The peer of the open conversation. */
  get peer(): string | undefined {
    return this.options.screen.open?.peer;
  }

  /** Enters the terminal and draws the first frame. */
  open(): void {
    const { terminal, scheduler } = this.options;
    terminal.enter({
      input: (input) => this.#handleInput(input),
      invalidated: () => scheduler.redrawAll(),
      drained: () => scheduler.drawNow(),
    });
    scheduler.redrawAll();
    this.#prefetch();
  }

  /** The newest page may have fewer messages than the screen has room for. */
  #prefetch(): void {
    const { screen, clock } = this.options;
    this.#perform(screen.prefetch(clock.now()));
  }

  #handleInput(input: Input): void {
    const { screen, scheduler, clock } = this.options;
    this.#perform(handleInput(screen, input, clock.now()));
    scheduler.drawNow();
  }

  #handleClientEvent(event: ClientEvent): void {
    const { screen, persistence, scheduler, clock } = this.options;
    const wasHeld = screen.chat.lockHolder !== undefined;
    screen.chat.applyClientEvent(event, clock.now());
    if (event.type === 'state') this.#watch(persistence.stateChanged(event));
    if (event.type === 'opened') this.#watch(persistence.opened(wasHeld).then(() => this.#prefetch()));
    if (event.type === 'new-epoch') screen.notices.add('warning', NEW_EPOCH_NOTICE, clock.now());
    if (event.type === 'ended') persistence.ended();
    scheduler.drawSoon();
  }

  #tick(): void {
    const { screen, persistence, scheduler, clock } = this.options;
    screen.tick(clock.now());
    for (const peer of screen.chat.takeAutoRead()) this.#watch(persistence.markRead(peer));
    scheduler.drawSoon();
  }

  #perform(effects: readonly Effect[]): void {
    for (const effect of effects) this.#watch(this.#performOne(effect));
  }

  async #performOne(effect: Effect): Promise<void> {
    const { persistence, historyLookup, scheduler, terminal } = this.options;
    switch (effect.type) {
      case 'send':
        return persistence.send(effect);
      case 'resend':
        return persistence.resend(effect);
      case 'load-page':
        return this.#perform(await historyLookup.loadPage(effect));
      case 'load-oldest':
        return this.#perform(await historyLookup.loadOldest(effect));
      case 'show-message':
        return this.#perform(await historyLookup.showMessage(effect));
      case 'mark-read':
        return persistence.markRead(effect.peer);
      case 'search':
        return historyLookup.search(effect, () => scheduler.drawSoon());
      case 'export':
        return this.#perform(await historyLookup.export(effect));
      case 'save':
        return persistence.saveChatState();
      case 'redraw':
        return scheduler.redrawAll();
      case 'suspend':
        return terminal.suspend();
      case 'plain':
      case 'quit':
        return this.#finish(effect.type);
    }
  }

  /** Draws when the work is done; its error ends the chat. */
  #watch(work: Promise<unknown>): void {
    work.then(
      () => this.options.scheduler.drawSoon(),
      (cause: unknown) => this.#finish(new Failed(cause)),
    );
  }
}
