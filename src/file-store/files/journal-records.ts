/** The records of the journal: each is a change of one mailbox. `user` is always the first member. */
import { Damaged } from '../../disk/disk-errors.js';
import { beginsWith } from '../../disk/journal-format.js';
import type { RecordLine } from '../../disk/journal-reader.js';
import { MAIN_DEVICE } from '../../protocol/frames/login.js';
import { quoteJson } from '../../protocol/json-quote.js';
import type { DeviceState } from '../../store/mailbox-contents.js';
import type { Audit, Batch, PushTrail, Restored } from '../../store/store.js';
import type { DeviceWishes } from '../mailbox/device-cursors.js';
import type { Mailbox, SessionChange } from '../mailbox/mailbox.js';
import { type EpochChange, type KeptMessage, reMember, restoredMember } from '../mailbox/mailbox-state.js';
import type { IncludedRecord } from './mailbox-manifest.js';

/** R9: a message is stored with status 0. */
interface MessageRecord {
  readonly type: 'message';
  readonly user: string;
  /** The mailbox of the sender gets a copy, with this seq there. */
  readonly copyTo?: string;
  readonly copySeq?: number;
  readonly seq: number;
  readonly from: string;
  readonly id: string;
  readonly body: string;
  /** The id of the message that it is about. */
  readonly re?: string;
  /** When it was stored, by the server's clock, ms since 1970. */
  readonly at: number;
  /** The device that sent it. Only with a copy. */
  readonly device?: string;
  readonly restored?: Restored;
}

/** R12: a device of the target acked everything up to `seq`. */
interface AckRecord extends Partial<PushTrail> {
  readonly type: 'ack';
  readonly user: string;
  /** Absent, here and below: MAIN_DEVICE. */
  readonly device?: string;
  readonly seq: number;
  readonly at: number;
}

/** A session pushed the messages after `after` up to `seq`, and got no ack. */
interface PushedRecord extends Partial<PushTrail> {
  readonly type: 'pushed';
  readonly user: string;
  readonly device?: string;
  readonly after: number;
  readonly seq: number;
  readonly at: number;
}

/** What is not about one mailbox is in that of this user, who exists on every server: audit entries, and sessions. */
export const SYSTEM_USER = 'operator';

/** An audit entry. */
interface AuditRecord extends Omit<Audit, 'user'> {
  readonly type: 'audit';
  /** SYSTEM_USER. */
  readonly user: string;
  /** The user of the audit entry: whose mailbox was changed. */
  readonly target?: string;
}

/** A chat session began or ended; or its user, or only the device, was removed, and is forgotten. */
interface SeenRecord extends SessionChange {
  readonly type: 'seen';
  /** SYSTEM_USER: logins must neither load nor change the mailboxes of all users. */
  readonly user: string;
  /** Whose session. */
  readonly of: string;
}

/** A device is added: it has everything up to `seq`. Of a known device, whether it wants copies has changed. */
interface DeviceRecord extends DeviceWishes {
  readonly type: 'device';
  readonly user: string;
  readonly device: string;
  readonly seq: number;
  readonly at: number;
}

/** A device is forgotten. */
interface DeviceRemovedRecord extends Omit<DeviceRecord, 'type' | 'seq' | keyof DeviceWishes> {
  readonly type: 'device-removed';
}

/** An operator, or their sender, purged these messages, as far as they are undelivered. */
interface PurgeRecord {
  readonly type: 'purge';
  /** Their sender did it. */
  readonly unsent?: true;
  readonly user: string;
  readonly seqs: readonly number[];
  readonly at: number;
}

/** The mailbox went back to an older state: its seqs start a new epoch. */
interface EpochRecord extends EpochChange {
  readonly type: 'epoch';
  readonly user: string;
  readonly at: number;
}

/** The user was removed: the messages up to `seq` are gone, and a new epoch starts. */
interface RemovedRecord extends Omit<EpochRecord, 'type'> {
  readonly type: 'removed';
  readonly seq: number;
}

type MailboxRecord =
  | MessageRecord
  | AckRecord
  | PushedRecord
  | AuditRecord
  | SeenRecord
  | DeviceRecord
  | DeviceRemovedRecord
  | PurgeRecord
  | EpochRecord
  | RemovedRecord;

