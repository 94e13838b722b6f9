/** The status line: what matters most comes first, and what has no room is left out. Pure. */
import type { Ruler } from '../text/ruler.js';
import { inline, type SafeText, safe } from '../text/safe-text.js';
import type { Connection } from './connection.js';
import { clip, fill, type Row, type Style, span, widthOf } from './row.js';
import type { Signs } from './signs.js';
import { lengthOfTime } from './time-text.js';

export interface Status {
  readonly me: string;
  readonly server: SafeText;
  readonly connection: Connection;
  /** Who holds the state folder, as long as it is another process. */
  readonly heldBy: string | undefined;
  readonly queued: { readonly count: number; readonly since: number | undefined };
  /** What the user has to be told now. */
  readonly notice: SafeText | undefined;
}

export function statusRow(status: Status, now: number, columns: number, signs: Signs, ruler: Ruler): Row {
  const { me, server, connection, heldBy, notice } = status;
  const isOnline = connection.state === 'online' && heldBy === undefined;
  const bar = (text: SafeText, style: Style = 'bar'): Row => [span(text, style)];
  const sign = isOnline ? signs.online : signs.offline;
  const where = bar(safe` ${sign} ${connectionText(connection, heldBy, now)}`, isOnline ? 'online' : 'offline');
  const waiting = queuedText(status, now);
  const queued = waiting === undefined ? [] : bar(safe`   ${signs.queued} ${waiting}`, 'notice');
  const who = bar(safe`   ${inline(me)} at ${server}`);
  const right = notice === undefined ? bar(safe`Alt+A next unread   F1 help `) : bar(safe`${notice} `, 'notice');
  // What is told now is more important than anything; of the rest, the beginning.
  const reserved = notice === undefined ? 0 : Math.min(widthOf(right, ruler) + 2, columns);
  let left: Row = where;
  for (const part of [queued, who]) {
    const longer = [...left, ...part];
    if (widthOf(longer, ruler) + reserved <= columns) left = longer;
  }
  const room = columns - widthOf(right, ruler);
  const hasRoom = notice !== undefined || widthOf(left, ruler) + 2 <= room;
  if (!hasRoom) return padded(clip(left, columns, ruler, signs.cut), columns, ruler);
  return [
    ...padded(clip(left, Math.max(room, 0), ruler, signs.cut), room, ruler),
    ...clip(right, columns, ruler, signs.cut),
  ];
}

const padded = (row: Row, columns: number, ruler: Ruler): Row =>
  fill(row, columns, ruler).map((part, index) => (index < row.length ? part : span(part.text, 'bar')));

function queuedText({ queued: { count, since } }: Status, now: number): SafeText | undefined {
  if (count === 0) return undefined;
  const age = now - (since ?? now);
  return age < OLD_MS ? safe`${count} queued` : safe`${count} queued for ${inline(lengthOfTime(age))}`;
}

/** What waits for less is on its way. */
const OLD_MS = 5_000;

export function connectionText(connection: Connection, heldBy: string | undefined, now: number): SafeText {
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
