/** Runs the screen: what the user and the client do goes into the models, and what they want done is done. */
import type { Client, ClientEvent, IncomingMessage } from '../../client/client.js';
import type { Clock } from '../../io/clock.js';
import { TUI } from '../../protocol/limits.js';
import type { Terminal } from '../render/terminal.js';
import type { Effect } from '../screen/effect.js';
import { handle } from '../screen/input-handler.js';
import type { Input } from '../screen/key-decoder.js';
import type { Screen } from '../screen/screen.js';
import type { Keeper } from './chat-persistence.js';
import type { Lookup } from './history-lookup.js';
import { type Notification, notificationOf } from './notify.js';
import type { Display } from './redraw-scheduler.js';

export interface RunOptions {
  readonly screen: Screen;
  readonly terminal: Terminal;
  readonly display: Display;
  readonly keeper: Keeper;
  readonly lookup: Lookup;
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
    const { screen, keeper, display, terminal, notification, clock } = this.options;
    const [unread] = await keeper.received(messages);
    if (unread) terminal.write(notificationOf(notification, unread));
    const [first] = messages;
    // Who has nobody to talk to sees at once who talks to him.
    if (!screen.open && first) this.#do(screen.select(first.from, clock.now()));
    display.soon();
  };

  /**
   * Runs until the user leaves, or `until` resolves. The terminal is given back, and everything is kept, when this resolves.
   * @throws what failed: then nothing more is promised.
   */
  async run<T>(client: Client, until: Promise<T>): Promise<Leave | T> {
    const { screen, terminal, display, keeper, clock } = this.options;
    keeper.use(client);
    const unsubscribe = client.subscribe((event) => this.#happened(event));
    const ticker = clock.every(TUI.tickMs, () => this.#tick());
    let over: Leave | Failed | T | undefined;
    try {
      over = await Promise.race([this.#over, until]);
      if (over instanceof Failed) throw over.cause;
      return over;
    } finally {
      ticker.cancel();
      display.close();
      terminal.leave(over === 'plain');
      unsubscribe();
      await keeper.close(screen.chat.takeReadSilently());
    }
  }

  /** Whom the open conversation is with. */
  get peer(): string | undefined {
    return this.options.screen.open?.peer;
  }

  /** Takes the terminal and shows what there is. */
  open(): void {
    const { terminal, display } = this.options;
    terminal.enter({
      input: (input) => this.#input(input),
      lost: () => display.lost(),
      drained: () => display.now(),
    });
    display.lost();
    this.#askAhead();
  }

  /** The newest page may hold less than there is room for. */
  #askAhead(): void {
    const { screen, clock } = this.options;
    this.#do(screen.askAhead(clock.now()));
  }

  #input(input: Input): void {
    const { screen, display, clock } = this.options;
    this.#do(handle(screen, input, clock.now()));
    display.now();
  }

  #happened(event: ClientEvent): void {
    const { screen, keeper, display, clock } = this.options;
    const wasHeld = screen.chat.heldBy !== undefined;
    screen.chat.happened(event, clock.now());
    if (event.type === 'state') this.#watch(keeper.changed(event));
    if (event.type === 'opened') this.#watch(keeper.opened(wasHeld).then(() => this.#askAhead()));
    if (event.type === 'ended') keeper.ended();
    display.soon();
  }

  #tick(): void {
    const { screen, keeper, display } = this.options;
    for (const peer of screen.chat.takeReadSilently()) this.#watch(keeper.read(peer));
    display.soon();
  }

  #do(effects: readonly Effect[]): void {
    for (const effect of effects) this.#watch(this.#doOne(effect));
  }

  async #doOne(effect: Effect): Promise<void> {
    const { keeper, lookup, display, terminal } = this.options;
    switch (effect.type) {
      case 'send':
        return keeper.send(effect);
      case 'resend':
        return keeper.resend(effect);
      case 'load':
        return this.#do(await lookup.load(effect));
      case 'start':
        return this.#do(await lookup.start(effect));
      case 'jump':
        return this.#do(await lookup.jump(effect));
      case 'read':
        return keeper.read(effect.peer);
      case 'search':
        return lookup.search(effect, () => display.soon());
      case 'export':
        return this.#do(await lookup.export(effect));
      case 'keep':
        return keeper.keepDesk();
      case 'redraw':
        return display.lost();
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
      () => this.options.display.soon(),
      (cause: unknown) => this.#end(new Failed(cause)),
    );
  }
}
