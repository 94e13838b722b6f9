/** The status line: what matters most comes first, and what has no room is left out. Pure. */

import { inline, type SafeText, safe } from '../../text/safe-text.js';
import type { TextWidth } from '../../text/text-width.js';
import type { ConnectionStatus } from '../model/connection-status.js';
import { clip, fill, type Row, span, widthOf } from '../rows/row.js';
import type { Symbols } from '../rows/symbols.js';
import { lengthOfTime } from '../rows/time-text.js';

export interface Status {
  readonly me: string;
  readonly server: SafeText;
  readonly connection: ConnectionStatus;
  /** Who holds the state folder, as long as it is another process. */
  readonly heldBy: string | undefined;
  readonly queued: { readonly count: number; readonly since: number | undefined };
  /** Messages that have not been read, in all conversations. */
  readonly unread: number;
  /** To whom something has failed since the user looked there. */
  readonly failedTo: readonly string[];
  /** What the user has to be told now. */
  readonly notice: SafeText | undefined;
}

export function statusRow(status: Status, now: number, columns: number, symbols: Symbols, textWidth: TextWidth): Row {
  const { left, right } = firstThatFits(formsOf(status, now, symbols), columns, textWidth);
  const room = Math.max(columns - widthOf(right, textWidth), 0);
  return [
    ...padded(clip(left, room, textWidth, symbols.cut), room, textWidth),
    ...clip(right, columns, textWidth, symbols.cut),
  ];
}

/** What stands at each end. */
interface Form {
  readonly left: Row;
  readonly right: Row;
}

/** The line in all its forms: the one that says most first. What the user has to be told now is in each. */
function formsOf(status: Status, now: number, symbols: Symbols): readonly Form[] {
  const { me, server, connection, heldBy, notice } = status;
  const isOnline = connection.state === 'online' && heldBy === undefined;
  const sign = isOnline ? symbols.online : symbols.offline;
  const where = (text: SafeText): Row => [span(safe` ${sign} ${text}`, isOnline ? 'online' : 'offline')];
  const long = where(connectionText(connection, heldBy, now));
  const short = where(shortConnectionText(connection, heldBy, now));
  const waiting = [...queuedRow(status, now, symbols, true), ...failedRow(status, symbols)];
  const briefly = [...queuedRow(status, now, symbols, false), ...failedRow(status, symbols)];
  const who: Row = [span(safe`   ${inline(me)} at ${server}`, 'bar')];
  const help: Row = notice === undefined ? [span(safe`  F1 help `, 'bar')] : [span(safe`  ${notice} `, 'notice')];
  const unread = notice === undefined ? unreadRow(status) : [];
  const hints = [...unread, ...help];
  return [
    { left: [...long, ...waiting, ...who], right: hints },
    { left: [...long, ...waiting], right: hints },
    { left: [...long, ...briefly], right: hints },
    { left: [...short, ...briefly], right: hints },
    { left: [...short, ...briefly], right: unread.length > 0 ? unread : help },
    { left: [...short, ...briefly], right: notice === undefined ? [] : help },
  ];
}

function firstThatFits(forms: readonly Form[], columns: number, textWidth: TextWidth): Form {
  const fits = ({ left, right }: Form): boolean => widthOf(left, textWidth) + widthOf(right, textWidth) <= columns;
  return forms.find(fits) ?? forms.at(-1) ?? { left: [], right: [] };
}

const padded = (row: Row, columns: number, textWidth: TextWidth): Row =>
  fill(row, columns, textWidth).map((part, index) => (index < row.length ? part : span(part.text, 'bar')));

/** What waits in all conversations, and the key that leads there. */
const unreadRow = ({ unread }: Status): Row => (unread === 0 ? [] : [span(safe`  ${unread} unread: Alt+A `, 'notice')]);

function queuedRow({ queued: { count, since } }: Status, now: number, symbols: Symbols, withAge: boolean): Row {
  if (count === 0) return [];
  const age = now - (since ?? now);
  const waiting = withAge && age >= OLD_MS ? safe` for ${inline(lengthOfTime(age))}` : safe``;
  return [span(safe`   ${symbols.queued} ${count} queued${waiting}`, 'notice')];
}

function failedRow({ failedTo: [first, ...others] }: Status, symbols: Symbols): Row {
  if (first === undefined) return [];
  const more = others.length === 0 ? safe`` : safe` and ${others.length} more`;
  return [span(safe`   ${symbols.failed} failed to ${inline(first)}${more}`, 'offline')];
}

/** What waits for less is on its way. */
const OLD_MS = 5_000;

export function connectionText(connection: ConnectionStatus, heldBy: string | undefined, now: number): SafeText {
  if (heldBy !== undefined) return safe`taking over from another im, ${inline(heldBy)}`;
  switch (connection.state) {
    case 'connecting':
      return safe`connecting`;
    case 'online':
      return safe`online`;
    case 'offline':
      return safe`offline: ${inline(connection.why)}, next try in ${inline(lengthOfTime(connection.retryAt - now))}`;
    case 'ended':
      return safe`ended: ${inline(connection.why)}`;
  }
}

/** The same where there is little room. */
function shortConnectionText(connection: ConnectionStatus, heldBy: string | undefined, now: number): SafeText {
  if (heldBy !== undefined) return safe`taking over`;
  if (connection.state !== 'offline') return inline(connection.state);
  return safe`offline, ${inline(lengthOfTime(connection.retryAt - now))}`;
}
