/** When the chat sessions of users began and ended, for each device. Pure. */
import { MAIN_DEVICE } from '../../protocol/frames/login.js';
import { SmallMap } from './small-map.js';

/** When a chat session of a device last began or ended. */
export interface Sighting {
  readonly user: string;
  /** Absent: MAIN_DEVICE. */
  readonly device?: string;
  /** ms since 1970. */
  readonly at: number;
  /** The fence of the session that has begun; absent when it has ended. A server that is killed records no end. */
  readonly fence?: number;
  /** The name and version of its client, if it gave them. Untrusted. */
  readonly agent?: string;
}

interface Begun {
  readonly device: string;
  readonly fence: number;
  readonly at: number;
  readonly agent?: string;
}

export class Sightings {
  /** One for each device, mostly one. In all mailboxes but that of SYSTEM_USER there is none. */
  readonly #users = new SmallMap<readonly Sighting[]>();
  #size = 0;

  constructor(sightings: readonly Sighting[] = []) {
    for (const sighting of sightings) this.#set(sighting);
  }

  get size(): number {
    return this.#size;
  }

  /** One for each device that was here, in any order. */
  all(): readonly Sighting[] {
    return [...this.#users.entries()].flatMap(([, sightings]) => sightings);
  }

  /** Those of one user. */
  ofUser(user: string): readonly Sighting[] {
    return this.#users.get(user) ?? [];
  }

  of(user: string, device: string): Sighting | undefined {
    return this.ofUser(user).find((sighting) => deviceOf(sighting) === device);
  }

  /** A session began. An older one that is recorded later does not count. */
  began(user: string, { device, fence, at, agent }: Begun): void {
    if (fence <= (this.of(user, device)?.fence ?? 0)) return;
    this.#set({ user, ...named(device), at, fence, ...(agent !== undefined && { agent }) });
  }

  /** That session ended. Does nothing if a newer one has begun, or the user was removed. */
  ended(user: string, device: string, fence: number, at: number): void {
    const sighting = this.of(user, device);
    if (sighting?.fence === fence) this.#set(endedAt(sighting, at));
  }

  /** The sessions belong to another store: fences of this one have nothing to do with theirs. */
  endAll(): void {
    for (const sighting of this.all()) this.#set(endedAt(sighting, sighting.at));
  }

  /** The user was removed; or only this device. */
  forget(user: string, device?: string): void {
    const before = this.ofUser(user);
    const left = device === undefined ? [] : before.filter((sighting) => deviceOf(sighting) !== device);
    this.#size -= before.length - left.length;
    if (left.length > 0) this.#users.set(user, left);
    else this.#users.delete(user);
  }

  #set(sighting: Sighting): void {
    const device = deviceOf(sighting);
    const others = this.ofUser(sighting.user).filter((other) => deviceOf(other) !== device);
    this.#size += others.length + 1 - this.ofUser(sighting.user).length;
    this.#users.set(sighting.user, [...others, sighting]);
  }
}

export const deviceOf = ({ device = MAIN_DEVICE }: Pick<Sighting, 'device'>): string => device;

/** The device as a member; none for MAIN_DEVICE. */
const named = (device: string) => (device === MAIN_DEVICE ? {} : { device });

const endedAt = ({ fence: _, ...sighting }: Sighting, at: number): Sighting => ({ ...sighting, at });
