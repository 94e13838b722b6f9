/** What happened on a stage, told of messages in place of frames: who asked for what, what was said of it, where it went. */

import type { ErrorCode } from '../../src/protocol/error-codes.js';
import type { ClientFrame, ServerFrame } from '../../src/protocol/frame-catalogue.js';
import type { Login } from '../../src/protocol/frames/login.js';
import type { Push } from '../../src/protocol/frames/message.js';
import type { Entry } from './stage-ledger.js';

/** Names one message: its sender, its target and its id. */
export const keyOf = (from: string, to: string, id: string): string => `${id} from ${from} to ${to}`;

export type Fact =
  /** In the order of sending: by a device, or by hand on one connection. */
  | { readonly type: 'sent'; readonly stream: string; readonly key: string }
  /** A logged-in session asked the server to deliver this, or an operator to put it back. */
  | { readonly type: 'asked'; readonly key: string; readonly body: string }
  | { readonly type: 'refused'; readonly key: string; readonly code: ErrorCode }
  | { readonly type: 'stored'; readonly key: string }
  | {
      readonly type: 'pushed';
      readonly connection: number;
      readonly user: string;
      readonly epoch: string;
      readonly seq: number;
      readonly key: string;
      readonly body: string;
      readonly isReplay: boolean;
      /** It has nothing to show. */
      readonly isPurged: boolean;
    }
  /** The server took an ack that covers this push. `device`: undefined by hand. */
  | { readonly type: 'acked'; readonly key: string; readonly device: string | undefined }
  | { readonly type: 'delivered'; readonly key: string }
  | {
      readonly type: 'shown';
      readonly device: string;
      readonly epoch: string;
      readonly seq: number;
      readonly key: string;
      readonly body: string;
      readonly isReplay: boolean;
    }
  | {
      readonly type: 'welcome';
      readonly connection: number;
      readonly user: string;
      readonly epoch: string;
      readonly delivered: number;
      readonly hasMailbox: boolean;
    }
  /** An operator has everything undelivered pushed again to this user. */
  | { readonly type: 'again'; readonly user: string }
  /** Anything at all that the server said. */
  | { readonly type: 'said'; readonly connection: number; readonly what: string }
  | { readonly type: 'store lost' };

export type FactOf<T extends Fact['type']> = Extract<Fact, { readonly type: T }>;

export function only<T extends Fact['type']>(facts: readonly Fact[], type: T): FactOf<T>[] {
  return facts.filter((fact): fact is FactOf<T> => fact.type === type);
}

/** A connection whose login was taken. */
interface Session {
  readonly connection: number;
  readonly device: string | undefined;
  readonly login: Login;
  epoch: string;
  /** Pushed there and not yet acked. */
  unacked: { readonly seq: number; readonly key: string }[];
}

export function factsOf(entries: readonly Entry[]): Fact[] {
  const welcomed = new Set(
    entries.flatMap((entry) => (entry.type === 'said' && entry.frame.type === 'welcome' ? [entry.connection] : [])),
  );
  const devices = new Map<number, string>();
  const sessions = new Map<number, Session>();
  const addresses = new Addresses();

  return entries.flatMap((entry): Fact[] => {
    switch (entry.type) {
      case 'connected':
        devices.set(entry.connection, entry.device);
        return [];
      case 'heard': {
        const { connection, frame } = entry;
        const device = devices.get(connection);
        const session = sessions.get(connection);
        if (session) return heard(session, frame, addresses);
        if (frame.type === 'login' && welcomed.has(connection)) {
          sessions.set(connection, { connection, device, login: frame, epoch: '', unacked: [] });
        }
        return [];
      }
      case 'said': {
        const session = sessions.get(entry.connection);
        const facts = session ? said(session, entry.frame, addresses) : [];
        return [{ type: 'said', connection: entry.connection, what: entry.frame.type }, ...facts];
      }
      case 'sent':
        return [{ type: 'sent', stream: entry.device, key: keyOf(entry.user, entry.to, entry.id) }];
      case 'shown':
        return [{ ...entry, key: keyOf(entry.from, entry.user, entry.id) }];
      default:
        return [entry];
    }
  });
}

/** `stored` names ids alone: whom each sender addressed under an id, but for what was refused. */
class Addresses {
  readonly #targets = new Map<string, Set<string>>();

  asked(from: string, id: string, to: string): void {
    const name = `${from} ${id}`;
    this.#targets.set(name, (this.#targets.get(name) ?? new Set()).add(to));
  }

  refused(from: string, id: string, to: string): void {
    this.#targets.get(`${from} ${id}`)?.delete(to);
  }

  of(from: string, id: string): string[] {
    return [...(this.#targets.get(`${from} ${id}`) ?? [])];
  }
}

function heard(session: Session, frame: ClientFrame, addresses: Addresses): Fact[] {
  const { connection, device, login } = session;
  if (frame.type === 'message') {
    const { id, to, body } = frame;
    const key = keyOf(login.user, to, id);
    addresses.asked(login.user, id, to);
    const asked: Fact = { type: 'asked', key, body };
    return device === undefined ? [{ type: 'sent', stream: `connection ${connection}`, key }, asked] : [asked];
  }
  if (frame.type === 'restore' && login.mode === 'operate') {
    return frame.messages.map(({ from, to, id, body }) => ({ type: 'asked', key: keyOf(from, to, id), body }));
  }
  if (frame.type === 'replay' && frame.seqs === undefined) return [{ type: 'again', user: frame.user }];
  if (frame.type !== 'ack') return [];
  const count = session.unacked.filter(({ seq }) => seq <= frame.seq).length;
  return session.unacked.splice(0, count).map(({ key }) => ({ type: 'acked', key, device }));
}

function said(session: Session, frame: ServerFrame, addresses: Addresses): Fact[] {
  const { connection, login } = session;
  const { user, mode = 'chat' } = login;
  switch (frame.type) {
    case 'welcome': {
      const { epoch, delivered } = frame;
      session.epoch = epoch;
      return [{ type: 'welcome', connection, user, epoch, delivered, hasMailbox: mode === 'chat' }];
    }
    case 'message':
      return [pushed(session, frame)];
    case 'stored':
      return frame.ids.flatMap((id) =>
        addresses.of(user, id).map((to): Fact => ({ type: 'stored', key: keyOf(user, to, id) })),
      );
    case 'delivered':
      return frame.ids.map((id) => ({ type: 'delivered', key: keyOf(user, frame.to, id) }));
    case 'error': {
      const { id, to, code } = frame;
      if (id === undefined || to === undefined) return [];
      // Of an id conflict the first message stays what it was.
      if (code !== 'id-conflict') addresses.refused(user, id, to);
      return [{ type: 'refused', key: keyOf(user, to, id), code }];
    }
    default:
      return [];
  }
}

function pushed(session: Session, { seq, id, from, body, replay, purged: isPurged = false }: Push): Fact {
  const { connection, epoch, login } = session;
  const key = keyOf(from, login.user, id);
  const isReplay = replay !== undefined;
  if (!isReplay && !isPurged) session.unacked.push({ seq, key });
  return { type: 'pushed', connection, user: login.user, epoch, seq, key, body, isReplay, isPurged };
}
