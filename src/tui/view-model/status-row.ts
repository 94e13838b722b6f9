/** The status line. On a narrow screen it leaves out the least important parts; a notice is cut last, the connection never. Pure. */

import { inline, type SafeText, safe } from '../../text/safe-text.js';
import type { TextWidth } from '../../text/text-width.js';
import type { Chat, ConnectionStatus } from '../model/chat.js';
import { clip, firstAndMore, padEnd, type Row, span, widthOf } from '../rows/row.js';
import type { Symbols } from '../rows/symbols.js';
import { shortDuration } from '../rows/time-format.js';
import type { Keymap } from '../screen/keymap.js';

export interface Status extends Pick<Chat, 'me' | 'connection' | 'lockHolder' | 'queued' | 'unread'> {
  readonly server: SafeText;
  /** Peers of conversations with a failure that the user has not seen. */
  readonly failedTo: readonly string[];
  /** Shown instead of the help hint, and in every variant; may be empty. */
  readonly notice: SafeText | undefined;
  readonly keymap: Keymap;
}

export function statusRow(status: Status, now: number, columns: number, symbols: Symbols, textWidth: TextWidth): Row {
  const { left, right: whole, notice } = firstThatFits(variantsOf(status, now, symbols), columns, textWidth);
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
function variantsOf(status: Status, now: number, symbols: Symbols): readonly Variant[] {
  const { me, server, connection, lockHolder } = status;
  const isOnline = connection.state === 'online' && lockHolder === undefined;
  const symbol = isOnline ? symbols.online : symbols.offline;
  const connectionRow = (text: SafeText): Row => [span(safe` ${symbol} ${text}`, isOnline ? 'online' : 'offline')];
  const long = connectionRow(connectionText(connection, lockHolder, now));
  const brief = connection.state === 'offline' ? { ...connection, reason: connection.brief } : connection;
  const medium = connectionRow(connectionText(brief, lockHolder, now));
  const reasonOnly = connectionRow(reasonText(connection, lockHolder, now));
  const short = connectionRow(shortConnectionText(connection, lockHolder, now));
  const failed = failedRow(status, symbols);
  const [count, age, delay] = queuedParts(status, now, symbols);
  const outbox = [...count, ...failed];
  const account: Row = [span(safe`   ${inline(me)} at ${server}`, 'bar')];
  const notice: Row = !status.notice ? [] : [span(safe`  ${status.notice} `, 'notice')];
  const help: Row = status.notice !== undefined ? [] : [span(safe`  ${helpKey(status.keymap)} help `, 'bar')];
  const [unread, shortUnread] = unreadRows(status);
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
function unreadRows({ unread, keymap }: Status): readonly [Row, Row] {
  if (unread === 0) return [[], []];
  const short: Row = [span(safe`  ${unread} unread `, 'notice')];
  const key = keymap.labelOf('next-unread');
  return [key === undefined ? short : [span(safe`  ${unread} unread: ${key} `, 'notice')], short];
}

/** A message queued for less time is probably on its way. */
const OLD_MS = 5_000;

/** How many messages are queued, for how long, and why. */
function queuedParts(
  { queued: { count, since, delay } }: Status,
  now: number,
  symbols: Symbols,
): readonly [count: Row, age: Row, delay: Row] {
  if (count === 0) return [[], [], []];
  const age = now - (since ?? now);
  return [
    [span(safe`   ${symbols.queued} ${count} queued`, 'notice')],
    age < OLD_MS ? [] : [span(safe` for ${inline(shortDuration(age))}`, 'notice')],
    delay === undefined ? [] : [span(safe`: ${inline(delay)}`, 'notice')],
  ];
}

const failedRow = ({ failedTo }: Status, symbols: Symbols): Row =>
  failedTo.length === 0 ? [] : [span(safe`   ${symbols.failed} failed to ${firstAndMore(failedTo)}`, 'offline')];

export function connectionText(connection: ConnectionStatus, lockHolder: string | undefined, now: number): SafeText {
  if (lockHolder !== undefined) return safe`taking over from another im, ${inline(lockHolder)}`;
  switch (connection.state) {
    case 'connecting':
    case 'online':
      return inline(connection.state);
    case 'offline':
      return safe`offline: ${inline(connection.reason)}, next try in ${inline(shortDuration(connection.retryAt - now))}`;
    case 'ended':
      return safe`disconnected`;
  }
}

/** Without the time of the next try. */
function reasonText(connection: ConnectionStatus, lockHolder: string | undefined, now: number): SafeText {
  if (lockHolder !== undefined || connection.state !== 'offline')
    return shortConnectionText(connection, lockHolder, now);
  return safe`offline: ${inline(connection.brief)}`;
}

function shortConnectionText(connection: ConnectionStatus, lockHolder: string | undefined, now: number): SafeText {
  if (lockHolder !== undefined) return safe`taking over`;
  if (connection.state !== 'offline') return connectionText(connection, lockHolder, now);
  return safe`offline, ${inline(shortDuration(connection.retryAt - now))}`;
}
