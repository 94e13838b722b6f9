/**
 * The chat client in line mode: one event a line, nothing repainted, no escape byte. For screen readers, pipes, scripts and
 * slow links; with --json for programs.
 */
import type { Client } from '../../client/client.js';
import type { ClientEvent, IncomingMessage } from '../../client/events.js';
import type { Clock } from '../../io/clock.js';
import { WIRE } from '../../protocol/limits.js';
import { inline, safe } from '../../text/safe-text.js';
import { TIMED_OUT, withTimeout } from '../async/with-timeout.js';
import { chatFailure } from '../errors/client-failure.js';
import type { Exit } from '../errors/exit-codes.js';
import { type Line, NOT_UTF8, readLines, TOO_LONG } from '../input/stdin-lines.js';
import { printMessage } from '../output/message-text.js';
import type { Output } from '../output/output.js';
import { MAX_JSON_LINE_BYTES } from '../send/message-source.js';
import { LINE_HELP, type LineInput, readJsonLine, readLine } from './line-input.js';
import { eventObject, lineHeading, offlineText, onlineText, queuedText, stateText } from './line-text.js';

interface LineModeOptions {
  readonly user: string;
  /** Whom lines go to, if that is said from the start. */
  readonly to: string | undefined;
  readonly input: AsyncIterable<Uint8Array>;
  /** A person types, and has read what went wrong; otherwise the exit code says it. */
  readonly isTyped: boolean;
  readonly output: Output;
  readonly clock: Clock;
}

/** So many messages may be queued before no more input is read. */
const MAX_AHEAD = 2 * WIRE.window;

/** How long to wait, at the end of the input, for the server to take what is queued; and when that is said. */
const DRAIN_MS = 10_000;
const DRAIN_SAID_MS = 1_000;

export class LineMode {
  #to: string | undefined;
  /** What people call their own messages, by id; forgotten when nothing more can happen to them. */
  readonly #numbers = new Map<string, number>();
  #count = 0;
  /** What was last heard of the connection. That it is gone is said once, not at each attempt. */
  #news: 'online' | 'offline' | undefined;
  /** What became of the worst line. */
  #worst: 'done' | 'usage' | 'refused' = 'done';

  constructor(private readonly options: LineModeOptions) {
    this.#to = options.to;
  }

  /** Shows a message; resolves when it is written. */
  show(message: IncomingMessage): Promise<void> {
    const { output, clock } = this.options;
    return printMessage(output, message, lineHeading(message, clock.now()));
  }

  /**
   * Resolves when the input ends, after `/quit` or a signal; with what became of the worst line, unless a person typed it.
   * @throws Failure when the client ends by itself.
   */
  async run(client: Client, signal: Promise<Exit>): Promise<Exit> {
    const { output, user, isTyped } = this.options;
    client.subscribe((event) => this.#tell(event));
    const reading = this.#read(client).then(() => 'done' as const);
    const ended = client.ended.then(() => 'ended' as const);
    let why = await Promise.race([reading, ended, signal]);
    if (why === 'done' && client.queued > 0) why = await Promise.race([this.#drain(client), ended, signal]);
    await client.close();
    if (why === 'ended') throw chatFailure(await client.ended, user);
    if (client.queued === 0) return why === 'done' && !isTyped ? this.#worst : why;
    output.note(queuedText(client.queued, user));
    return why === 'done' ? 'not-stored' : why;
  }

  async #read(client: Client): Promise<void> {
    const { input, output } = this.options;
    for await (const portion of readLines(input, MAX_JSON_LINE_BYTES)) {
      for (const line of portion) {
        const wanted = this.#understand(line);
        if (wanted.type === 'quit') return;
        if (wanted.type === 'wrong') this.#complain(wanted.why, 'usage');
        if (wanted.type === 'help') for (const text of LINE_HELP) output.note(inline(text));
        if (wanted.type === 'to') this.#turnTo(wanted.to);
        if (wanted.type === 'send') await this.#send(client, wanted);
      }
    }
  }

  #turnTo(to: string | undefined): void {
    this.#to = to;
    this.options.output.note(to === undefined ? safe`each line says to whom` : safe`to ${inline(to)}`);
  }

  #understand(line: Line): LineInput {
    if (line === TOO_LONG) return { type: 'wrong', why: 'the line is too long' };
    if (line === NOT_UTF8) return { type: 'wrong', why: 'the line is not UTF-8' };
    return this.options.output.json ? readJsonLine(line) : readLine(line, this.#to);
  }

  async #send(client: Client, { to, body, id }: LineInput & { readonly type: 'send' }): Promise<void> {
    try {
      const { stored } = client.send(to, body, id === undefined ? {} : { id });
      if (client.queued > MAX_AHEAD) await Promise.allSettled([stored]);
    } catch (error) {
      this.#complain((error as Error).message, 'refused');
    }
  }

  /** Resolves when the server has answered everything, or when that takes too long. */
  async #drain(client: Client): Promise<'done'> {
    const drained = new Promise<void>((resolve) => {
      client.subscribe(() => client.queued === 0 && resolve());
    });
    const { clock, output } = this.options;
    if ((await withTimeout(clock, DRAIN_SAID_MS, drained)) === TIMED_OUT) {
      output.note(safe`waiting for ${client.queued} queued; Ctrl+C leaves now`);
      await withTimeout(clock, DRAIN_MS - DRAIN_SAID_MS, drained);
    }
    return 'done';
  }

  #tell(event: ClientEvent): void {
    const { output, user } = this.options;
    if (event.type === 'state' && event.state === 'failed') this.#worst = 'refused';
    if (output.json) {
      const object = eventObject(event, user);
      if (object) output.object(object);
    } else if (event.type === 'state') this.#tellState(event);
    else if (event.type === 'locked') output.note(safe`waiting: another im is connected as ${inline(user)}`);
    else if (event.type === 'online') output.note(onlineText(user, event));
    else if (event.type === 'offline' && this.#news !== 'offline') output.note(offlineText(event));
    if (event.type === 'online' || event.type === 'offline') this.#news = event.type;
  }

  #tellState(event: ClientEvent & { readonly type: 'state' }): void {
    const { id, state, refusal } = event;
    const number = this.#numbers.get(id) ?? ++this.#count;
    this.#numbers.set(id, number);
    if (state === 'delivered' || state === 'failed') this.#numbers.delete(id);
    // While online, a message is stored as soon as one has read that it is queued.
    if (state === 'queued' && this.#news === 'online' && !refusal) return;
    this.options.output.line(stateText(event, number));
  }

  #complain(why: string, how: 'usage' | 'refused'): void {
    const { output } = this.options;
    if (this.#worst === 'done') this.#worst = how;
    if (output.json) output.object({ event: 'error', message: why });
    else output.note(inline(why));
  }
}
