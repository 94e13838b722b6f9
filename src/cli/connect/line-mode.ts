/**
 * The chat client in line mode: one line per event, nothing is redrawn, no escape sequences. For screen readers, pipes,
 * scripts and slow links; with --json for programs.
 */
import type { Blocking, BlockingRequest } from '../../client/api/blocking.js';
import type { Client, ClientEvent, IncomingMessage } from '../../client/api/client.js';
import type { Clock } from '../../io/clock.js';
import { WIRE } from '../../protocol/limits.js';
import { inline, type SafeText } from '../../text/safe-text.js';
import { blockingText } from '../../tui/texts/blocking-text.js';
import type { Texts } from '../../tui/texts/en.js';
import { TIMED_OUT, withTimeout } from '../async/with-timeout.js';
import type { Exit } from '../errors/exit-codes.js';
import { type Line, NOT_UTF8, readLines, TOO_LONG } from '../input/stdin-lines.js';
import { printMessage } from '../output/message-text.js';
import { isClosedOutput, OutputFailure } from '../output/output-failure.js';
import { MAX_JSON_LINE_BYTES } from '../send/message-source.js';
import { chatEnd } from './chat-end.js';
import { type LineInput, parseJsonLine, parseLine } from './line-input.js';
import { eventObject, lineHeading, offlineText, onlineText, stateText } from './line-text.js';
import type { LineStreams } from './prompt-line.js';

/** With `isInteractive` a person has read each error; otherwise the exit code reports the worst one. */
interface LineModeOptions extends Pick<LineStreams, 'input' | 'output' | 'isInteractive'> {
  readonly user: string;
  readonly device: string;
  /** The target of lines that name none; `/to` changes it. */
  readonly to: string | undefined;
  readonly clock: Clock;
  readonly blocking: Blocking;
  /** English with `--json`. */
  readonly texts: Texts;
}

/** Input is not read while more own messages than this wait for the server. */
const MAX_QUEUED = 2 * WIRE.window;

/** At the end of the input: how long to wait for queued messages to be stored, and after how long a note says so. */
const DRAIN_MS = 10_000;
const DRAIN_NOTE_MS = 1_000;

export class LineMode {
  #to: string | undefined;
  /** Numbers that stand for own messages in the output, by id. Removed with the final state of a message; purged ones may be restored. */
  readonly #numbers = new Map<string, number>();
  #count = 0;
  /** Why messages stay queued, by recipient. */
  readonly #delays = new Map<string, SafeText>();
  /** Ids of queued messages for which that was printed: not again with each attempt. */
  readonly #delayed = new Set<string>();
  /** The last reported state of the connection: failed attempts to reconnect are not reported. */
  #connection: 'online' | 'offline' | undefined;
  /** The result of the worst input line. */
  #worst: 'done' | 'usage' | 'refused' = 'done';
  /** The last write to stdout. */
  #written: Promise<void> = Promise.resolve();
  /** Resolves with the first write that failed. */
  readonly #broken: Promise<OutputFailure>;
  #reportBroken: (failure: OutputFailure) => void = () => undefined;
  /** Resolves when the client is about to be closed. */
  readonly #leaving: Promise<void>;
  #leave: () => void = () => undefined;

