/** The options of a client. */
import { isUserName } from '../../protocol/fields.js';
import type { Mode } from '../../protocol/frames/login.js';
import type { IncomingMessage } from '../events.js';
import { CLIENT } from '../limits.js';
import type { ServerOptions } from '../ports.js';
import type { MarkShown, MessageHandler } from './inbox-handoff.js';

export interface ClientOptions extends ServerOptions {
  readonly user: string;
  readonly token: string;
  /**
   * Which of the user's devices this is: a name as that of a user. Each device gets every message, and a newer client of the
   * same device ends the older one. Default `main`. One state folder for each device.
   */
  readonly device?: string | undefined;
  /** Default `chat`. A client in mode `send` receives no messages, and does not end another session of the user. */
  readonly mode?: Exclude<Mode, 'operate'>;
  /**
   * Whether this device gets copies of what the user sends from elsewhere: messages with `to`. Default false. Only in mode `chat`.
   */
  readonly copies?: boolean;
  /**
   * Whether a device that is new to the server gets what that keeps of delivered messages: messages with `isHistory`. Default
   * false. Not asked for when this client has received something already.
   */
  readonly history?: boolean;
  /** Name and version of the program, for the server's log. */
  readonly agent?: string;
  /**
   * The folder in which outbox and inbox survive the death of the process; one folder for each device of a user on each server.
   * One process at a time can hold it. Without it both are in memory only, which suits `mode: 'send'`.
   */
  readonly stateFolder?: string;
  /**
   * Whether stored messages are tracked until they are delivered, also by asking the server after a reconnect. Default true.
   * With false, nothing is kept of a stored message: for programs that send much and do not need to know.
   */
  readonly trackDelivery?: boolean;
  /** Whether to reconnect when the connection is lost. Default true. A final close code ends the client in any case. */
  readonly reconnect?: boolean;
  /**
   * Shows a message. Called for one message at a time, in order, when the message is durable (but see `markShown`). When the returned promise
   * resolves, the message counts as shown and is acked (R12, R15). When it throws or rejects, the client ends with that error,
   * and the message stays undelivered. Mode `chat` needs this or `onMessages`.
   */
  readonly onMessage?: (message: IncomingMessage) => void | Promise<void>;
  /**
   * The same for several messages at once: called with all messages that can be shown, in order, at most CLIENT.maxShownBatch.
   * When the promise resolves, all of them count as shown.
   */
  readonly onMessages?: (messages: readonly IncomingMessage[]) => void | Promise<void>;
  /**
   * Whether a message that was shown is left to the user's other devices: neither it nor anything after it is acked by this
   * one, so that it stays undelivered until another device has it. The server pushes only so many messages without an ack: for a
   * client that looks for one message and ends. Not with a state folder. Default: none is.
   */
  readonly leaves?: ((message: IncomingMessage) => boolean) | undefined;
  /** With `onMessages`: how many messages the next call may get, at least 1. Default: CLIENT.maxShownBatch, and never more. */
  readonly maxBatch?: (() => number) | undefined;
  /**
   * With a state folder: when to record that a message was shown. It matters when the process dies in between.
   * - `after` (default): after `onMessage`. No message is ever lost, but after a crash `onMessage` may get some again. For
   *   programs that store their messages, and recognise them by `from` and `id`.
   * - `before`: before `onMessage`. No message is ever shown twice (R15), but one that is caught by a crash is not shown at all.
   *   For a screen that stores nothing.
   * - `only`: as `after`, but a message is not saved before it is shown: that it was shown is all that is recorded, once for all
   *   messages of a call, and then they are acked. For programs that know by `epoch` and `seq` what they have shown, as
   *   `im listen` does.
   */
  readonly markShown?: MarkShown;
}

/** @throws TypeError when the options can never work. */
export function checkOptions(options: ClientOptions): void {
  checkAddress(options);
  if (options.mode !== 'send' && !messageHandlerOf(options)) throw new TypeError('mode chat needs onMessage');
  if (options.leaves && options.stateFolder !== undefined)
    throw new TypeError('leaves needs a client without a state folder');
}

export function messageHandlerOf({
  onMessage,
  onMessages,
  maxBatch,
  leaves,
}: ClientOptions): MessageHandler | undefined {
  const { maxShownBatch: most } = CLIENT;
  if (onMessages) return { show: onMessages, maxBatch: () => (maxBatch ? Math.min(maxBatch(), most) : most), leaves };
  if (!onMessage) return undefined;
  return { show: ([message]) => (message === undefined ? undefined : onMessage(message)), maxBatch: () => 1, leaves };
}

/** @throws TypeError when the URL, the user name or the device is not valid. */
export function checkAddress({ url, user, device }: Pick<ClientOptions, 'url' | 'user' | 'device'>): void {
  const { protocol, hash } = new URL(url);
  if (!['ws:', 'wss:'].includes(protocol) || hash !== '') throw new TypeError(`not a ws: or wss: address: ${url}`);
  if (!isUserName(user)) throw new TypeError(`not the name of a user: ${JSON.stringify(user)}`);
  if (device !== undefined && !isUserName(device))
    throw new TypeError(`not the name of a device: ${JSON.stringify(device)}`);
}
