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

const CHAT_ONLY: ReadonlySet<Notice['type']> = new Set(['nudge', 'redeliver', 'replay', 'read']);

export class SessionRegistry implements BusListener {
  /** A list, which a change replaces: nearly all users have one session, and maps and sets for it would take several hundred bytes. */
  readonly #users = new Map<string, readonly SessionHandle[]>(); // storage 9: a Map, never {}

  constructor(bus: Bus) {
    bus.subscribe(this);
  }

  /** The number of users with a session. */
  get userCount(): number {
    return this.#users.size;
  }

  /** Whether a login of this device ends another session. */
  has(user: string, device: string): boolean {
    return this.#chatOf(user, device) !== undefined;
  }

  /** Adds a session. Of two chat sessions of one device the older one gets a `takeover` notice, and closes (R6). */
  add(user: string, session: SessionHandle): void {
    const { fence, device } = session;
    const other = fence === undefined ? undefined : this.#chatOf(user, device);
    // R6: the newer claim wins, in whatever order the logins finish.
    if (fence !== undefined && other?.fence !== undefined && other.fence >= fence) {
      session.notice({ type: 'takeover', device, fence: other.fence });
      return;
    }
    this.#users.set(user, [...this.#of(user).filter((each) => each !== other), session]);
    if (fence !== undefined) other?.notice({ type: 'takeover', device, fence });
  }

  /** Removes this very session: a late removal of an older session does not remove the newer one. */
  remove(user: string, session: SessionHandle): void {
    const left = this.#of(user).filter((each) => each !== session);
    if (left.length > 0) this.#users.set(user, left);
    else this.#users.delete(user);
  }

  replayRoom(user: string): number | undefined {
    const chats = this.#of(user).filter(isChat);
    if (chats.length === 0) return undefined;
    return Math.min(...chats.map(({ replayRoom = 0 }) => replayRoom));
  }

  sessions(): readonly ListedSession[] {
    return [...this.#users.values()].flat().flatMap(({ listed }) => listed ?? []);
  }

  notice(user: string, notice: Notice): void {
    if (notice.type === 'takeover' || notice.type === 'device-removed') {
      this.#chatOf(user, notice.device)?.notice(notice);
      return;
    }
    const isForAll = !CHAT_ONLY.has(notice.type); // only chat sessions have a mailbox
    for (const session of this.#of(user)) if (isForAll || isChat(session)) session.notice(notice);
  }

  #of(user: string): readonly SessionHandle[] {
    return this.#users.get(user) ?? NONE;
  }

  /** The session that receives the pushes for this device. */
  #chatOf(user: string, device: string): SessionHandle | undefined {
    return this.#of(user).find((each) => isChat(each) && each.device === device);
  }
}

const NONE: readonly SessionHandle[] = [];
const isChat = ({ fence }: SessionHandle): boolean => fence !== undefined;
