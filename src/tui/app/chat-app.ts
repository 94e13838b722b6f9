/** Runs the chat client: passes user input and client events to the models, and performs the effects. */

import type { Blocking, BlockingRequest } from '../../client/api/blocking.js';
import type { Client, ClientEnd, ClientEvent, IncomingMessage } from '../../client/api/client.js';
import type { Clock } from '../../io/clock.js';
import { inline, type SafeText } from '../../text/safe-text.js';
import { TUI } from '../limits.js';
import type { Terminal } from '../render/terminal.js';
import type { ThemeName } from '../rows/theme.js';
import type { Effect, EffectOf } from '../screen/effect.js';
import { handleInput } from '../screen/input-handler.js';
import { BACKGROUND_QUERY, type Input } from '../screen/key-decoder.js';
import type { Screen } from '../screen/screen.js';
import { blockingText } from '../texts/blocking-text.js';
import type { Texts } from '../texts/en.js';
import type { Explanation } from '../texts/parameters.js';
import type { ChatPersistence } from './chat-persistence.js';
import { clipboardBytes } from './clipboard.js';
import type { Editor } from './editor.js';
import type { HistoryLookup } from './history-lookup.js';
import { type Multiplexer, notificationBytes } from './notify.js';
import type { RedrawScheduler } from './redraw-scheduler.js';
import type { LiveSettings, Settings } from './settings.js';

interface ChatAppOptions {
  readonly screen: Screen;
  readonly terminal: Terminal;
  readonly scheduler: RedrawScheduler;
  readonly persistence: ChatPersistence;
  readonly historyLookup: HistoryLookup;
  readonly blocking: Blocking;
  readonly editor: Editor;
  readonly clock: Clock;
  /** What holds at the start. */
  readonly live: LiveSettings;
  readonly settings: Settings | undefined;
  readonly multiplexer: Multiplexer | undefined;
  readonly setTheme: (name: ThemeName) => void;
}

/** How the user left the screen: to quit, or for line mode. */
export type Leave = 'quit' | 'plain';

class Failed {
  constructor(readonly cause: Error) {}
}

/** The client has ended by itself. */
class Ended {
  constructor(readonly end: ClientEnd) {}
}

export class ChatApp {
  #finish: (result: Leave | Failed) => void = () => undefined;
  /** Whether the drafts were saved until the end of the client. */
  #draftsSaved = false;
  #wasOnline = false;
  /** Resolves when the terminal has answered, or does not: before that, the answer must not go to the shell. */
  #answered: Promise<void> = Promise.resolve();
  #noteAnswer: () => void = () => undefined;

  #live: LiveSettings;

  constructor(private readonly options: ChatAppOptions) {
    this.#live = options.live;
  }

