/** The registry of sessions by user, so that the server can push to a user at any time (R4). */
import type { Bus, BusListener, Notice, Presence } from './session-bus.js';

/** A session as the hub sees it. */
export interface SessionHandle {
  /** The fence of a chat session; undefined for one that has no mailbox. */
  readonly fence: number | undefined;
  /** How many messages more can be replayed into it now. */
  readonly replayRoom?: number;
  notice(notice: Notice): void;
}

interface UserSessions {
  /** The user's session: the one that gets the pushes. */
  chat: SessionHandle | undefined;
  /** Sessions in mode `send` and `operate`. */
  readonly others: Set<SessionHandle>;
}

const FOR_CHAT: ReadonlySet<Notice['type']> = new Set(['nudge', 'takeover', 'again', 'replay']);

export class SessionRegistry implements BusListener {
  readonly #users = new Map<string, UserSessions>();

  constructor(bus: Bus) {
    bus.subscribe(this);
  }

  /** How many users have a session. */
  get users(): number {
    return this.#users.size;
  }

  enter(user: string, session: SessionHandle): void {
    const sessions = this.#users.get(user) ?? { chat: undefined, others: new Set() };
    this.#users.set(user, sessions);
    if (session.fence === undefined) {
      sessions.others.add(session);
      return;
    }
    const other = sessions.chat;
    const isNewer = other?.fence === undefined || other.fence < session.fence;
    if (isNewer) sessions.chat = session;
    // R6: of two sessions of one user the newer claim stays, in whatever order they come in.
    if (isNewer) other?.notice({ type: 'takeover', fence: session.fence });
    else session.notice({ type: 'takeover', fence: other.fence });
  }

  /** Compare and delete: a late leave of an older session never removes the newer one. */
  leave(user: string, session: SessionHandle): void {
    const sessions = this.#users.get(user);
    if (sessions === undefined) return;
    sessions.others.delete(session);
    if (sessions.chat === session) sessions.chat = undefined;
    if (sessions.chat === undefined && sessions.others.size === 0) this.#users.delete(user);
  }

  presence(user: string): Presence | undefined {
    const chat = this.#users.get(user)?.chat;
    return chat && { replayRoom: chat.replayRoom ?? 0 };
  }

  notice(user: string, notice: Notice): void {
    const sessions = this.#users.get(user);
    if (sessions === undefined) return;
    sessions.chat?.notice(notice);
    if (FOR_CHAT.has(notice.type)) return; // only the chat session has a mailbox
    for (const session of [...sessions.others]) session.notice(notice);
  }
}
