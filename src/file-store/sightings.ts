/** When the chat sessions of users began and ended. Pure. */

/** When a chat session of the user last began or ended. */
export interface Sighting {
  readonly user: string;
  /** ms since 1970. */
  readonly at: number;
  /** The fence of the session that has begun; absent when it has ended. A server that is killed records no end. */
  readonly fence?: number;
}

export class Sightings {
  readonly #users: Map<string, Sighting>; // storage 9: a Map, never {}

  constructor(sightings: readonly Sighting[] = []) {
    this.#users = new Map(sightings.map((sighting) => [sighting.user, sighting]));
  }

  get size(): number {
    return this.#users.size;
  }

  /** One for each user who was here, in any order. */
  all(): readonly Sighting[] {
    return [...this.#users.values()];
  }

  of(user: string): Sighting | undefined {
    return this.#users.get(user);
  }

  /** A session began. An older one that is recorded later does not count. */
  began(user: string, fence: number, at: number): void {
    if (fence > (this.of(user)?.fence ?? 0)) this.#users.set(user, { user, at, fence });
  }

  /** That session ended. Does nothing if a newer one has begun, or the user was removed. */
  ended(user: string, fence: number, at: number): void {
    if (this.of(user)?.fence === fence) this.#users.set(user, { user, at });
  }

  /** The sessions belong to another store: fences of this one have nothing to do with theirs. */
  endAll(): void {
    for (const { user, at } of this.all()) this.#users.set(user, { user, at });
  }

  /** The user was removed. */
  forget(user: string): void {
    this.#users.delete(user);
  }
}
