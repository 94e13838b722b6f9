/** What a client is told at its start, and what it reaches the world with. */
import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '../io/clock.js';
import { type Files, realFiles } from '../io/files.js';
import { type Log, silentLog } from '../io/log.js';
import type { Dial } from '../io/transport.js';
import { dialWs } from '../io/ws-client.js';
import { isUserName } from '../protocol/field-types.js';
import type { Mode } from '../protocol/frames/login.js';
import type { IncomingMessage } from './events.js';
import type { MessageHandler, ShowMark } from './inbox-handoff.js';
import { CLIENT } from './limits.js';

export interface ClientOptions {
  /** `ws://127.0.0.1:4690` or `wss://…`. */
  readonly url: string;
  readonly user: string;
  readonly token: string;
  /** Default `chat`. `send` gets no messages and ends nobody's session. */
  readonly mode?: Exclude<Mode, 'operate'>;
  /** Name and version of the program, for the server's log. */
  readonly agent?: string;
  /**
   * Folder in which outbox and inbox survive the death of this process, for this user on this server. One process at a time
   * holds it. Without it they live in memory: right for `mode: 'send'`.
   */
  readonly stateFolder?: string;
  /**
   * Whether messages are followed until they are delivered, also by asking the server after a reconnect. Default true. Without
   * it nothing is kept of a message that is stored: right for those who send much and want to know no more.
   */
  readonly follow?: boolean;
  /** Whether to come back after a broken connection. Default true; terminal close codes end the client all the same. */
  readonly reconnect?: boolean;
  /**
   * Shows a message. It is called for one message after the other, in order, when the message is durable; when what it
   * returns resolves, the message counts as shown and is acked (R12, R15). When it fails, the client ends with that error
   * and the message stays undelivered. In mode `chat` it is needed, or `onMessages`.
   */
  readonly onMessage?: (message: IncomingMessage) => void | Promise<void>;
  /**
   * The same for those who can show several at once, and make them durable at once: it is called with all that can be shown,
   * in order, at most CLIENT.maxShownTogether. When what it returns resolves, all of them count as shown.
   */
  readonly onMessages?: (messages: readonly IncomingMessage[]) => void | Promise<void>;
  /**
   * With a state folder: when it is written down that a message was shown. That decides what a sudden death in between means.
   * - `after` (default): when `onMessage` has shown it. Nothing is ever lost; after a crash, what was not written down yet is
   *   handed over once more. Right for those who keep what they get: they know by `from` and `id` what they have.
   * - `before`: just before `onMessage`. Nothing is ever handed over twice (R15); what a crash caught in between is not shown.
   *   Right for a screen that keeps nothing.
   */
  readonly showMark?: ShowMark;
}

/** What a client reaches the world with. Each has a default that is real. */
export interface ClientPorts {
  readonly dial: Dial;
  readonly clock: Clock;
  readonly files: Files;
  /** 0 ≤ random < 1, for the jitter of the back-off. */
  readonly random: () => number;
  /** Makes ids of messages: each must be new in the world. */
  readonly newId: () => string;
  readonly log: Log;
}

export const DEFAULT_PORTS: ClientPorts = {
  dial: dialWs,
  clock: systemClock,
  files: realFiles,
  random: Math.random,
  newId: randomUUID,
  log: silentLog,
};

/** @throws TypeError when the options can never work. */
export function checkOptions(options: ClientOptions): void {
  checkAddress(options);
  if (options.mode !== 'send' && !messageHandlerOf(options)) throw new TypeError('mode chat needs onMessage');
}

/** Who shows messages: several at once, or one after the other. */
export function messageHandlerOf({ onMessage, onMessages }: ClientOptions): MessageHandler | undefined {
  if (onMessages) return { show: onMessages, maxTogether: CLIENT.maxShownTogether };
  if (!onMessage) return undefined;
  return { show: ([message]) => (message === undefined ? undefined : onMessage(message)), maxTogether: 1 };
}

/** @throws TypeError when nobody can ever be reached there under this name. */
export function checkAddress({ url, user }: Pick<ClientOptions, 'url' | 'user'>): void {
  const { protocol, hash } = new URL(url);
  if (!['ws:', 'wss:'].includes(protocol) || hash !== '') throw new TypeError(`not a ws: or wss: address: ${url}`);
  if (!isUserName(user)) throw new TypeError(`not the name of a user: ${JSON.stringify(user)}`);
}