/** A record as it is in the journal. */
export type JournalRecord = MailboxRecord & Required<IncludedRecord>;

/** What the records of a batch have in common, put together once: this runs for every message. */
export interface RecordFrame {
  /** Up to the seq of a message that is not copied. */
  readonly start: string;
  /** Between the seq and the id, in JSON. */
  readonly from: string;
  /** After the body. */
  readonly end: string;
}

export const recordFrame = ({ to, from, at, restored }: Omit<Batch, 'messages'>): RecordFrame => ({
  start: `"user":"${to}","type":"message","seq":`,
  from: `,"from":"${from}","id":`,
  end: `,"at":${at}${restoredMember(restored)}`,
});

/** The members of a record's JSON object. Concatenated of few parts instead of JSON.stringify. */
export function messageMembers({ start, from, end }: RecordFrame, batchAt: number, message: KeptMessage): string {
  const { seq, id, body, at, isPlain, restored, re } = message;
  if (isPlain) return `${start}${seq}${from}"${id}","body":"${body}"${end}`;
  const rest = at === batchAt ? end : `,"at":${at}${restoredMember(restored)}`;
  return `${start}${seq}${from}${quoteJson(id)},"body":${quoteJson(body)}${reMember(re)}${rest}`;
}

/** One record for two mailboxes: a crash leaves both changes, or none. @param copySeq in the mailbox of the sender. */
export const copiedMessageMembers = (
  { to, device }: Pick<Batch, 'to' | 'device'>,
  { seq, from, id, body, at, re }: KeptMessage,
  copySeq: number,
): string => {
  const by = device === undefined ? '' : `,"device":"${device}"`;
  return `"user":"${to}","copyTo":"${from}","copySeq":${copySeq},"type":"message","seq":${seq},"from":"${from}","id":${quoteJson(id)},"body":${quoteJson(body)}${reMember(re)},"at":${at}${by}`;
};

export const ackMembers = (user: string, device: string, seq: number, at: number, trail?: PushTrail): string =>
  `"user":"${user}","type":"ack"${deviceMember(device)},"seq":${seq},"at":${at}${trailMembers(trail)}`;

export const pushedMembers = (
  user: string,
  device: string,
  after: number,
  seq: number,
  at: number,
  trail?: PushTrail,
): string =>
  `"user":"${user}","type":"pushed"${deviceMember(device)},"after":${after},"seq":${seq},"at":${at}${trailMembers(trail)}`;

export const seenMembers = (of: string, { device, event, fence, at, agent }: SessionChange): string =>
  `"user":"${SYSTEM_USER}","type":"seen","of":"${of}"${device === undefined ? '' : `,"device":"${device}"`},"event":"${event}","fence":${fence},"at":${at}${agent === undefined ? '' : `,"agent":${quoteJson(agent)}`}`;

export const deviceMembers = (user: string, { device, cursor, at, copies, history }: DeviceState): string =>
  `"user":"${user}","type":"device","device":"${device}","seq":${cursor},"at":${at}${copies ? ',"copies":true' : ''}${history === undefined ? '' : `,"history":${history}`}`;

export const deviceRemovedMembers = (user: string, device: string, at: number): string =>
  `"user":"${user}","type":"device-removed","device":"${device}","at":${at}`;

export const purgeMembers = (user: string, seqs: readonly number[], at: number, isUnsent: boolean): string =>
  `"user":"${user}","type":"purge","seqs":[${seqs.join(',')}],"at":${at}${isUnsent ? ',"unsent":true' : ''}`;

export const epochMembers = (user: string, { epoch, past }: EpochChange, at: number): string =>
  JSON.stringify({ user, type: 'epoch', epoch, past, at }).slice(1, -1);

export const removedMembers = (user: string, seq: number, { epoch, past }: EpochChange, at: number): string =>
  JSON.stringify({ user, type: 'removed', seq, epoch, past, at }).slice(1, -1);

/** Nothing for MAIN_DEVICE: what a user with one device writes is as it was before there were others. */
const deviceMember = (device: string): string => (device === MAIN_DEVICE ? '' : `,"device":"${device}"`);

