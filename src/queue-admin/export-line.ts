/** Exported messages: one line of JSON each, serialized and parsed without loss. Pure. */
import { isMessageId, isUserName, MESSAGE_ID_RULE, utf8Bytes } from '../protocol/fields.js';
import { parseJsonObject } from '../protocol/json-object.js';
import { WIRE } from '../protocol/limits.js';
import { QUEUE_STATES, type QueuedMessage, type QueueState } from './queue-source.js';

/** The object for a line. Without its body a message cannot be restored; a purged one has none. */
export interface ExportedMessage extends Omit<QueuedMessage, 'body' | 'crc' | 'seq'> {
  readonly body?: string;
  /** Absent: it is not known. */
  readonly seq?: number;
}

/** Why `im listen` put a message aside. */
export interface Parked {
  /** When; ms since 1970. */
  readonly at: number;
  /** The device that did. */
  readonly device: string;
  /** How often its command has failed for it. */
  readonly failed: number;
  /** How it ended last, for people. */
  readonly why: string;
}

/** The object for the line of a parked message. */
export const toParked = (message: QueuedMessage, parked: Parked): object => ({ ...toExport(message, true), parked });

export function toExport(message: QueuedMessage, withBody: boolean): ExportedMessage {
  const { to, seq, id, from, at, status, attempts, triedAt, bytes, body, purgedAt, unsent, re } = message;
  const marks = { ...(re !== undefined && { re }), ...(triedAt !== undefined && { triedAt }) };
  const known = { to, ...(seq > 0 && { seq }), id, from, at, status, attempts, ...marks, bytes };
  if (purgedAt !== undefined) return { ...known, purgedAt, ...(unsent && { unsent }) };
  return withBody ? { ...known, body } : known;
}

/**
 * Parses a line; `problem` completes the sentence "the line …". Required are to, from, id, at and body; the attempts of
 * the exported message are dropped.
 */
export function parseExport(text: string): QueuedMessage | { readonly problem: string } {
  const parsed = parseJsonObject(text);
  if ('problem' in parsed) return parsed;
  const { to, from, id, at, seq = 0, status = 'undelivered', parked, ...rest } = parsed.value;
  const body = status === 'purged' ? '' : rest.body;
  if (typeof to !== 'string' || !isUserName(to)) return { problem: 'has no valid user name in "to"' };
  if (typeof from !== 'string' || !isUserName(from)) return { problem: 'has no valid user name in "from"' };
  if (typeof id !== 'string' || !isMessageId(id)) return { problem: `has no valid id: ${MESSAGE_ID_RULE}` };
  if (!isCount(at)) return { problem: 'has no valid time in "at": ms since 1970' };
  if (typeof body !== 'string') return { problem: 'has no body' };
  if (!body.isWellFormed()) return { problem: 'has an unpaired surrogate in its body' };
  const bytes = utf8Bytes(body);
  if (bytes > WIRE.maxBodyBytes) return { problem: `has a body of more than ${WIRE.maxBodyBytes} bytes` };
  if (!isCount(seq) || !isState(status)) return { problem: 'has an invalid seq or status' };
  const { re } = rest;
  if (re !== undefined && !(typeof re === 'string' && isMessageId(re)))
    return { problem: `has no valid id in "re": ${MESSAGE_ID_RULE}` };
  const marks = { ...(re !== undefined && { re }), ...(parked !== undefined && { isParked: true as const }) };
  return { to, seq, id, from, at, status, attempts: 0, bytes, body, ...marks };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isState = (value: unknown): value is QueueState => (QUEUE_STATES as readonly unknown[]).includes(value);