  /** For the client's `onMessages`: resolves when the messages are durable in the history and due to be drawn. */
  readonly show = async (messages: readonly IncomingMessage[]): Promise<void> => {
    const { screen, persistence, scheduler, terminal, multiplexer, clock } = this.options;
    const received = await persistence.received(messages);
    const unread = received.find(({ from }) => !screen.chat.conversationWith(from).isMuted);
    if (unread) terminal.write(notificationBytes(this.#live.notification, unread, multiplexer));
    const [first] = messages;
    if (!screen.open && first) this.#perform(screen.select(first.to ?? first.from, clock.now()));
    scheduler.drawSoon();
  };

  /**
   * Runs until the user leaves, or `until` resolves; and after the end of the client, or an error, until the user has closed the
   * screen. When this resolves, the terminal is restored and everything is saved.
   * @throws the first error of a handler or an effect.
   */
  async run<T>(
    client: Client,
    until: Promise<T>,
    explain: (reason: ClientEnd | Error) => Explanation,
  ): Promise<Leave | ClientEnd | T> {
    const { screen, terminal, scheduler, persistence, editor, clock } = this.options;
    const finished = this.#whenFinished();
    const ended = client.ended.then((end) => new Ended(end));
    persistence.attach(client);
    const unsubscribe = client.subscribe((event) => this.#handleClientEvent(event));
    const ticker = clock.every(TUI.tickMs, () => this.#tick());
    let result: Leave | Failed | Ended | T | undefined;
    try {
      result = await Promise.race([finished, until, ended]);
      if (!(result instanceof Failed || result instanceof Ended)) return result;
      const reason = result instanceof Failed ? result.cause : result.end;
      if (result instanceof Failed) void client.close(); // it would go on without a history
      // Somebody may be typing: the shell must not get that.
      const other = this.#isInUse ? await this.#untilClosed(explain(reason), until) : 'quit';
      if (other !== 'quit' && other !== 'plain' && !(other instanceof Failed)) return other;
      if (reason instanceof Error) throw reason;
      return reason;
    } finally {
      ticker.cancel();
      scheduler.close();
      await this.#answered;
      terminal.leave(result === 'plain');
      await editor.stop();
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
    if (this.#live.theme === 'auto') this.#askBackground();
    this.#prefetch();
  }

  #askBackground(): void {
    const { terminal, clock } = this.options;
    terminal.write(BACKGROUND_QUERY);
    this.#answered = new Promise((resolve) => {
      const timer = clock.after(TUI.answerTimeoutMs, resolve);
      this.#noteAnswer = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  /** A promise that resolves when the user leaves, or with the next error. */
  #whenFinished(): Promise<Leave | Failed> {
    return new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** Whether the user may have begun to use it. */
  get #isInUse(): boolean {
    return this.#wasOnline || this.options.screen.chat.lastKeyAt > 0;
  }

  /** Shows why the chat has ended, until the user closes the screen or `until` resolves. */
  #untilClosed<T>(explanation: Explanation, until: Promise<T>): Promise<Leave | Failed | T> {
    const { screen, scheduler, clock } = this.options;
    const { count } = screen.chat.queued;
    const kept = { queued: count, hasDraft: this.#draftsSaved && screen.chat.hasDrafts };
    screen.end(endingLines(explanation, kept, screen.options.texts.ending), clock.now());
    scheduler.drawSoon();
    return Promise.race([this.#whenFinished(), until]);
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
    const { results, warnings } = screen.options.texts;
    const wasHeld = screen.chat.lockHolder !== undefined;
    screen.chat.applyClientEvent(event, clock.now());
    if (event.type === 'state') this.#watch(persistence.stateChanged(event));
    if (event.type === 'opened') this.#watch(persistence.opened(wasHeld).then(() => this.#prefetch()));
    if (event.type === 'new-epoch') screen.notices.add('warning', warnings.newEpoch, clock.now());
    if (event.type === 'missed') screen.notices.add('warning', warnings.missed(event.count), clock.now());
    if (event.type === 'history') screen.notices.add('result', results.history(event.count), clock.now());
    if (event.type === 'read') this.#watch(persistence.readElsewhere(event));
    if (event.type === 'online') this.#wasOnline = true;
    if (event.type === 'ended') this.#draftsSaved = persistence.ended();
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
    const { persistence, historyLookup, scheduler, terminal, multiplexer } = this.options;
    switch (effect.type) {
      case 'send':
        return persistence.send(effect);
      case 'resend':
        return persistence.resend(effect);
      case 'unsend':
        return this.#unsend(effect);
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
      case 'copy':
        return terminal.write(clipboardBytes(effect.text, multiplexer));
      case 'blocking':
        return this.#block(effect);
      case 'setting':
        return this.#set(effect);
      case 'edit':
        return this.#edit(effect);
      case 'save':
        return persistence.saveChatState();
      case 'connect':
        return persistence.retry();
      case 'redraw':
        return scheduler.redrawAll();
      case 'background':
        this.#noteAnswer();
        return this.#live.theme === 'auto' ? this.options.setTheme(effect.isLight ? 'light' : 'dark') : undefined;
      case 'suspend':
        return terminal.suspend();
      case 'plain':
      case 'quit':
        return this.#finish(effect.type);
    }
  }

  async #edit({ peer, text }: EffectOf<'edit'>): Promise<void> {
    const { screen, terminal, editor, clock } = this.options;
    const { text: edited, problem } = await terminal.lend(() => editor.edit(text));
    if (edited !== undefined) this.#perform(screen.edited(peer, edited));
    if (problem !== undefined) screen.notices.add('problem', problem, clock.now());
  }

  async #set({ name, value }: EffectOf<'setting'>): Promise<void> {
    const { screen, settings, clock } = this.options;
    if (!settings) return screen.notices.add('problem', screen.options.texts.settings.none, clock.now());
    const isList = value === '' && (name === '' || name === 'keys');
    const { isDone, text, list, live } = await (isList
      ? settings.list(name)
      : value === ''
        ? settings.show(name)
        : settings.set(name, value));
    if (live) this.#apply(live);
    if (list) screen.overlay = { type: 'settings', top: 0, settings: list };
    else screen.notices.add(isDone ? 'result' : 'problem', inline(text), clock.now());
    if (!isDone) this.#perform(screen.putBack(`/set ${name} ${value}`.trim()));
  }

  /** Makes settings hold that have changed. */
  #apply(live: LiveSettings): void {
    const { screen, terminal, scheduler, setTheme } = this.options;
    const { theme } = this.#live;
    this.#live = live;
    screen.keymap = live.keymap;
    terminal.configure(live);
    scheduler.configure(live);
    if (live.theme === theme) return;
    setTheme(live.theme === 'auto' ? 'dark' : live.theme);
    if (live.theme === 'auto') this.#askBackground();
  }

  async #unsend({ message }: EffectOf<'unsend'>): Promise<void> {
    const { screen, persistence, clock } = this.options;
    const [line = ''] = message.body.split('\n');
    const { results, problems, reasons } = screen.options.texts;
    screen.notices.add('result', problems.about(results.unsending, inline(line)), clock.now());
    const outcome = await persistence.unsend(message);
    const result =
      outcome instanceof Error
        ? problems.notUnsent(reasons.refusal(outcome.message))
        : results.unsend[outcome](inline(message.to));
    const notice = problems.about(result, inline(line));
    screen.notices.add(outcome === 'unsent' ? 'result' : 'problem', notice, clock.now());
  }

  async #block(request: BlockingRequest): Promise<void> {
    const { screen, blocking, clock } = this.options;
    const result = await blocking(request);
    const text = blockingText(request, result, screen.options.texts);
    screen.notices.add(result.isDone ? 'result' : 'problem', text, clock.now());
  }

  /** Draws when the work is done; its error ends the chat. */
  #watch(work: Promise<unknown>): void {
    work.then(
      () => this.options.scheduler.drawSoon(),
      (cause: unknown) => this.#finish(new Failed(cause as Error)),
    );
  }
}

function endingLines(
  { message, why, next }: Explanation,
  { queued, hasDraft }: { readonly queued: number; readonly hasDraft: boolean },
  texts: Texts['ending'],
): SafeText[] {
  return [
    why === undefined ? texts.sentence(inline(message)) : texts.because(inline(message), inline(why)),
    ...(next === undefined ? [] : [texts.sentence(inline(`${next[0]?.toUpperCase()}${next.slice(1)}`))]),
    ...(queued > 0 || hasDraft ? [texts.kept(queued, hasDraft)] : []),
  ];
}
