/** Translates the event log of a stage from frames to facts about messages: sent, stored, pushed, shown, acked, delivered. */

import type { ClientFrame, ServerFrame } from '../../src/protocol/frame-catalogue.js';
import type { Login } from '../../src/protocol/frames/login.js';
import type { Push } from '../../src/protocol/frames/message.js';
import type { Entry } from './stage-ledger.js';

/** Identifies a message by its sender, recipient and id. */
export const keyOf = (from: string, to: string, id: string): string => `${id} from ${from} to ${to}`;

/** Identifies the copy of a message, for the other devices of its sender. It is no arrival of the message. */
export const copyOf = (key: string): string => `copy of ${key}`;

export type Fact =
  /** Sent by a device or on a raw connection (`stream`), in this order. */
  | { readonly type: 'sent'; readonly stream: string; readonly key: string }
  /**
   * The server received it: a message of a logged-in session, or one that an operator restores. `claimant`: the device that sent it;
   * undefined in mode `send`.
   */
  | {
      readonly type: 'requested';
      readonly key: string;
      readonly body: string;
      readonly user: string;
      readonly claimant: string | undefined;
      readonly isToOneself: boolean;
      readonly isRestore?: true;
    }
  | { readonly type: 'refused'; readonly key: string; readonly code: string }
  | { readonly type: 'stored'; readonly key: string }
  | {
      readonly type: 'pushed';
      readonly connection: number;
      readonly user: string;
      /** The user, or the user's device if it has a name. */
      readonly claimant: string;
      readonly epoch: string;
      readonly seq: number;
      /** Of a copy: that of the copy. */
      readonly key: string;
      /** Sender and id, which are the same in every push of a seq. */
      readonly identity: string;
      readonly body: string;
      readonly isReplay: boolean;
      /** There is nothing to show. */
      readonly isPurged: boolean;
      /** Of a copy: the key of the message. */
      readonly original: string | undefined;
    }
  /** The server received an ack that covers this push. `device` is undefined for a raw connection. */
  | { readonly type: 'acked'; readonly key: string; readonly device: string | undefined; readonly claimant: string }
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
      readonly claimant: string;
      readonly epoch: string;
      readonly delivered: number;
      readonly missed: number;
      /** Pushes up to this seq are history. */
      readonly history: number;
      /** The newest message of this epoch that the client has, as it says. */
      readonly has: number | undefined;
      readonly hasMailbox: boolean;
      readonly wantsCopies: boolean;
      /** It is a raw connection. */
      readonly isRaw: boolean;
    }
  /** An operator had everything undelivered pushed again to this user. */
  | { readonly type: 'pushed again'; readonly user: string }
  /** Any frame of the server. */
  | { readonly type: 'server frame'; readonly connection: number; readonly frameType: string }
  | { readonly type: 'store lost' };

export type FactOf<T extends Fact['type']> = Extract<Fact, { readonly type: T }>;

export function only<T extends Fact['type']>(facts: readonly Fact[], type: T): FactOf<T>[] {
  return facts.filter((fact): fact is FactOf<T> => fact.type === type);
}

/** A logged-in connection. */
interface Session {
  readonly connection: number;
  readonly device: string | undefined;
  readonly login: Login;
  epoch: string;
  /** Pushed there and not acked yet. */
  unacked: { readonly seq: number; readonly key: string }[];
}

export function factsOf(entries: readonly Entry[]): Fact[] {
  const welcomed = new Set(
    entries.flatMap((entry) =>
      entry.type === 'server frame' && entry.frame.type === 'welcome' ? [entry.connection] : [],
    ),
  );
  const devices = new Map<number, string>();
  const sessions = new Map<number, Session>();
  const recipients = new Recipients();

  return entries.flatMap((entry): Fact[] => {
    switch (entry.type) {
      case 'connected':
        devices.set(entry.connection, entry.device);
        return [];
      case 'client frame': {
        const { connection, frame } = entry;
        const device = devices.get(connection);
        const session = sessions.get(connection);
        if (session) return clientFrameFacts(session, frame, recipients);
        if (frame.type === 'login' && welcomed.has(connection)) {
          sessions.set(connection, { connection, device, login: frame, epoch: '', unacked: [] });
        }
        return [];
      }
      case 'server frame': {
        const session = sessions.get(entry.connection);
        const facts = session ? serverFrameFacts(session, entry.frame, recipients) : [];
        return [{ type: 'server frame', connection: entry.connection, frameType: entry.frame.type }, ...facts];
      }
      case 'sent':
        return [{ type: 'sent', stream: entry.device, key: keyOf(entry.user, entry.to, entry.id) }];
      case 'shown':
        return [{ ...entry, key: receivedKey(entry, entry.user) }];
      default:
        return [entry];
    }
  });
}

