/** The registry of sessions by user, so that the server can push to a user at any time (R4). */
import type { Bus, BusListener, Notice, Presence } from './session-bus.js';

/** A session as the hub sees it. */
export interface Attendee {
  /** The fence of a chat session; undefined for one that has no mailbox. */
  readonly fence: number | undefined;
  /** How many messages more can be replayed into it now. */
  readonly replayRoom?: number;
  notice(notice: Notice): void;
}

interface Attendance {
  /** The user's session: the one that gets the pushes. */
  chat: Attendee | undefined;
  /** Sessions in mode `send` and `operate`. */
  readonly others: Set<Attendee>;
}

const FOR_CHAT: ReadonlySet<Notice['type']> = new Set(['nudge', 'takeover', 'again', 'replay']);

export class Hub implements BusListener {
  readonly #users = new Map<string, Attendance>();

  constructor(bus: Bus) {
    bus.subscribe(this);
  }

  /** How many users have a session. */
  get users(): number {
    return this.#users.size;
  }

  enter(user: string, attendee: Attendee): void {
    const attendance = this.#users.get(user) ?? { chat: undefined, others: new Set() };
    this.#users.set(user, attendance);
    if (attendee.fence === undefined) {
      attendance.others.add(attendee);
      return;
    }
    const other = attendance.chat;
    const isNewer = other?.fence === undefined || other.fence < attendee.fence;
    if (isNewer) attendance.chat = attendee;
    // R6: of two sessions of one user the newer claim stays, in whatever order they come in.
    if (isNewer) other?.notice({ type: 'takeover', fence: attendee.fence });
    else attendee.notice({ type: 'takeover', fence: other.fence });
  }

  /** Compare and delete: a late leave of an older session never removes the newer one. */
  leave(user: string, attendee: Attendee): void {
    const attendance = this.#users.get(user);
    if (attendance === undefined) return;
    attendance.others.delete(attendee);
    if (attendance.chat === attendee) attendance.chat = undefined;
    if (attendance.chat === undefined && attendance.others.size === 0) this.#users.delete(user);
  }

  presence(user: string): Presence | undefined {
    const chat = this.#users.get(user)?.chat;
    return chat && { replayRoom: chat.replayRoom ?? 0 };
  }

  notice(user: string, notice: Notice): void {
    const attendance = this.#users.get(user);
    if (attendance === undefined) return;
    attendance.chat?.notice(notice);
    if (FOR_CHAT.has(notice.type)) return; // only the chat session has a mailbox
    for (const attendee of [...attendance.others]) attendee.notice(notice);
  }
}
