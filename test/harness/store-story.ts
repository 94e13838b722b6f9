/** A random story of a few users: the calls of a server, told to one store, or to several that must answer the same. */
import assert from 'node:assert/strict';
import { inspect, isDeepStrictEqual } from 'node:util';
import type { LastReceived, PushTrail, Reader, SettledMessage, Store } from '../../src/store/store.js';
import { seededRandom } from './seeded-random.js';

export const USERS = ['alice', 'bob', 'carol', 'constructor'];
const DEVICES = ['main', 'phone', 'desktop', 'tv'];
const EVERYTHING = { messages: 10_000, bytes: 1e9 };
/** So few that ids are used again, by the same sender and by others. */
const IDS = Array.from({ length: 24 }, (_, index) => `id-${index}`);

/** A store, and what its clients know. */
export interface Told {
  readonly store: Store;
  /** Newest fences, by `user device`. */
  readonly fences: Map<string, number>;
  /** Of mailboxes. */
  readonly epochs: Map<string, string>;
}

export const told = (store: Store, epochs: ReadonlyMap<string, string> = new Map()): Told => ({
  store,
  fences: new Map(),
  epochs: new Map(epochs),
});

export class StoreStory {
  readonly #random: () => number;
  /** The time of all stores, ms since 1970. */
  now = Date.UTC(2030, 0, 1);
  #runs = 0;

  constructor(readonly seed: number) {
    this.#random = seededRandom(seed);
  }

  /** Tells so many calls to all stores. Their answers must be the same. */
  async tell(stores: readonly Told[], calls: number): Promise<void> {
    for (let call = 0; call < calls; call++) {
      this.now += this.#below(2_000);
      const step = this.#step();
      const answers: unknown[] = [];
      for (const store of stores) answers.push(await step.run(store));
      for (const answer of answers) assertSame(answer, answers[0], `call ${call}, ${step.what}`);
    }
  }

  /** Everything that a store answers about what it contains, for comparisons. */
  async answers({ store }: Told): Promise<object> {
    const users: object[] = [];
    for (const user of USERS) {
      const finds: object[] = [];
      for (const from of USERS) finds.push(await store.find(user, from, IDS));
      const [head, devices] = [await store.inspect(user), await store.devices(user)];
      const trails = await Promise.all(IDS.map((id) => store.trails(user, id)));
      users.push({ user, head, devices, trails, messages: await messagesOf(store, user), finds });
    }
    const heads = (await store.heads('', 100)).filter(({ user }) => user !== 'operator');
    return { epoch: store.epoch, users, heads, audits: await store.audits() };
  }

  #below(bound: number): number {
    return Math.floor(this.#random() * bound);
  }

  #of<T>(list: readonly T[]): T {
    return list[this.#below(list.length)] as T;
  }

