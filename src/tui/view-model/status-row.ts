/** The status line. On a narrow screen it leaves out the least important parts. Pure. */

import { inline, type SafeText, safe } from '../../text/safe-text.js';
import type { TextWidth } from '../../text/text-width.js';
import type { Chat, ConnectionStatus } from '../model/chat.js';
import { clip, firstAndMore, padEnd, type Row, span, widthOf } from '../rows/row.js';
import type { Symbols } from '../rows/symbols.js';
import { shortDuration } from '../rows/time-format.js';

export interface Status extends Pick<Chat, 'me' | 'connection' | 'lockHolder' | 'queued' | 'unread'> {
  readonly server: SafeText;
  /** Peers of conversations with a failure that the user has not seen. */
  readonly failedTo: readonly string[];
  /** Shown instead of hints, and in every variant. */
  readonly notice: SafeText | undefined;
}

export function statusRow(status: Status, now: number, columns: number, symbols: Symbols, textWidth: TextWidth): Row {
  const { left, right } = firstThatFits(variantsOf(status, now, symbols), columns, textWidth);
  const room = Math.max(columns - widthOf(right, textWidth), 0);
  return [
    ...padBar(clip(left, room, textWidth, symbols.ellipsis), room, textWidth),
    ...clip(right, columns, textWidth, symbols.ellipsis),
  ];
}

/** The content of both ends. */
interface Variant {
  readonly left: Row;
  readonly right: Row;
}

/** The line in all variants, the most detailed first. */
function variantsOf(status: Status, now: number, symbols: Symbols): readonly Variant[] {
  const { me, server, connection, lockHolder, notice } = status;
  const isOnline = connection.state === 'online' && lockHolder === undefined;
  const symbol = isOnline ? symbols.online : symbols.offline;
  const connectionRow = (text: SafeText): Row => [span(safe` ${symbol} ${text}`, isOnline ? 'online' : 'offline')];
  const long = connectionRow(connectionText(connection, lockHolder, now));
  const short = connectionRow(shortConnectionText(connection, lockHolder, now));
  const failed = failedRow(status, symbols);
  const outbox = [...queuedRow(status, now, symbols, true), ...failed];
  const shortOutbox = [...queuedRow(status, now, symbols, false), ...failed];
  const account: Row = [span(safe`   ${inline(me)} at ${server}`, 'bar')];
  const help: Row = notice === undefined ? [span(safe`  F1 help `, 'bar')] : [span(safe`  ${notice} `, 'notice')];
  const unread = notice === undefined ? unreadRow(status) : [];
  const hints = [...unread, ...help];
  return [
    { left: [...long, ...outbox, ...account], right: hints },
    { left: [...long, ...outbox], right: hints },
    { left: [...long, ...shortOutbox], right: hints },
    { left: [...short, ...shortOutbox], right: hints },
    { left: [...short, ...shortOutbox], right: unread.length > 0 ? unread : help },
    { left: [...short, ...shortOutbox], right: notice === undefined ? [] : help },
  ];
}

function firstThatFits(variants: readonly Variant[], columns: number, textWidth: TextWidth): Variant {
  const fits = ({ left, right }: Variant): boolean => widthOf(left, textWidth) + widthOf(right, textWidth) <= columns;
  return variants.find(fits) ?? variants.at(-1) ?? { left: [], right: [] };
}

const padBar = (row: Row, columns: number, textWidth: TextWidth): Row =>
  padEnd(row, columns, textWidth).map((part, index) => (index < row.length ? part : span(part.text, 'bar')));

/** The number of unread messages, and the key that goes to the next one. */
const unreadRow = ({ unread }: Status): Row => (unread === 0 ? [] : [span(safe`  ${unread} unread: Alt+A `, 'notice')]);

/** A message queued for less time is probably on its way. */
const OLD_MS = 5_000;

function queuedRow({ queued: { count, since } }: Status, now: number, symbols: Symbols, withAge: boolean): Row {
  if (count === 0) return [];
  const age = now - (since ?? now);
  const ageText = withAge && age >= OLD_MS ? safe` for ${inline(shortDuration(age))}` : safe``;
  return [span(safe`   ${symbols.queued} ${count} queued${ageText}`, 'notice')];
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
      return safe`ended: ${inline(connection.reason)}`;
  }
}

function shortConnectionText(connection: ConnectionStatus, lockHolder: string | undefined, now: number): SafeText {
  if (lockHolder !== undefined) return safe`taking over`;
  if (connection.state !== 'offline') return inline(connection.state);
  return safe`offline, ${inline(shortDuration(connection.retryAt - now))}`;
}