function trailMembers(trail: PushTrail | undefined): string {
  if (!trail) return '';
  const pushes = trail.pushes.map(([seq, at]) => `[${seq},${at}]`);
  return `,"session":${quoteJson(trail.session)},"pushes":[${pushes.join(',')}]`;
}

/** Applies a durable record to the mailbox of this user. @throws MailboxGap */
export function applyRecord(user: string, mailbox: Mailbox, record: JournalRecord): void {
  mailbox.applied(record.lsn, Number.parseInt(record.crc, 16));
  switch (record.type) {
    case 'message': {
      const bytes = Buffer.byteLength(record.body);
      if (record.user === user) mailbox.applyMessage(record.seq, record, bytes);
      else mailbox.applyCopy(record.copySeq ?? 0, { ...record, to: record.user }, bytes);
      break;
    }
    case 'ack':
      mailbox.applyAck(record.seq, record.at, trailOf(record), record.device);
      break;
    case 'pushed':
      mailbox.applyPushed(record.after, record.seq, record.at, trailOf(record), record.device);
      break;
    case 'audit':
      mailbox.deliveryLog.addAudit({ ...auditOf(record), lsn: record.lsn });
      break;
    case 'seen':
      mailbox.applySession(record.of, record);
      break;
    case 'device':
      mailbox.applyDevice({ ...record, cursor: record.seq });
      break;
    case 'device-removed':
      mailbox.applyDeviceRemoval(record.device);
      break;
    case 'purge':
      mailbox.applyPurge(record.seqs, record.at, record.unsent);
      break;
    case 'epoch':
      mailbox.applyEpoch(record);
      break;
    case 'removed':
      mailbox.applyRemoval(record.seq, record);
  }
}

/** The trail of a record; undefined in records of older versions. */
const trailOf = ({ session, pushes }: Partial<PushTrail>): PushTrail | undefined =>
  session === undefined || pushes === undefined ? undefined : { session, pushes };

export const auditMembers = ({ user: target, ...audit }: Audit): string =>
  JSON.stringify({ user: SYSTEM_USER, type: 'audit', ...audit, target }).slice(1, -1);

/** The audit entry of a record. */
function auditOf({ by, at, run, what, target, filter, done, left, ranges }: AuditRecord): Audit {
  const where = { ...(target !== undefined && { user: target }), ...(ranges !== undefined && { ranges }) };
  return { by, at, run, what, filter, done, left, ...where };
}

/** The users whose mailboxes the record changes. */
export const changedBy = (record: JournalRecord): readonly string[] =>
  record.type === 'message' && record.copyTo !== undefined ? [record.user, record.copyTo] : [record.user];

const USER = Buffer.from(',"user":"');
const COPY_TO = Buffer.from(',"copyTo":"');
const QUOTE = 0x22;
const COMMA = 0x2c;

/** Where the byte is; the length of `bytes` if nowhere. Nearby, this is faster than `indexOf`. */
function find(bytes: Buffer, byte: number, from: number): number {
  let index = from;
  while (index < bytes.length && bytes[index] !== byte) index += 1;
  return index;
}

/** The users whose mailboxes a record changes, without parsing its line. @throws Damaged */
export function usersOf({ path, bytes, start, end, position }: RecordLine): readonly string[] {
  const member = find(bytes, COMMA, start);
  const name = member + USER.length;
  const quote = find(bytes, QUOTE, name);
  if (!beginsWith(bytes, member, USER) || quote <= name || quote >= end) {
    throw new Damaged(path, position, 'a record has no user');
  }
  const user = bytes.toString('latin1', name, quote);
  if (!beginsWith(bytes, quote + 1, COPY_TO)) return [user];
  const copyTo = quote + 1 + COPY_TO.length;
  return [user, bytes.toString('latin1', copyTo, find(bytes, QUOTE, copyTo))];
}

/** @throws TypeError when the line is not UTF-8, SyntaxError when it is not JSON. */
export const decodeRecord = (line: Buffer): JournalRecord =>
  JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line)) as JournalRecord; // storage 8
