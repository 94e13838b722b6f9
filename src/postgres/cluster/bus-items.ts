/**
 * What servers tell each other through the database, as text. Hints from the same or another version of `im`, or from anybody
 * who may use the database: each is checked, and what is not understood is ignored. Pure.
 */
import { integer, list, messageId, object, optional, type Shape, text, userName } from '../../protocol/fields.js';
import { QUEUE, WIRE } from '../../protocol/limits.js';
import type { Notice } from '../../server/session-bus.js';
import { BUS } from '../limits.js';

/** A notice for the sessions of a user. Not `revoked`: that names the tokens, and is for the accounts. */
export type RemoteNotice = Exclude<Notice, { readonly type: 'revoked' }>;

export type BusItem =
  | (RemoteNotice & { readonly user: string })
  /** These tokens of the user, by their numbers, are no longer valid. */
  | { readonly type: 'revoked'; readonly user: string; readonly generations: readonly number[] }
  /** `server` asks for the replay room of this user. */
  | { readonly type: 'ask'; readonly ask: number; readonly server: string; readonly user: string }
  /** The answer; without `room`: the user has no chat session here. */
  | { readonly type: 'answer'; readonly ask: number; readonly server: string; readonly room?: number }
  /** `server` may have missed what it was told lately, and asks to be told again. */
  | { readonly type: 'repeat'; readonly server: string };

const SERVER = /^[0-9a-f]{16}$/;

/** Whether this is the id of a server. */
export const isServerId = (text: string): boolean => SERVER.test(text);

/** The channel on which a server listens. @throws RangeError for what is no id, so that nothing else becomes part of SQL. */
export function channelOf(server: string): string {
  if (!isServerId(server)) throw new RangeError('not the id of a server');
  return `im_${server}`;
}

const ids = list(messageId(), WIRE.maxIdsPerFrame);
const server = text(16, 16);
const SHAPES = {
  nudge: {},
  redeliver: {},
  replay: { replay: text(64, 1), seqs: list(integer(1), QUEUE.maxMessagesPerFrame) },
  delivered: { to: userName(), ids },
  purged: { to: userName(), ids },
  unsent: { to: userName(), ids },
  takeover: { device: userName(), fence: integer(1) },
  'outbox-takeover': { outbox: text(64, 1), fence: integer(1) },
  read: { device: userName(), from: userName(), epoch: text(64, 1), seq: integer(1) },
  'device-removed': { device: userName() },
  revoked: { generations: list(integer(1), WIRE.maxTokensPerUser) },
} as const satisfies Record<Notice['type'], Shape>;

const CHECKS: ReadonlyMap<unknown, (value: unknown) => unknown> = new Map([
  ...Object.entries(SHAPES).map(([type, shape]) => [type, object({ ...shape, user: userName() }).check] as const),
  ['ask', object({ ask: integer(1), server, user: userName() }).check],
  ['answer', object({ ask: integer(1), server, room: optional(integer(0)) }).check],
  ['repeat', object({ server }).check],
]);

/** Items as JSON, each short enough for a payload of its own: long lists are split. A nudge is the name of its user. */
export function encodeItem(item: BusItem): readonly string[] {
  const json = JSON.stringify(item.type === 'nudge' ? item.user : item);
  if (Buffer.byteLength(json) <= BUS.maxPayloadBytes - 2) return [json];
  return halvesOf(item).flatMap(encodeItem);
}

function halvesOf(item: BusItem): readonly BusItem[] {
  const halves = <T>(items: readonly T[]): readonly (readonly T[])[] => {
    if (items.length < 2) throw new RangeError(`a notice of type ${item.type} is too long`);
    const middle = items.length >> 1;
    return [items.slice(0, middle), items.slice(middle)];
  };
  switch (item.type) {
    case 'delivered':
    case 'purged':
    case 'unsent':
      return halves(item.ids).map((part) => ({ ...item, ids: part }));
    case 'replay':
      return halves(item.seqs).map((part) => ({ ...item, seqs: part }));
    case 'revoked':
      return halves(item.generations).map((part) => ({ ...item, generations: part }));
    default:
      return halves([]).map(() => item);
  }
}

/** Joins encoded items, in their order, to as few payloads of NOTIFY as their limit allows. */
export function toPayloads(encoded: Iterable<string>): readonly string[] {
  const payloads: string[] = [];
  let payload = '';
  let bytes = 0;
  for (const json of encoded) {
    const more = Buffer.byteLength(json) + 1;
    if (bytes > 0 && bytes + more >= BUS.maxPayloadBytes) {
      payloads.push(`${payload}]`);
      bytes = 0;
    }
    payload = bytes === 0 ? `[${json}` : `${payload},${json}`;
    bytes += more;
  }
  if (bytes > 0) payloads.push(`${payload}]`);
  return payloads;
}

/** The items of a payload that are understood, in their order. */
export function decodePayload(payload: string): readonly BusItem[] {
  if (payload.length > BUS.maxPayloadBytes) return [];
  let values: unknown;
  try {
    values = JSON.parse(payload);
  } catch {
    return [];
  }
  return Array.isArray(values) ? values.flatMap(toItem) : [];
}

function toItem(value: unknown): readonly BusItem[] {
  const item: unknown = typeof value === 'string' ? { type: 'nudge', user: value } : value;
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return [];
  const { type, server: asker } = item as Record<string, unknown>;
  const check = CHECKS.get(type);
  if (check === undefined || check(item) !== undefined) return [];
  if (asker !== undefined && !(typeof asker === 'string' && isServerId(asker))) return [];
  return [item as BusItem];
}
