/** The sessions of this server by user, so that it can push to a user at any time (R4). */
import type { Bus, BusListener, Notice, Presence } from './session-bus.js';

/** A session as the registry sees it. */
export interface SessionHandle extends Partial<Presence> {
  /** The fence of a chat session; undefined in modes `send` and `operate`, which have no mailbox. */
  readonly fence: number | undefined;
  notice(notice: Notice): void;
}

interface UserSessions {
  /** The session that receives the pushes. */
  chat: SessionHandle | undefined;
  /** Sessions in modes `send` and `operate`. */
  readonly others: Set<SessionHandle>;
}

const CHAT_ONLY: ReadonlySet<Notice['type']> = new Set(['nudge', 'takeover', 'redeliver', 'replay']);

export class SessionRegistry implements BusListener {
  readonly #users = new Map<string, UserSessions>();

  constructor(bus: Bus) {
    bus.subscribe(this);
  }

  /** The number of users with a session. */
  get userCount(): number {
    return this.#users.size;
  }

  /** Adds a session. Of two chat sessions of one user the older one gets a `takeover` notice, and closes (R6). */
  add(user: string, session: SessionHandle): void {
    const sessions = this.#users.get(user) ?? { chat: undefined, others: new Set() };
    this.#users.set(user, sessions);
    if (session.fence === undefined) {
      sessions.others.add(session);
      return;
    }
    const other = sessions.chat;
    const isNewer = other?.fence === undefined || other.fence < session.fence;
    if (isNewer) sessions.chat = session;
    // R6: the newer claim wins, in whatever order the logins finish.
    if (isNewer) other?.notice({ type: 'takeover', fence: session.fence });
    else session.notice({ type: 'takeover', fence: other.fence });
  }

  /** Removes this very session: a late removal of an older session does not remove the newer one. */
  remove(user: string, session: SessionHandle): void {
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
    if (CHAT_ONLY.has(notice.type)) return; // only the chat session has a mailbox
    for (const session of [...sessions.others]) session.notice(notice);
  }
}
