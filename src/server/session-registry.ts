/** The sessions of this server by user, so that it can push to a user at any time (R4). */
import type { Bus, BusListener, ListedSession, Notice } from './session-bus.js';

/** A session as the registry sees it. */
export interface SessionHandle {
  /** The fence of a chat session; undefined in modes `send` and `operate`, which have no mailbox. */
  readonly fence: number | undefined;
  /** Of a chat session. */
  readonly device: string;
  /** How many more messages can be replayed into it now; undefined: none. */
  readonly replayRoom?: number;
  /** Undefined: it is not listed. */
  readonly listed?: ListedSession | undefined;
  notice(notice: Notice): void;
}

interface UserSessions {
  /** The sessions that receive the pushes, by device. */
  readonly chats: Map<string, SessionHandle>;
  /** Sessions in modes `send` and `operate`. */
  readonly others: Set<SessionHandle>;
}

const CHAT_ONLY: ReadonlySet<Notice['type']> = new Set(['nudge', 'redeliver', 'replay', 'read']);

export class SessionRegistry implements BusListener {
  readonly #users = new Map<string, UserSessions>();

  constructor(bus: Bus) {
    bus.subscribe(this);
  }

  /** The number of users with a session. */
  get userCount(): number {
    return this.#users.size;
  }

  /** Whether a login of this device ends another session. */
  has(user: string, device: string): boolean {
    return this.#users.get(user)?.chats.has(device) ?? false;
  }

  /** Adds a session. Of two chat sessions of one device the older one gets a `takeover` notice, and closes (R6). */
  add(user: string, session: SessionHandle): void {
    const sessions = this.#users.get(user) ?? { chats: new Map(), others: new Set() };
    this.#users.set(user, sessions);
    const { fence, device } = session;
    if (fence === undefined) {
      sessions.others.add(session);
      return;
    }
    const other = sessions.chats.get(device);
    const isNewer = other?.fence === undefined || other.fence < fence;
    if (isNewer) sessions.chats.set(device, session);
    // R6: the newer claim wins, in whatever order the logins finish.
    if (isNewer) other?.notice({ type: 'takeover', device, fence });
    else session.notice({ type: 'takeover', device, fence: other.fence });
  }

  /** Removes this very session: a late removal of an older session does not remove the newer one. */
  remove(user: string, session: SessionHandle): void {
    const sessions = this.#users.get(user);
    if (sessions === undefined) return;
    sessions.others.delete(session);
    if (sessions.chats.get(session.device) === session) sessions.chats.delete(session.device);
    if (sessions.chats.size === 0 && sessions.others.size === 0) this.#users.delete(user);
  }

  replayRoom(user: string): number | undefined {
    const chats = this.#users.get(user)?.chats;
    if (chats === undefined || chats.size === 0) return undefined;
    return Math.min(...[...chats.values()].map(({ replayRoom = 0 }) => replayRoom));
  }

  sessions(): readonly ListedSession[] {
    return [...this.#users.values()].flatMap(({ chats, others }) =>
      [...chats.values(), ...others].flatMap(({ listed }) => listed ?? []),
    );
  }

  notice(user: string, notice: Notice): void {
    const sessions = this.#users.get(user);
    if (sessions === undefined) return;
    if (notice.type === 'takeover' || notice.type === 'device-removed') {
      sessions.chats.get(notice.device)?.notice(notice);
      return;
    }
    for (const session of [...sessions.chats.values()]) session.notice(notice);
    if (CHAT_ONLY.has(notice.type)) return; // only chat sessions have a mailbox
    for (const session of [...sessions.others]) session.notice(notice);
  }
}
