/** The records of the journal: what happened to a mailbox, written down like the protocol. Each names its user first. */
import { quoteJson } from '../protocol/json-quote.js';
import type { Audit, NewMessage, PushTrail } from '../store/store.js';

/** R9: a message was stored with status 0. */
interface MessageRecord {
  readonly type: 'message';
  readonly user: string;
  readonly seq: number;
  readonly from: string;
  readonly id: string;
  readonly body: string;
  /** The server's time of storing, ms since 1970. */
  readonly at: number;
}

/** R12: the target acked everything up to `seq`. */
interface AckRecord extends Partial<PushTrail> {
  readonly type: 'ack';
  readonly user: string;
  readonly seq: number;
  readonly at: number;
}

/** A session pushed what comes after `after` up to `seq`, and no ack came for it. */
interface PushedRecord extends Partial<PushTrail> {
  readonly type: 'pushed';
  readonly user: string;
  readonly after: number;
  readonly seq: number;
  readonly at: number;
}

/** In this user's mailbox it is written down what operators did. Every server has the user. */
export const AUDIT_USER = 'operator';

/** What an operator did to queues. */
interface AuditRecord extends Omit<Audit, 'user'> {
  readonly type: 'audit';
  /** In whose mailbox it is written down. */
  readonly user: string;
  /** Whose mailbox it was done to. */
  readonly target?: string;
}

/** An operator deleted these, as far as they are undelivered. */
interface PurgeRecord {
  readonly type: 'purge';
  readonly user: string;
  readonly seqs: readonly number[];
  readonly at: number;
}

export type MailboxRecord = MessageRecord | AckRecord | PushedRecord | AuditRecord | PurgeRecord;

/** A record does not go on from what came before it: something is missing. */
export class MailboxGap extends Error {
  override readonly name = 'MailboxGap';
}

/** As it stands in the journal. */
export type JournalRecord = MailboxRecord & { readonly lsn: number };

/** The members of a record's JSON object. Written by hand: this runs for every message. */
export const messageMembers = ({ to, from, id, body, at }: NewMessage, seq: number): string =>
  `"user":"${to}","type":"message","seq":${seq},"from":${quoteJson(from)},"id":${quoteJson(id)},"body":${quoteJson(body)},"at":${at}`;

export const ackMembers = (user: string, seq: number, at: number, trail?: PushTrail): string =>
  `"user":"${user}","type":"ack","seq":${seq},"at":${at}${trailMembers(trail)}`;

export const pushedMembers = (user: string, after: number, seq: number, at: number, trail?: PushTrail): string =>
  `"user":"${user}","type":"pushed","after":${after},"seq":${seq},"at":${at}${trailMembers(trail)}`;

export const purgeMembers = (user: string, seqs: readonly number[], at: number): string =>
  `"user":"${user}","type":"purge","seqs":[${seqs.join(',')}],"at":${at}`;

function trailMembers(trail: PushTrail | undefined): string {
  if (!trail) return '';
  const pushes = trail.pushes.map(([seq, at]) => `[${seq},${at}]`);
  return `,"session":${quoteJson(trail.session)},"pushes":[${pushes.join(',')}]`;
}

/** The trail of a record; older ones have none. */
export const trailOf = ({ session, pushes }: Partial<PushTrail>): PushTrail | undefined =>
  session === undefined || pushes === undefined ? undefined : { session, pushes };

export const auditMembers = (user: string, { user: target, ...audit }: Audit): string =>
  JSON.stringify({ user, type: 'audit', ...audit, target }).slice(1, -1);

/** What the record says. */
export function auditOf({ by, at, run, what, target, filter, done, left, ranges }: AuditRecord): Audit {
  const where = { ...(target !== undefined && { user: target }), ...(ranges !== undefined && { ranges }) };
  return { by, at, run, what, filter, done, left, ...where };
}

const USER = Buffer.from(',"user":"');
const QUOTE = 0x22;
const COMMA = 0x2c;

/** The user that a record's line names, without parsing the line; undefined if it is no record of a mailbox. */
export function userOf(bytes: Buffer, start: number, end: number): string | undefined {
  const member = bytes.indexOf(COMMA, start);
  for (let index = 0; index < USER.length; index++) if (bytes[member + index] !== USER[index]) return undefined;
  const name = member + USER.length;
  const quote = bytes.indexOf(QUOTE, name);
  return quote > name && quote < end ? bytes.toString('latin1', name, quote) : undefined;
}

/** @throws TypeError when the line is not UTF-8, SyntaxError when it is not JSON. */
export const decodeRecord = (line: Buffer): JournalRecord =>
  JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line)) as JournalRecord; // storage 8