/** The recipients of each sender and id, without refused messages. A `stored` frame has ids only. */
class Recipients {
  readonly #recipients = new Map<string, Set<string>>();

  add(from: string, id: string, to: string): void {
    const name = `${from} ${id}`;
    this.#recipients.set(name, (this.#recipients.get(name) ?? new Set()).add(to));
  }

  remove(from: string, id: string, to: string): void {
    this.#recipients.get(`${from} ${id}`)?.delete(to);
  }

  of(from: string, id: string): string[] {
    return [...(this.#recipients.get(`${from} ${id}`) ?? [])];
  }
}

function clientFrameFacts(session: Session, frame: ClientFrame, recipients: Recipients): Fact[] {
  const { connection, device, login } = session;
  if (frame.type === 'message') {
    const { id, to, body } = frame;
    const key = keyOf(login.user, to, id);
    recipients.add(login.user, id, to);
    const claimant = hasMailbox(login) ? claimantOf(login) : undefined;
    const isToOneself = to === login.user;
    const requested: Fact = { type: 'requested', key, body, user: login.user, claimant, isToOneself };
    return device === undefined ? [{ type: 'sent', stream: `connection ${connection}`, key }, requested] : [requested];
  }
  if (frame.type === 'restore' && login.mode === 'operate') {
    return frame.messages.map(({ from, to, id, body }) => ({
      type: 'requested',
      key: keyOf(from, to, id),
      body,
      user: from,
      claimant: undefined,
      isToOneself: from === to,
      isRestore: true,
    }));
  }
  if (frame.type === 'replay' && frame.seqs === undefined) return [{ type: 'pushed again', user: frame.user }];
  if (frame.type !== 'ack') return [];
  const count = session.unacked.filter(({ seq }) => seq <= frame.seq).length;
  const claimant = claimantOf(login);
  return session.unacked.splice(0, count).map(({ key }) => ({ type: 'acked', key, device, claimant }));
}

function serverFrameFacts(session: Session, frame: ServerFrame, recipients: Recipients): Fact[] {
  const { connection, login } = session;
  const { user } = login;
  switch (frame.type) {
    case 'welcome': {
      const { epoch, delivered, missed = 0, history = 0 } = frame;
      session.epoch = epoch;
      const who = { user, claimant: claimantOf(login), isRaw: session.device === undefined };
      const wants = { hasMailbox: hasMailbox(login), wantsCopies: login.copies === true };
      const has = login.last?.epoch === epoch ? login.last.seq : undefined;
      return [{ type: 'welcome', connection, ...who, epoch, delivered, missed, history, has, ...wants }];
    }
    case 'message':
      return [pushFact(session, frame)];
    case 'stored':
      return frame.ids.flatMap((id) =>
        (frame.to === undefined ? recipients.of(user, id) : [frame.to]).map(
          (to): Fact => ({ type: 'stored', key: keyOf(user, to, id) }),
        ),
      );
    case 'delivered':
      return frame.ids.map((id) => ({ type: 'delivered', key: keyOf(user, frame.to, id) }));
    case 'error': {
      const { id, to, code } = frame;
      if (id === undefined || to === undefined) return [];
      // After an id conflict the first message with this id is still on its way.
      if (code !== 'id-conflict') recipients.remove(user, id, to);
      return [{ type: 'refused', key: keyOf(user, to, id), code }];
    }
    default:
      return [];
  }
}

const hasMailbox = ({ mode = 'chat' }: Login): boolean => mode === 'chat';

const claimantOf = ({ user, device }: Login): string => (device === undefined ? user : `${user}/${device}`);

/** A copy has the key of one only in the mailbox of its sender. */
function receivedKey(message: { from: string; id: string; to?: string | undefined }, user: string): string {
  const { from, id, to } = message;
  if (to === undefined) return keyOf(from, user, id);
  const copy = copyOf(keyOf(from, to, id));
  return from === user ? copy : `${copy}, for ${user}`;
}

function pushFact(session: Session, push: Push): Fact {
  const { connection, epoch, login } = session;
  const { user } = login;
  const { seq, id, from, body, to, replay, purged: isPurged = false } = push;
  const key = receivedKey(push, user);
  const original = to === undefined ? undefined : keyOf(from, to, id);
  const isReplay = replay !== undefined;
  if (!isReplay && !isPurged) session.unacked.push({ seq, key });
  const where = { connection, user, claimant: claimantOf(login), epoch, seq };
  return { type: 'pushed', ...where, key, identity: `${id} from ${from}`, body, isReplay, isPurged, original };
}