  constructor(private readonly options: LineModeOptions) {
    this.#to = options.to;
    this.#broken = new Promise((resolve) => {
      this.#reportBroken = resolve;
    });
    this.#leaving = new Promise((resolve) => {
      this.#leave = resolve;
    });
  }

  get output(): LineStreams['output'] {
    return this.options.output;
  }

  /** Whether a person reads it. */
  get isInteractive(): boolean {
    return this.options.isInteractive;
  }

  /**
   * Prints a message from another user; resolves when it is written. If nobody reads stdout any more it rejects only at the
   * end: the message is not acked, and the client goes on sending.
   */
  async show(message: IncomingMessage): Promise<void> {
    const { output, clock, texts } = this.options;
    try {
      await this.#print(printMessage(output, message, lineHeading(message, clock.now(), texts)));
    } catch (error) {
      if (isClosedOutput(error)) {
        output.note(texts.line.noReader);
        await this.#leaving;
      }
      throw error;
    }
  }

  /**
   * Resolves at the end of the input, after `/quit` or a signal: with the result of the worst line, unless interactive.
   * The client is closed then. A reader that is gone ends it only if a person types: a program's lines are all sent.
   * @throws Failure when the client ends by itself, and when stdout cannot be written.
   */
  async run(client: Client, signal: Promise<Exit>): Promise<Exit> {
    const { output, user, device, isInteractive, texts } = this.options;
    client.subscribe((event) => this.#onEvent(event));
    const reading = this.#readInput(client).then(() => 'done' as const);
    const ended = client.ended.then(() => 'ended' as const);
    const broken = this.#broken.then((failure) => this.#withoutOutput(failure));
    let reason = await Promise.race([reading, ended, signal, broken]);
    if (reason === 'done' && client.queued > 0) reason = await Promise.race([this.#drain(client), ended, signal]);
    this.#leave();
    await client.close();
    const [{ reason: failure }] = (await Promise.allSettled([this.#written])) as [{ reason?: OutputFailure }];
    if (failure && !failure.isClosed) reason = failure;
    if (reason === 'ended') throw chatEnd(await client.ended, user, device, texts);
    if (client.queued > 0) output.note(texts.line.queued(client.queued, inline(user)));
    if (reason instanceof OutputFailure) throw reason;
    if (client.queued === 0) return reason === 'done' && !isInteractive ? this.#worst : reason;
    return reason === 'done' ? 'not-stored' : reason;
  }

  /** Resolves with how that ends line mode, if it does. */
  #withoutOutput(failure: OutputFailure): OutputFailure | 'done' | Promise<never> {
    if (!failure.isClosed) return failure;
    return this.options.isInteractive ? 'done' : new Promise(() => undefined);
  }

  /** Everything on stdout passes here. */
  #print(write: Promise<void>): Promise<void> {
    this.#written = write;
    write.catch(this.#reportBroken);
    return write;
  }

  async #readInput(client: Client): Promise<void> {
    const { input, output, texts } = this.options;
    for await (const lines of readLines(input, MAX_JSON_LINE_BYTES)) {
      for (const line of lines) {
        const parsed = this.#parse(line);
        if (parsed.type === 'quit') return;
        if (parsed.type === 'invalid') this.#reportProblem(parsed.problem, 'usage');
        if (parsed.type === 'help') for (const text of texts.line.help) output.note(text);
        if (parsed.type === 'to') this.#setTarget(parsed.to);
        if (parsed.type === 'blocking') await this.#block(parsed);
        if (parsed.type === 'send') await this.#send(client, parsed);
      }
    }
  }

  #parse(line: Line): LineInput {
    const { output, texts } = this.options;
    if (line === TOO_LONG) return { type: 'invalid', problem: texts.line.tooLong };
    if (line === NOT_UTF8) return { type: 'invalid', problem: texts.line.notUtf8 };
    return output.json ? parseJsonLine(line) : parseLine(line, this.#to, texts.line);
  }

  #setTarget(to: string | undefined): void {
    this.#to = to;
    const { output, texts } = this.options;
    output.note(to === undefined ? texts.line.noTarget : texts.line.target(inline(to)));
  }

  async #block(request: BlockingRequest): Promise<void> {
    const { blocking, output, texts } = this.options;
    const result = await blocking(request);
    const text = blockingText(request, result, texts);
    if (result.isDone) output.note(text);
    else this.#reportProblem(text, 'refused');
  }

  async #send(client: Client, { to, body, id, re }: LineInput & { readonly type: 'send' }): Promise<void> {
    try {
      const { stored } = client.send(to, body, { ...(id !== undefined && { id }), ...(re !== undefined && { re }) });
      if (client.queued > MAX_QUEUED) await Promise.allSettled([stored]);
    } catch (error) {
      const { output, texts } = this.options;
      const { message } = error as Error;
      this.#reportProblem(output.json ? message : texts.reasons.refusal(message), 'refused');
    }
  }

  /** Resolves when the server has answered every message, or after DRAIN_MS. */
  async #drain(client: Client): Promise<'done'> {
    const drained = new Promise<void>((resolve) => {
      client.subscribe(() => client.queued === 0 && resolve());
    });
    const { clock, output, texts } = this.options;
    if ((await withTimeout(clock, DRAIN_NOTE_MS, drained)) === TIMED_OUT) {
      const [delay] = this.#delays.values();
      output.note(texts.line.draining(client.queued, delay));
      await withTimeout(clock, DRAIN_MS - DRAIN_NOTE_MS, drained);
    }
    return 'done';
  }

  #onEvent(event: ClientEvent): void {
    const { output, user, texts } = this.options;
    if (event.type === 'state' && event.state === 'failed') this.#worst = 'refused';
    if (output.json) {
      const object = eventObject(event, user);
      if (object) this.#print(output.object(object));
    } else if (event.type === 'state') this.#printState(event);
    else if (event.type === 'locked') output.note(texts.line.locked(inline(user)));
    else if (event.type === 'online') output.note(onlineText(user, event, texts));
    else if (event.type === 'offline' && this.#connection !== 'offline') output.note(offlineText(event, texts));
    else if (event.type === 'new-epoch') output.note(texts.line.newEpoch);
    else if (event.type === 'missed') output.note(texts.line.missed(event.count));
    else if (event.type === 'history') output.note(texts.line.history(event.count));
    if (event.type === 'online' || event.type === 'offline') this.#connection = event.type;
    if (event.type === 'offline') this.#delays.clear();
  }

  #printState(event: ClientEvent & { readonly type: 'state' }): void {
    const { id, state, refusal } = event;
    const delay = this.#delayOf(event);
    if (this.#delayed.has(id)) return;
    const number = this.#numbers.get(id) ?? ++this.#count;
    this.#numbers.set(id, number);
    if (state === 'delivered' || (state === 'failed' && refusal?.code !== 'purged')) this.#numbers.delete(id);
    // While online `stored` follows at once: a line for `queued` would be noise.
    if (state === 'queued' && this.#connection === 'online' && delay === undefined) return;
    if (delay !== undefined) this.#delayed.add(id);
    const { output, texts } = this.options;
    this.#print(output.line(stateText(event, number, texts, delay)));
  }

  /** Why the message stays queued, as far as that is known. */
  #delayOf({ id, to, state, refusal }: ClientEvent & { readonly type: 'state' }): SafeText | undefined {
    if (state === 'queued') {
      if (refusal) this.#delays.set(to, this.options.texts.reasons.delay(refusal, to));
      return this.#delays.get(to);
    }
    this.#delayed.delete(id);
    if (state === 'stored') this.#delays.delete(to);
    return undefined;
  }

  #reportProblem(problem: string, result: 'usage' | 'refused'): void {
    const { output } = this.options;
    if (this.#worst === 'done') this.#worst = result;
    if (output.json) this.#print(output.object({ event: 'error', message: problem }));
    else output.note(inline(problem));
  }
}
