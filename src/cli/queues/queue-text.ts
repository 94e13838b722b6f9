/** The tables of queues: their columns, each with the text of its cells. */
import type { ExportedMessage } from '../../queue-admin/export-line.js';
import type { Presence } from '../../queue-admin/queue-source.js';
import type { QueueSummary } from '../../queue-admin/summary.js';
import type { Audit } from '../../store/store.js';
import { inline, type SafeText, safe } from '../../text/safe-text.js';
import { formatBytes } from '../output/bytes.js';
import type { Column } from '../output/table.js';
import { formatAge, formatTime } from '../output/timestamps.js';

export interface QueueColumn<T> extends Column {
  /** @param now ms since 1970, for ages. */
  readonly cell: (item: T, now: number) => SafeText;
}

/** One row of a table with these columns. */
export const rowOf = <T>(columns: readonly QueueColumn<T>[], item: T, now: number): SafeText[] =>
  columns.map(({ cell }) => cell(item, now));

/** The optional columns of a list of messages. */
export interface Shown {
  readonly body: boolean;
  /** Useful when it is not the same for all. */
  readonly status: boolean;
  /** The own queue: without what is known only of the own mailbox. */
  readonly isOwn?: boolean;
}

const SEQ_COLUMN: QueueColumn<ExportedMessage> = {
  heading: 'SEQ',
  isNumber: true,
  cell: ({ seq = 0 }) => safe`${seq}`,
};

const LAST_COLUMN: QueueColumn<ExportedMessage> = {
  heading: 'LAST',
  isNumber: true,
  cell: ({ triedAt }, now) => ageSince(triedAt, now),
};

export const messageColumns = ({ body, status, isOwn = false }: Shown): readonly QueueColumn<ExportedMessage>[] => [
  { heading: 'TO', cell: ({ to }) => inline(to) },
  ...(isOwn ? [] : [SEQ_COLUMN]),
  { heading: 'ID', cell: ({ id }) => inline(id) },
  { heading: 'FROM', cell: ({ from }) => inline(from) },
  { heading: 'STORED', isSpare: true, cell: ({ at }) => formatTime(at) }, // AGE has the same information
  { heading: 'AGE', isNumber: true, cell: ({ at }, now) => formatAge(now - at) },
  { heading: 'TRIES', isNumber: true, cell: ({ attempts }) => safe`${attempts}` },
  ...(isOwn ? [] : [LAST_COLUMN]),
  { heading: 'SIZE', isNumber: true, cell: ({ bytes }) => formatBytes(bytes) },
  ...(status ? [{ heading: 'STATUS', cell: (message: ExportedMessage) => inline(message.status) }] : []),
  ...(body ? [{ heading: 'BODY', cell: (message: ExportedMessage) => preview(message.body ?? '') }] : []),
];

const SUMMARY_COLUMNS: readonly QueueColumn<QueueSummary>[] = [
  { heading: 'USER', cell: ({ user }) => inline(user) },
  { heading: 'COUNT', isNumber: true, cell: ({ count }) => safe`${count}` },
  { heading: 'SIZE', isNumber: true, cell: ({ bytes }) => formatBytes(bytes) },
  { heading: 'OLDEST', isNumber: true, cell: ({ oldestAt }, now) => ageSince(oldestAt, now) },
  { heading: 'TRIES', isNumber: true, cell: ({ attempts }) => safe`${attempts}` },
  { heading: 'SEEN', isNumber: true, cell: seenText },
];

/** Of the line `total`: all but when a user was here. */
export const TOTAL_COLUMNS = SUMMARY_COLUMNS.slice(0, -1);

const DEVICES_COLUMN: QueueColumn<QueueSummary> = { heading: 'DEVICES', cell: devicesText };

/** @param summaries those that are shown; undefined: any. Devices have a column where they tell more than SEEN does. */
export const summaryColumns = (summaries?: readonly QueueSummary[]): readonly QueueColumn<QueueSummary>[] =>
  summaries === undefined || summaries.some(hasDevices) ? [...SUMMARY_COLUMNS, DEVICES_COLUMN] : SUMMARY_COLUMNS;

/** The user has several devices, or one that lacks more than what nobody has. */
const hasDevices = ({ devices, count }: QueueSummary): boolean =>
  devices.length > 1 || devices.some(({ behind }) => behind > count);

export const AUDIT_COLUMNS: readonly QueueColumn<Audit>[] = [
  { heading: 'WHEN', cell: ({ at }) => formatTime(at) },
  { heading: 'BY', cell: ({ by }) => inline(by) },
  { heading: 'WHAT', cell: ({ what }) => inline(what) },
  { heading: 'USER', cell: ({ user = '-' }) => inline(user) },
  { heading: 'DONE', isNumber: true, cell: ({ done }) => safe`${done}` },
  { heading: 'LEFT', isNumber: true, cell: ({ left }) => safe`${left}` },
  { heading: 'AS ASKED FOR', cell: ({ filter }) => inline(filter) },
];

const ageSince = (at: number | undefined, now: number): SafeText => (at === undefined ? safe`-` : formatAge(now - at));

/** `now` while online, `-` if never here, nothing if that is not told. */
function seenText({ online, seenAt }: Partial<Presence>, now: number): SafeText {
  if (seenAt === undefined) return safe``;
  return online ? safe`now` : ageSince(seenAt || undefined, now);
}

/** Devices of a user that are named: those online, and those that were last here. `im devices` lists all. */
const SHOWN_DEVICES = 3;

/** `laptop now, tablet 5d (43 behind), +2`. A number only for a device that lacks more than what nobody has. */
function devicesText(summary: QueueSummary, now: number): SafeText {
  if (!hasDevices(summary)) return safe``;
  const { devices, count } = summary;
  const sorted = [...devices].sort((a, b) => Number(b.online) - Number(a.online) || b.seenAt - a.seenAt);
  const named = sorted.slice(0, SHOWN_DEVICES).map((one) => {
    const lag = one.behind > count ? safe` (${one.behind} behind)` : safe``;
    return safe`${inline(one.device)} ${seenText(one, now)}${lag}`;
  });
  const more = devices.length - named.length;
  return (more > 0 ? [...named, safe`+${more}`] : named).join(', ') as SafeText;
}

/** UTF-16 units of a body that are shown. */
const PREVIEW = 60;

/** The beginning of a body, on one line. A surrogate pair is not split. */
function preview(body: string): SafeText {
  const text = body.slice(0, PREVIEW);
  return body.length <= PREVIEW ? inline(text) : safe`${inline(text.replace(/[\ud800-\udbff]$/, ''))}…`;
}
