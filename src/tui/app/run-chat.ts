/** Runs the screen: what the user and the client do goes into the models, and what they want done is done. */

import type { Client, ClientEvent, IncomingMessage } from '../../client/client.js';
import type { Clock } from '../../io/clock.js';
import { TUI } from '../limits.js';
import type { Terminal } from '../render/terminal.js';
import type { Effect } from '../screen/effect.js';
import { handleInput } from '../screen/input-handler.js';
import type { Input } from '../screen/key-decoder.js';
import type { Screen } from '../screen/screen.js';
import type { ChatPersistence } from './chat-persistence.js';
import type { HistoryLookup } from './history-lookup.js';
import { type Notification, notificationOf } from './notify.js';
import type { RedrawScheduler } from './redraw-scheduler.js';

interface RunOptions {
  readonly screen: Screen;
  readonly terminal: Terminal;
  readonly scheduler: RedrawScheduler;
  readonly persistence: ChatPersistence;
  readonly historyLookup: HistoryLookup;
  readonly clock: Clock;
  readonly notification: Notification;
}

/** How the screen was left by the user: for good, or for line mode. */
export type Leave = 'quit' | 'plain';

class Failed {
  constructor(readonly cause: unknown) {}
}

export class ChatRun {
  /** Resolves when the user leaves, or when something failed. */
  readonly #over: Promise<Leave | Failed>;
  #end: (over: Leave | Failed) => void = () => undefined;

  constructor(private readonly options: RunOptions) {
    this.#over = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Shows messages; resolves when they are kept and on their way to the screen. For the client's `onMessages`. */
  readonly show = async (messages: readonly IncomingMessage[]): Promise<void> => {
    const { screen, persistence, scheduler, terminal, notification, clock } = this.options;
    const [unread] = await persistence.received(messages);
    if (unread) terminal.write(notificationOf(notification, unread));
    const [first] = messages;
    // Who has nobody to talk to sees at once who talks to him.
    if (!screen.open && first) this.#do(screen.select(first.from, clock.now()));
    scheduler.soon();
  };

  /**
   * Runs until the user leaves, or `until` resolves. The terminal is given back, and everything is kept, when this resolves.
   * @throws what failed: then nothing more is promised.
   */
  async run<T>(client: Client, until: Promise<T>): Promise<Leave | T> {
    const { screen, terminal, scheduler, persistence, clock } = this.options;
    persistence.use(client);
    const unsubscribe = client.subscribe((event) => this.#happened(event));
    const ticker = clock.every(TUI.tickMs, () => this.#tick());
    let over: Leave | Failed | T | undefined;
    try {
      over = await Promise.race([this.#over, until]);
      if (over instanceof Failed) throw over.cause;
      return over;
    } finally {
      ticker.cancel();
      scheduler.close();
      terminal.leave(over === 'plain');
      unsubscribe();
      await persistence.close(screen.chat.takeReadSilently());
    }
  }

  /** Whom the open conversation is with. */
  get peer(): string | undefined {
    return this.options.screen.open?.peer;
  }

  /** Takes the terminal and shows what there is. */
  open(): void {
    const { terminal, scheduler } = this.options;
    terminal.enter({
      input: (input) => this.#input(input),
      lost: () => scheduler.lost(),
      drained: () => scheduler.now(),
    });
    scheduler.lost();
    this.#askAhead();
  }

  /** The newest page may hold less than there is room for. */
  #askAhead(): void {
    const { screen, clock } = this.options;
    this.#do(screen.askAhead(clock.now()));
  }

  #input(input: Input): void {
    const { screen, scheduler, clock } = this.options;
    this.#do(handleInput(screen, input, clock.now()));
    scheduler.now();
  }

  #happened(event: ClientEvent): void {
    const { screen, persistence, scheduler, clock } = this.options;
    const wasHeld = screen.chat.heldBy !== undefined;
    screen.chat.happened(event, clock.now());
    if (event.type === 'state') this.#watch(persistence.changed(event));
    if (event.type === 'opened') this.#watch(persistence.opened(wasHeld).then(() => this.#askAhead()));
    if (event.type === 'ended') persistence.ended();
    scheduler.soon();
  }

  #tick(): void {
    const { screen, persistence, scheduler } = this.options;
    for (const peer of screen.chat.takeReadSilently()) this.#watch(persistence.read(peer));
    scheduler.soon();
  }

  #do(effects: readonly Effect[]): void {
    for (const effect of effects) this.#watch(this.#doOne(effect));
  }

  async #doOne(effect: Effect): Promise<void> {
    const { persistence, historyLookup, scheduler, terminal } = this.options;
    switch (effect.type) {
      case 'send':
        return persistence.send(effect);
      case 'resend':
        return persistence.resend(effect);
      case 'load':
        return this.#do(await historyLookup.load(effect));
      case 'start':
        return this.#do(await historyLookup.start(effect));
      case 'jump':
        return this.#do(await historyLookup.jump(effect));
      case 'read':
        return persistence.read(effect.peer);
      case 'search':
        return historyLookup.search(effect, () => scheduler.soon());
      case 'export':
        return this.#do(await historyLookup.export(effect));
      case 'keep':
        return persistence.keepDesk();
      case 'redraw':
        return scheduler.lost();
      case 'suspend':
        return terminal.suspend();
      case 'plain':
      case 'quit':
        return this.#end(effect.type);
    }
  }

  /** What was begun is followed to its end; if it fails, the chat ends with that. */
  #watch(work: Promise<unknown>): void {
    work.then(
      () => this.options.scheduler.soon(),
      (cause: unknown) => this.#end(new Failed(cause)),
    );
  }
}