  #isHit(chance: number): boolean {
    return this.#random() < chance;
  }

  /** What all stores are told: everything random is decided before. */
  #step(): { readonly what: string; run(told: Told): Promise<unknown> } {
    const [user, from] = [this.#of(USERS), this.#of(USERS)];
    const device = this.#of(DEVICES);
    const key = `${user} ${device}`;
    const at = this.now;
    const part = this.#random();
    const trail = (seq: number): PushTrail => ({
      session: `s${seq}`,
      pushes: [
        [Math.ceil(seq / 2), at],
        [seq, at + 1],
      ],
    });
    const kind = this.#random();
    if (kind < 0.4) {
      const messages = Array.from({ length: 1 + this.#below(4) }, () => ({
        id: this.#of(IDS),
        body: this.#isHit(0.9) ? 'the same "text" of all: Ω\0' : `another ${part}`,
      }));
      const batch = {
        ...{ to: user, from, at, messages },
        ...(this.#isHit(0.5) && { device: this.#of(DEVICES) }),
        ...(this.#isHit(0.1) && { restored: { by: 'operator', at } }),
      };
      return { what: 'append', run: ({ store }) => store.append(batch) };
    }
    if (kind < 0.6) {
      const [copies, history] = [this.#isHit(0.5), this.#isHit(0.5)];
      const [hasLast, isForeign] = [this.#isHit(0.6), this.#isHit(0.05)];
      return {
        what: `claim of ${key}`,
        run: async ({ store, fences, epochs }) => {
          const has = hasLast ? await store.read(user, 0, EVERYTHING) : [];
          const newest = has[Math.floor(part * has.length)];
          const epoch = isForeign ? 'f"\\' : (epochs.get(user) ?? store.epoch);
          const last: LastReceived | undefined = newest && { epoch, seq: newest.seq, from: newest.from, id: newest.id };
          const claim = await store.claim(user, { device, copies, history, ...(last && { last }) }).catch(nameOf);
          if (typeof claim === 'string') return claim;
          fences.set(key, claim.fence);
          epochs.set(user, claim.epoch);
          await store.noteSession(user, claim.fence, 'began', at, 'test 1.0');
          return { ...claim, fence: 0, epoch: 0, dropped: [...claim.dropped].sort() };
        },
      };
    }
    const withFence =
      (use: (told: Told, fence: number) => Promise<unknown>) =>
      async (one: Told): Promise<unknown> => {
        const fence = one.fences.get(key);
        return fence === undefined ? undefined : use(one, fence);
      };
    if (kind < 0.75) {
      const run = withFence(async ({ store }, fence) => {
        const { last } = await store.inspect(user);
        const seq = Math.ceil(part * last);
        if (seq === 0) return undefined;
        const settled = await store.settle(user, seq, fence, part < 0.8 ? trail(seq) : undefined);
        return settled.outcome === 'settled' ? settledOf(settled.messages) : settled;
      });
      return { what: `settle of ${key}`, run };
    }
    if (kind < 0.83) {
      const run = withFence(async ({ store }, fence) => {
        const { last } = await store.inspect(user);
        const seq = Math.ceil(part * last);
        if (seq > 0) await store.notePushed(user, seq, fence, at, trail(seq));
        return messagesOf(store, user, { device, fence }).catch(nameOf);
      });
      return { what: `push to ${key}`, run };
    }
    if (kind < 0.89)
      return {
        what: `end of ${key}`,
        run: withFence(({ store }, fence) => store.noteSession(user, fence, 'ended', at)),
      };
    if (kind < 0.94) {
      const run = async ({ store }: Told) => {
        const { last } = await store.inspect(user);
        if (last === 0) return undefined;
        const { outcomes, messages } = await store.purge(user, [Math.ceil(part * last), last], at);
        return { outcomes, messages: settledOf(messages) };
      };
      return { what: `purge in ${user}`, run };
    }
    if (kind < 0.96) return { what: `removal of ${key}`, run: ({ store }) => store.removeDevice(user, device) };
    if (kind < 0.97) {
      const run = async ({ store, epochs, fences }: Told) => {
        for (const name of DEVICES) fences.delete(`${user} ${name}`); // Its sessions are revoked.
        const removed = await store.remove(user);
        epochs.set(user, (await store.claim(user, { device: 'main' })).epoch);
        return settledOf(removed);
      };
      return { what: `removal of ${user}`, run };
    }
    const audit = { by: 'operator', at, run: `run-${++this.#runs}`, what: 'replay', user, filter: '--to "x"' } as const;
    return { what: 'audit', run: ({ store }) => store.audit({ ...audit, done: 2, left: 1, ranges: [1, 2] }) };
  }
}

const settledOf = (messages: readonly SettledMessage[]): SettledMessage[] =>
  messages.map(({ seq, from, id }) => ({ seq, from, id }));

/** Without what only one engine adds to the port. */
async function messagesOf(store: Store, user: string, reader?: Reader): Promise<object[]> {
  const messages = await store.read(user, 0, EVERYTHING, reader);
  return messages.map((message) => ({ ...message, purgedLsn: undefined, restored: undefined }));
}

/** Fails with the first difference: what two stores contain is too long to be printed. */
export function assertSame(actual: unknown, expected: unknown, path = 'it'): void {
  if (isDeepStrictEqual(actual, expected)) return;
  if (typeof actual === 'object' && typeof expected === 'object' && actual !== null && expected !== null) {
    for (const key of new Set([...Object.keys(actual), ...Object.keys(expected)]))
      assertSame((actual as Values)[key], (expected as Values)[key], `${path}.${key}`);
  }
  assert.deepEqual(actual, expected, `${path} is ${inspect(actual)}, and not ${inspect(expected)}`);
}

type Values = Readonly<Record<string, unknown>>;

const nameOf = (error: Error): string => error.name;
