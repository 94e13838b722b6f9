/** The status line. On a narrow screen it leaves out the least important parts; a notice is cut last, the connection never. Pure. */

import { inline, type SafeText, safe } from '../../text/safe-text.js';
import type { TextWidth } from '../../text/text-width.js';
import type { Chat, ConnectionStatus } from '../model/chat.js';
import { clip, padEnd, type Row, span, widthOf } from '../rows/row.js';
import type { Symbols } from '../rows/symbols.js';
import { shortDuration } from '../rows/time-format.js';
import type { Keymap } from '../screen/keymap.js';
import type { Texts } from '../texts/en.js';

export interface Status extends Pick<Chat, 'me' | 'connection' | 'lockHolder' | 'queued' | 'unread'> {
  readonly server: SafeText;
  /** Peers of conversations with a failure that the user has not seen. */
  readonly failedTo: readonly string[];
  /** Shown instead of the help hint, and in every variant; may be empty. */
  readonly notice: SafeText | undefined;
  readonly keymap: Keymap;
}

export function statusRow(
  status: Status,
  now: number,
  columns: number,
  symbols: Symbols,
  texts: Texts,
  textWidth: TextWidth,
): Row {
  const { left, right: whole, notice } = firstThatFits(variantsOf(status, now, symbols, texts), columns, textWidth);
  const right = clip(
    [...whole, ...notice],
    Math.max(columns - widthOf(left, textWidth), 0),
    textWidth,
    symbols.ellipsis,
  );
  const room = Math.max(columns - widthOf(right, textWidth), 0);
  return [...padBar(clip(left, room, textWidth, symbols.ellipsis), room, textWidth), ...right];
}

/** The content of both ends. The notice is at the right end. */
interface Variant {
  readonly left: Row;
  readonly right: Row;
  readonly notice: Row;
}

/** The line in all variants, the most detailed first. */
function variantsOf(status: Status, now: number, symbols: Symbols, all: Texts): readonly Variant[] {
  const { me, server, connection, lockHolder } = status;
  const texts = all.status;
  const isOnline = connection.state === 'online' && lockHolder === undefined;
  const symbol = isOnline ? symbols.online : symbols.offline;
  const connectionRow = (text: SafeText): Row => [span(safe` ${symbol} ${text}`, isOnline ? 'online' : 'offline')];
  const long = connectionRow(connectionText(connection, lockHolder, now, all));
  const medium = connectionRow(connectionText(connection, lockHolder, now, all, all.reasons.offlineBrief));
  const reasonOnly = connectionRow(reasonText(connection, lockHolder, now, all));
  const short = connectionRow(shortConnectionText(connection, lockHolder, now, all));
  const failed = failedRow(status, symbols, texts);
  const [count, age, delay] = queuedParts(status, now, symbols, texts);
  const outbox = [...count, ...failed];
  const account: Row = [span(safe`   ${texts.account(inline(me), server)}`, 'bar')];
  const notice: Row = !status.notice ? [] : [span(safe`  ${status.notice} `, 'notice')];
  const help: Row = status.notice !== undefined ? [] : [span(safe`  ${texts.help(helpKey(status.keymap))} `, 'bar')];
  const [unread, shortUnread] = unreadRows(status, texts);
  return [
    { left: [...long, ...count, ...age, ...delay, ...failed, ...account], right: [...unread, ...help], notice },
    { left: [...long, ...count, ...age, ...delay, ...failed], right: [...unread, ...help], notice },
    { left: [...long, ...count, ...delay, ...failed], right: [...unread, ...help], notice },
    { left: [...long, ...count, ...delay, ...failed], right: shortUnread, notice },
    { left: [...long, ...outbox], right: [...unread, ...help], notice },
    { left: [...medium, ...outbox], right: [...unread, ...help], notice },
    { left: [...reasonOnly, ...outbox], right: [...unread, ...help], notice },
    { left: [...short, ...outbox], right: [...unread, ...help], notice },
    { left: [...short, ...outbox], right: unread.length > 0 ? unread : help, notice },
    { left: [...short, ...outbox], right: shortUnread, notice },
    // The notice is cut.
    { left: short, right: shortUnread, notice },
  ];
}

function firstThatFits(variants: readonly Variant[], columns: number, textWidth: TextWidth): Variant {
  const fits = (variant: Variant): boolean =>
    widthOf([...variant.left, ...variant.right, ...variant.notice], textWidth) <= columns;
  return variants.find(fits) ?? variants.at(-1) ?? { left: [], right: [], notice: [] };
}

/** What shows the help, in any case. */
export const helpKey = (keymap: Keymap): SafeText => keymap.labelOf('help') ?? safe`/help`;

const padBar = (row: Row, columns: number, textWidth: TextWidth): Row =>
  padEnd(row, columns, textWidth).map((part, index) => (index < row.length ? part : span(part.text, 'bar')));

/** The number of unread messages, with the key that goes to the next one, and without it. */
function unreadRows({ unread, keymap }: Status, texts: Texts['status']): readonly [Row, Row] {
  if (unread === 0) return [[], []];
  const short: Row = [span(safe`  ${texts.unread(unread)} `, 'notice')];
  const key = keymap.labelOf('next-unread');
  return [key === undefined ? short : [span(safe`  ${texts.unreadKey(unread, key)} `, 'notice')], short];
}

/** A message queued for less time is probably on its way. */
const OLD_MS = 5_000;

/** How many messages are queued, for how long, and why. */
function queuedParts(
  { queued: { count, since, delay } }: Status,
  now: number,
  symbols: Symbols,
  texts: Texts['status'],
): readonly [count: Row, age: Row, delay: Row] {
  if (count === 0) return [[], [], []];
  const age = now - (since ?? now);
  return [
    [span(safe`   ${symbols.queued} ${texts.queued(count)}`, 'notice')],
    age < OLD_MS ? [] : [span(texts.queuedFor(inline(shortDuration(age))), 'notice')],
    delay === undefined ? [] : [span(texts.because(delay), 'notice')],
  ];
}

function failedRow({ failedTo: [first, ...others] }: Status, symbols: Symbols, texts: Texts['status']): Row {
  if (first === undefined) return [];
  return [span(safe`   ${symbols.failed} ${texts.failedTo(inline(first), others.length)}`, 'offline')];
}

/** @param reasonOf the reason of being offline; in few words where there is less room. */
export function connectionText(
  connection: ConnectionStatus,
  lockHolder: string | undefined,
  now: number,
  { status, reasons }: Texts,
  reasonOf: Texts['reasons']['offline'] = reasons.offline,
): SafeText {
  if (lockHolder !== undefined) return status.takingOverFrom(inline(lockHolder));
  if (connection.state !== 'offline') return status[connection.state];
  return status.offlineUntil(reasonOf(connection.loss), inline(shortDuration(connection.retryAt - now)));
}

/** Without the time of the next try. */
function reasonText(connection: ConnectionStatus, lockHolder: string | undefined, now: number, texts: Texts): SafeText {
  if (lockHolder !== undefined || connection.state !== 'offline')
    return shortConnectionText(connection, lockHolder, now, texts);
  return texts.status.offline(texts.reasons.offlineBrief(connection.loss));
}

function shortConnectionText(
  connection: ConnectionStatus,
  lockHolder: string | undefined,
  now: number,
  { status }: Texts,
): SafeText {
  if (lockHolder !== undefined) return status.takingOver;
  if (connection.state !== 'offline') return status[connection.state];
  return status.offlineFor(inline(shortDuration(connection.retryAt - now)));
}
