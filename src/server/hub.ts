/** The registry of sessions by user, so that the server can push to a user at any time (R4). */
import type { Bus, Notice } from './bus.js';

/** A session as the hub sees it. */
export interface Attendee {
  /** The fence of a chat session; undefined for one that has no mailbox. */
  readonly fence: number | undefined;
  notice(notice: Notice): void;
}

interface Attendance {
  /** The user's session: the one that gets the pushes. */
  chat: Attendee | undefined;
  /** Sessions in mode `send` and `operate`. */
  readonly others: Set<Attendee>;
}

export class Hub {
  readonly #users = new Map<string, Attendance>();

  constructor(bus: Bus) {
    bus.subscribe((user, notice) => this.#tell(user, notice));
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

  #tell(user: string, notice: Notice): void {
    const attendance = this.#users.get(user);
    if (attendance === undefined) return;
    attendance.chat?.notice(notice);
    if (notice.type === 'nudge' || notice.type === 'takeover') return; // only the chat session has a mailbox
    for (const attendee of [...attendance.others]) attendee.notice(notice);
  }
}
